"""Formats that runs are read from: one module each, found out by looking, all yielding the canonical tables."""
