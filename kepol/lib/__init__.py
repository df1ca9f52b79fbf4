"""Leaf modules named after their subject; they import no app."""
