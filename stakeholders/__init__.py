"""Who: organisations, people, memberships."""
