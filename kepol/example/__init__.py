"""The example in three layers: what the council paper says, what is public besides, and an invented continuation."""
