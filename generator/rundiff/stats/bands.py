"""Replicates as one curve: the interval of the mean at each step, and of how many runs it is.

A mean over the runs that are left rises or falls merely because bad ones ended early. So a run
counts from its first to its last step and no further, the number of runs is kept for every step,
and where it drops the chart says so. Between its own steps a run keeps its last value. With fewer
than three runs there is no interval: two values give one so wide that it would hide the lines.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING

from rundiff.judgement import Band
from rundiff.stats.two_samples import interval, mean_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Series

ENOUGH_RUNS = 3
MOST_STEPS = 60


def build_band(
    key: str, run_id: str, histories: Sequence[Series], *, confidence: float
) -> Band | None:
    """Return the band of one metric's replicates; None where no step has three of them."""
    curves = [_finite(one) for one in histories]
    curves = [curve for curve in curves if len(curve[0]) > 1]
    if len(curves) < ENOUGH_RUNS:
        return None
    places = [known for known, _ in curves]
    steps = _thinned(sorted(set().union(*places)), places)
    low, high, counts = [], [], []
    for step in steps:
        values = [
            numbers[bisect_right(known, step) - 1]
            for known, numbers in curves
            if known[0] <= step <= known[-1]
        ]
        bounds = (math.nan, math.nan)
        if len(values) >= ENOUGH_RUNS:
            found = interval(mean_difference(values), confidence)
            bounds = found if all(map(math.isfinite, found)) else bounds
        low.append(bounds[0])
        high.append(bounds[1])
        counts.append(len(values))
    return Band(
        key=key,
        run_id=run_id,
        steps=tuple(steps),
        low=tuple(low),
        high=tuple(high),
        counts=tuple(counts),
        note=_note(places),
    )


def _finite(series: Series) -> tuple[Sequence[float], Sequence[float]]:
    """Return steps in order and their values, the last of several at one step."""
    steps, values = series.steps, series.values
    is_rising = all(map(operator.lt, steps, islice(steps, 1, None)))
    if is_rising and all(map(math.isfinite, (*steps[:1], *steps[-1:], sum(values)))):
        return steps, values  # as a rule; a sum beyond a double costs no more than a closer look
    found = {
        step: value
        for step, value in zip(steps, values, strict=True)
        if math.isfinite(step) and math.isfinite(value)
    }
    return sorted(found), [found[step] for step in sorted(found)]


def _thinned(steps: Sequence[float], places: Sequence[Sequence[float]]) -> list[float]:
    """Return at most some sixty steps: evenly chosen, the ends of every run among them."""
    if len(steps) <= MOST_STEPS:
        return list(steps)
    chosen = {steps[round(place * (len(steps) - 1) / (MOST_STEPS - 1))]
              for place in range(MOST_STEPS)}  # fmt: skip
    if len(places) <= MOST_STEPS // 4:
        chosen |= {end for known in places for end in (known[0], known[-1])}
    return sorted(chosen)


def _note(places: Sequence[Sequence[float]]) -> str:
    ends = sorted(known[-1] for known in places)
    early = [end for end in ends if end < ends[-1]]
    if not early:
        return ""
    left = len(ends) - len(early)
    when = f"step {early[0]:g}"
    return f"{len(ends)} runs until {when}, {left} at the end"
