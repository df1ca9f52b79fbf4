"""Import runs and their rows."""
