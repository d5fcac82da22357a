"""Is it better? Deltas, uncertainty and verdicts: pure functions over a comparison.

scipy is imported inside the functions that need it, and they are called only where there are
replicates: a comparison of single runs costs nothing but arithmetic.
"""
