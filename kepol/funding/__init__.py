"""Grants, drawdowns, reporting duties and expenses."""
