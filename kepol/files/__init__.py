"""Stored files: checked types, private storage, the one serving view."""
