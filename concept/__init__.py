"""What for: fields of action, goals, measures, indicators and milestones."""
