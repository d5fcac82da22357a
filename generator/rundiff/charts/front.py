"""The Pareto front of two metrics: the runs among which a trade-off is to be chosen.

Of every other run there is one that is at least as good on both metrics and better on one of them
(https://en.wikipedia.org/wiki/Pareto_front). Runs with equal numbers are on it together. A run that
did not come to its end is not on it: crashed early, it would be the cheapest of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.comparison import Direction
from rundiff.format import format_count, show_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Run

MOST_NAMED = 4

Point = tuple["Run", float, float]


def find_front(points: Sequence[Point], directions: tuple[Direction, Direction]) -> list[Point]:
    """Return the points on the front of (run, x, y), all finite, from left to right."""
    whole = [point for point in points if point[0].is_whole]
    signs = [-1.0 if one is Direction.HIGHER else 1.0 for one in directions]
    best_first = sorted(whole, key=lambda point: (signs[0] * point[1], signs[1] * point[2]))
    front: list[Point] = []
    for point in best_first:
        last = front[-1] if front else None
        if last is None or signs[1] * point[2] < signs[1] * last[2] or point[1:] == last[1:]:
            front.append(point)
    return sorted(front, key=lambda point: point[1])


def describe_front(front: Sequence[Point], points: Sequence[Point]) -> str:
    """Say which runs are on the front of some points, by name if they are few."""
    if not front:
        return ""
    finished = "" if all(run.is_whole for run, _, _ in points) else "finished "
    names = [show_text(run.label) for run, _, _ in front]
    which = f": {', '.join(names)}" if len(names) <= MOST_NAMED else ""
    if len({point[1:] for point in front}) == 1:
        said = f"No {finished}run is better on either metric than {' or '.join(names)}."
        return said if which else ""
    runs = f"{format_count(len(front))} {finished}runs"
    return f"Dashed: the Pareto front, {runs} that no other dominates{which}."
