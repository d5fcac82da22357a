"""What an Optuna storage holds, whichever way it is stored."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import le

MAX_COMPARED = 1_000  # each with every one before it
_SIGNS = {"MINIMIZE": 1, "MAXIMIZE": -1}
NUMBERED = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")  # as journals number the states


@dataclass(slots=True, kw_only=True)
class Trial:
    """One trial; times are µs since the epoch."""

    number: int
    state: str = "RUNNING"
    start: int | None = None
    end: int | None = None
    params: dict[str, object] = field(default_factory=dict)
    values: list[float | None] = field(default_factory=list)
    intermediate: list[tuple[float, float]] = field(default_factory=list)
    user: dict[str, object] = field(default_factory=dict)
    system: dict[str, object] = field(default_factory=dict)

    def is_feasible(self) -> bool:
        """Tell whether no constraint that was recorded is broken, as one above 0 is."""
        told = self.system.get("constraints")
        found = told if isinstance(told, list) else []
        return all(each <= 0 for each in found if isinstance(each, int | float))


@dataclass(slots=True, kw_only=True)
class Study:
    """One study; ``directions`` are MINIMIZE, MAXIMIZE or NOT_SET, one for each objective."""

    name: str
    directions: list[str] = field(default_factory=list)
    names: Sequence[str] = ()
    user: dict[str, object] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)

    def metric_names(self, count: int) -> list[str]:
        """Return the names of ``count`` objectives."""
        if len(self.names) == count:
            return list(self.names)
        return ["value"] if count == 1 else [f"value_{place}" for place in range(count)]

    def best(self) -> frozenset[int]:
        """Return the numbers of the best trials, as ``best_trial`` and ``best_trials`` have them.

        Completed ones that keep their constraints: with one objective the first that is best, with
        several those that no other one is better than (of at most 1,000 trials).
        """
        found = [
            (losses, trial.number)
            for trial in self.trials
            if trial.state == "COMPLETE"
            and (losses := self._losses(trial.values))
            and trial.is_feasible()
        ]
        found.sort()  # whatever beats a trial comes before it
        if len(self.directions) == 1 or len(found) > MAX_COMPARED:
            return frozenset(number for _, number in found[:1] if len(self.directions) == 1)
        front: list[tuple[float, ...]] = []
        best = []
        for losses, number in found:
            if not any(each != losses and all(map(le, each, losses)) for each in front):
                front.append(losses)
                best.append(number)
        return frozenset(best)

    def _losses(self, values: Sequence[float | None]) -> tuple[float, ...]:
        """Return values of which less is better; nothing where one is missing or has no goal."""
        signs = [_SIGNS.get(direction, 0) for direction in self.directions]
        losses = [sign * value for sign, value in zip(signs, values, strict=False)
                  if value is not None and not math.isnan(value)]  # fmt: skip
        return tuple(losses) if 0 not in signs and len(losses) == len(signs) else ()


@dataclass(slots=True, kw_only=True)
class Storage:
    """The studies of a storage, and what could not be read: (line or None, message)."""

    studies: list[Study] = field(default_factory=list)
    problems: list[tuple[int | None, str]] = field(default_factory=list)
    version: str = ""  # of the library that made the storage


def external_value(internal: object, distribution: object) -> object:
    """Return the value that the objective function got for a stored param.

    A value that does not fit its distribution is returned as stored.
    """
    spelled = parse_value(distribution)
    if not isinstance(spelled, Mapping) or isinstance(internal, bool):
        return internal
    attributes = spelled.get("attributes")
    name = str(spelled.get("name", ""))
    if not isinstance(internal, int | float) or not math.isfinite(internal):
        return internal
    if name.startswith("Categorical"):
        choices = attributes.get("choices") if isinstance(attributes, Mapping) else None
        index = int(internal)
        if isinstance(choices, list) and index == internal and 0 <= index < len(choices):
            return choices[index]
        return internal
    if name.startswith("Int") and int(internal) == internal:
        return int(internal)
    return float(internal)


def parse_value(text: object) -> object:
    """Return the value of an attribute's JSON, the text itself where it is none."""
    if not isinstance(text, str):
        return text
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value
