"""Users, their roles as data, and the login."""
