"""Lets another number than the last one stand for a series (``stats.value_choice``).

One choice holds for a metric in all runs, and its name is printed with the number. A run whose
source gives no history keeps its only value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Direction
from rundiff.errors import KeyNotFoundError, SelectionError
from rundiff.stats.two_samples import mean
from rundiff.stats.value_choice import EVERY_METRIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa


class Point(NamedTuple):
    """One point of a history, in its order."""

    step: float
    time: int
    seq: int
    value: float


Histories = dict[tuple[str, str], list[Point]]  # (run id, metric)


def wanted_choices(
    choices: Mapping[str, str], metrics: Sequence[str], directions: Mapping[str, Direction]
) -> dict[str, str]:
    """Return the choice of each metric that has one other than ``last``.

    Raises KeyNotFoundError for a metric that no run has, SelectionError for a best value of a
    metric that has no direction.
    """
    found = {}
    for key in metrics:
        choice = choices.get(key, choices.get(EVERY_METRIC, "last"))
        named = choice.removeprefix("at:") if choice.startswith("at:") else key
        if named not in metrics:
            raise KeyNotFoundError("metric", named, metrics)
        needs = choice == "best" or choice.startswith("at:")
        if needs and not directions.get(named) and (key in choices or named != key):
            raise SelectionError(
                f"the best {named!r} cannot be found: nobody said whether higher or lower is "
                f"better; say --goal {named}=min or --goal {named}=max"
            )
        if choice != "last" and (not needs or directions.get(named)):
            found[key] = choice
    return found


def choose_values(
    points: pa.Table, choices: Mapping[str, str], directions: Mapping[str, Direction]
) -> Iterator[tuple[str, str, float | None]]:
    """Yield (run id, metric, value) for every history of a metric with a choice."""
    needed = set(choices) | {
        choice.removeprefix("at:") for choice in choices.values() if choice.startswith("at:")
    }
    histories = load_histories(points, needed)
    for (run_id, key), history in histories.items():
        choice = choices.get(key)
        if choice is None:
            continue
        if choice.startswith("at:"):
            named = choice.removeprefix("at:")
            step = _best_step(histories.get((run_id, named), ()), directions[named])
            if step is not None:
                yield run_id, key, _value_at(history, step)
        else:
            yield run_id, key, _one_of(choice, history, directions.get(key))


def load_histories(points: pa.Table, keys: set[str]) -> Histories:
    """Return the histories of some metrics, each in the order of (step, time, seq)."""
    names = ("run_id", "key", "step", "time", "seq", "value")
    columns = (points.column(name).to_pylist() for name in names)
    found: Histories = {}
    for run_id, key, step, time, seq, value in zip(*columns, strict=True):
        if key in keys and value is not None:
            place = -math.inf if step is None else step
            point = Point(place, time or 0, seq or 0, value)
            found.setdefault((run_id, key), []).append(point)
    for history in found.values():
        history.sort(key=lambda point: point[:3])
    return found


def _one_of(choice: str, history: Sequence[Point], direction: Direction | None) -> float:
    values = [point.value for point in history]
    if choice.startswith("mean:"):
        last = values[-int(choice.removeprefix("mean:")) :]
        return mean(last) if all(map(math.isfinite, last)) else math.nan
    numbers = [value for value in values if not math.isnan(value)]
    if not numbers:
        return math.nan
    is_smallest = choice == "min" or (choice == "best" and direction is Direction.LOWER)
    return min(numbers) if is_smallest else max(numbers)


def _best_step(history: Iterable[Point], direction: Direction) -> float | None:
    """Return the first step with the best value."""
    sign = 1 if direction is Direction.LOWER else -1
    ranked = [(sign * p.value, p.step) for p in history if not math.isnan(p.value)]
    return min(ranked)[1] if ranked else None


def _value_at(history: Sequence[Point], step: float) -> float | None:
    """Return the last value at or before the step; None where the history begins after it."""
    before = [point.value for point in history if point.step <= step]
    return before[-1] if before else None
