"""Puts a Comparison together: reading, selection, relation, then all that a report says."""
