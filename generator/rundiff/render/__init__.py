"""The outputs: one small module per format, each drawn from the comparison and nothing else."""
