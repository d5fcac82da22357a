"""Metrics as people write them in JSON: a number, a list, pairs, points, columns."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rundiff.records.facts import as_text
from rundiff.records.run import NO_TIME, Points, Summary
from rundiff.records.written_numbers import number_in, time_ms


class WrittenMetrics:
    """What was found under ``metrics``; ``kept`` is what was no number, by key."""

    def __init__(self) -> None:
        self.points = Points()
        self.exact: dict[int, str] = {}
        self.single: dict[str, Summary] = {}
        self.kept: dict[str, object] = {}
        self.notices: list[str] = []

    def take(self, metrics: object) -> None:
        """File whatever stands under ``metrics``."""
        if isinstance(metrics, dict):
            for key, value in metrics.items():
                self._metric(key, value)
        elif isinstance(metrics, list):
            for entry in metrics:
                key = entry.get("key") or entry.get("name") if isinstance(entry, dict) else None
                if not isinstance(key, str) or not self._point(key, entry, 0):
                    self.notices.append(
                        f"a metric is {as_text(entry)[:80]}; expected key and value"
                    )
        elif metrics is not None:
            self.kept[""] = metrics
            self.notices.append(f"metrics are {as_text(metrics)[:80]}; expected an object")

    def _metric(self, key: str, value: object) -> None:
        number = number_in(value)
        if number is not None:
            double, exact = number
            self.single[key] = Summary(last=double, exact=exact, points=0)
            if exact:
                self.notices.append(f"metric {key!r}: {exact} is kept as the double {double!r}")
            return
        if isinstance(value, list):
            done = [self._point(key, entry, at) for at, entry in enumerate(value)]
            if done and all(done):
                return
            message = f"metric {key!r} has points that are no numbers ({done.count(False)})"
        elif (isinstance(value, dict) and self._point(key, value, 0)) or (
            isinstance(value, dict) and self._columns(key, value)
        ):
            return
        else:
            message = f"metric {key!r} is {as_text(value)[:80]}; expected a number"
        self.kept[key] = value
        self.notices.append(message)

    def _columns(self, key: str, columns: Mapping[str, object]) -> bool:
        """Read ``{"values": […], "steps": […]}``."""
        values, steps = columns.get("values"), columns.get("steps")
        if not isinstance(values, list) or not all(number_in(value) for value in values):
            return False
        pairs = (
            steps if isinstance(steps, list) and len(steps) == len(values) else range(len(values))
        )
        done = [
            self._point(key, {"value": value, "step": step}, at)
            for at, (value, step) in enumerate(zip(values, pairs, strict=True))
        ]
        return all(done)

    def _point(self, key: str, entry: object, at: int) -> bool:
        """Add one point.

        A number, ``[step, value]`` or an object with value, step and timestamp.
        """
        step: object = at
        when: object = None
        if isinstance(entry, dict):
            value = entry.get("value")
            step = entry.get("step", at)
            when = entry.get("timestamp", entry.get("time"))
        elif isinstance(entry, list) and len(entry) in (2, 3):
            step, value = entry[0], entry[1]
            when = entry[2] if len(entry) == 3 else None
        else:
            value = entry
        number, place = number_in(value), number_in(step)
        if number is None or place is None or not math.isfinite(place[0]):
            return False
        if number[1]:
            self.exact[len(self.points)] = number[1]
            self.notices.append(f"metric {key!r}: {number[1]} is kept as the double {number[0]!r}")
        time = time_ms(when)
        code = self.points.code(key)
        self.points.append(code, place[0], NO_TIME if time is None else time, number[0])
        return True
