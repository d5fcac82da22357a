"""A comparison with the baseline in a file, for the command and for Python alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rundiff.gates.baseline import baseline_warnings, load_baseline

if TYPE_CHECKING:
    from datetime import date

    from rundiff.assembly.build import CompareOptions


def with_baseline_file(options: CompareOptions, path: str, *, today: date) -> CompareOptions:
    """Return the options with a file's baseline, and with a warning if that is stale.

    The file is to be one of the sources, too. Raises SelectionError if it is no baseline.
    """
    baseline = load_baseline(Path(path), name=path)
    limit = options.gates.baseline_max_age_days if options.gates else None
    warnings = baseline_warnings(
        baseline, today=today, max_age_days=limit, values=options.value_choices
    )
    blessed = frozenset(baseline.run_ids)
    return replace(
        options,
        selection=replace(options.selection, baseline=baseline.run_ids[0], kept=blessed),
        judging=replace(options.judging, blessed=blessed),
        warnings=(*options.warnings, *warnings),
    )
