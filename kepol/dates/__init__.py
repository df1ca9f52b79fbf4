"""Closed days of the city and tokens of calendar feeds."""
