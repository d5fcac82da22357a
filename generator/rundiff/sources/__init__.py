"""Formats that runs are read from: one module each, told by looking, all giving the same tables."""
