"""The best and the worst of all runs by one metric, where they are no columns.

A chart draws them in front of the band of the others. By the last finite value of their histories;
where nobody said which way is better, they are the highest and the lowest. A run that did not come
to its end was not measured there: crashed after two steps, it would always be the worst.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section

if TYPE_CHECKING:
    from rundiff.comparison import Comparison


def find_extremes(comparison: Comparison, key: str) -> dict[str, str]:
    """Return run id → best, worst, highest or lowest, of runs that are no columns."""
    ended = {run.run_id for run in comparison.runs if run.is_whole}
    others = [one for one in comparison.others.get(key, ()) if one.run_id in ended]
    own = [one for one in comparison.series.get(key, ()) if one.run_id in ended]
    last = {}
    for one in (*own, *others):
        number = next((value for value in reversed(one.values) if math.isfinite(value)), None)
        if number is not None:
            last[one.run_id] = number
    if not others or not last:
        return {}
    low, high = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    direction = _direction(comparison, key)
    if direction is Direction.LOWER:
        found = {low: "best", high: "worst"}
    elif direction is Direction.HIGHER:
        found = {high: "best", low: "worst"}
    else:
        found = {high: "highest", low: "lowest"}
    beyond = {one.run_id for one in others}
    is_spread = last[low] < last[high]
    return {run_id: word for run_id, word in found.items() if run_id in beyond and is_spread}


def _direction(comparison: Comparison, key: str) -> Direction:
    for row in comparison.sections.get(Section.METRICS, ()):
        if row.key == key and row.meaning is not None:
            return row.meaning.direction
    return Direction.UNKNOWN
