"""What a run is: the canonical tables, the exact values in them, and the records' codecs."""
