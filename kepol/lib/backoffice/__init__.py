"""The back office: Django's admin with a conflict page, steps, safe delete, bounded inlines and an index grouped by work."""
