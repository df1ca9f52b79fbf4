"""Days on which something is to be done: Wiedervorlagen on any record, closed days of the city, tokens of calendar feeds."""
