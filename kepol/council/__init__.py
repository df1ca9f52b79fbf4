"""Committees, terms, office holders, and the submissions laid before them."""
