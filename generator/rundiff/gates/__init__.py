"""Rules that somebody agreed on, as code: the gate file, what its rules say, and the baseline file.

Nothing here decides what is better; that is ``stats``. A gate says which verdicts are acceptable.
"""
