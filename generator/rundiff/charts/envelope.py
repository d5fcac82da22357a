"""What the runs that are no columns do, as one band behind the lines of a chart.

A hundred grey lines are a grey block. The band says more: at each of ``COLUMNS`` places how far all
of those runs reach, and where the middle half of them is. Every run counts once: in a column of its
own points by its lowest, highest and last one, between two of its points by the line between them.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

from rundiff.charts.sampling import are_finite, finite_values
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Series

COLUMNS = 40
FEWEST_RUNS = 4  # for a middle half


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Arrays of equal length; ``first_quarter`` and ``last_quarter`` are empty of few runs."""

    key: str
    runs: int
    steps: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    first_quarter: tuple[float, ...]
    last_quarter: tuple[float, ...]


def build_envelope(key: str, series: Sequence[Series]) -> Envelope | None:
    """Return the band of some runs' histories of one metric; None where nothing can be drawn."""
    known = [one for one in series if len(one.values) and math.isfinite(one.steps[-1])]
    first = min((one.steps[0] for one in known), default=math.inf)
    last = max((one.steps[-1] for one in known), default=-math.inf)
    if not math.isfinite(first) or not last > first:
        return None
    edges = [first + (last - first) * place / COLUMNS for place in range(COLUMNS + 1)]
    lows: list[list[float]] = [[] for _ in range(COLUMNS)]
    highs: list[list[float]] = [[] for _ in range(COLUMNS)]
    lasts: list[list[float]] = [[] for _ in range(COLUMNS)]
    for one in known:
        for place, (low, high, end) in _columns(one, edges):
            lows[place].append(low)
            highs[place].append(high)
            lasts[place].append(end)
    places = [place for place in range(COLUMNS) if lows[place]]
    if len(places) < 2:
        return None
    sorted_lasts = [sorted(lasts[place]) for place in places]
    has_quarters = len(known) >= FEWEST_RUNS
    return Envelope(
        key=key,
        runs=len(known),
        # The first and last column reach to where the runs begin and end.
        steps=tuple(
            first if place == 0 else last if place == COLUMNS - 1 else edges[place + 1]
            for place in places
        ),
        low=tuple(min(lows[place]) for place in places),
        high=tuple(max(highs[place]) for place in places),
        first_quarter=tuple(each[len(each) // 4] for each in sorted_lasts) if has_quarters else (),
        last_quarter=tuple(each[(3 * len(each) - 1) // 4] for each in sorted_lasts)
        if has_quarters
        else (),
    )


def _columns(one: Series, edges: Sequence[float]) -> list[tuple[int, tuple[float, float, float]]]:
    """Return (column, (lowest, highest, last)) of one run, where it has finite values."""
    steps, values = one.steps, one.values
    found = []
    is_whole = are_finite(values)
    begin = bisect_right(steps, edges[0]) if steps[0] < edges[0] else 0
    for place, edge in enumerate(edges[1:]):
        end = len(steps) if place == COLUMNS - 1 else bisect_right(steps, edge, begin)
        part = values[begin:end] if is_whole else finite_values(values[begin:end])
        if part:
            found.append((place, (min(part), max(part), part[-1])))
        elif 0 < begin < len(steps) and begin == end:
            between = _between(steps, values, begin, edge)
            if math.isfinite(between):
                found.append((place, (between, between, between)))
        begin = end
    return found


def _between(steps: Sequence[float], values: Sequence[float], after: int, step: float) -> float:
    """Return the value of the line into the point ``after`` at a step."""
    width = steps[after] - steps[after - 1]
    share = (step - steps[after - 1]) / width if width > 0 else 0.0
    return values[after - 1] * (1 - share) + values[after] * share
