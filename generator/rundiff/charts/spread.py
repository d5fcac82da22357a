"""How far a noisy line reaches in each of a few columns: lowest, highest and mean value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.charts.sampling import are_finite, column_ends
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from rundiff.comparison import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Arrays of equal length, one entry a column that has finite values."""

    steps: tuple[float, ...]  # the middle of the column's points
    low: tuple[float, ...]
    high: tuple[float, ...]
    middle: tuple[float, ...]  # the means; of the first and last column where the line begins, ends
    first: tuple[float, ...]
    last: tuple[float, ...]


def build_spread(one: Series, columns: int) -> Spread | None:
    """Return the columns of a series; None where it has gaps or steps that are no axis.

    A line with gaps stays a line: what a band would have to leave out is what it is looked at for.
    """
    steps, values = one.steps, one.values
    if not are_finite(values) or not math.isfinite(steps[0]) or not math.isfinite(steps[-1]):
        return None
    places = column_ends(steps, columns)
    if len(places) < 3:
        return None
    parts = [values[begin:end] for begin, end in places]
    last = len(places) - 1
    return Spread(
        # From end to end: the first column begins where the line does.
        steps=tuple(
            steps[0] if at == 0 else steps[-1] if at == last else (steps[a] + steps[b - 1]) / 2
            for at, (a, b) in enumerate(places)
        ),
        low=tuple(map(min, parts)),
        high=tuple(map(max, parts)),
        middle=(parts[0][0], *(sum(part) / len(part) for part in parts[1:-1]), parts[-1][-1]),
        first=tuple(part[0] for part in parts),
        last=tuple(part[-1] for part in parts),
    )
