"""What a run is: the canonical tables, the exact values in them, the codecs of rundiff's records."""
