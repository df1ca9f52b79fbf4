"""Reference data that every city shares: the 17 SDGs and the countries."""
