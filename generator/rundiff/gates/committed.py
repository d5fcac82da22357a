"""Which file a baseline is in, if it is in one.

Apart from what reads it (``gates.baseline``), which no parser of a command line needs.
"""

from __future__ import annotations

COMMITTED = "rundiff-baseline.json"


def baseline_path(given: str) -> str | None:
    """Return the path of the file that ``--baseline`` names; None for a run or a filter.

    ``committed`` means ``rundiff-baseline.json`` in the working directory.
    """
    from pathlib import Path

    if given == "committed":
        return COMMITTED
    return given if given.endswith(".json") and Path(given).is_file() else None
