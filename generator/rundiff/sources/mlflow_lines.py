"""Metric files of MLflow's file store: one line per point, ``<ms> <value> <step>``.

Stores before 1.0 have no step; MLflow 3 adds ``<dataset name> <digest>``, and its own reader then
loses the step, which this one keeps. When a model is logged, MLflow 3 writes the last point of
every metric again: exact repetitions of a line count once. A name may hold spaces, so fields are
taken from both ends.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_NUMBER = re.compile(
    rb"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan|inf(?:inity)?)\Z", re.IGNORECASE
)
_PLAIN = re.compile(rb"(?:\d{1,18} -?(?:\d[\d.]*(?:e[+-]?\d+)?|nan|inf) -?\d{1,15}\n)+\Z")
_TIME = re.compile(rb"-?\d{1,18}\Z")
SHOWN = 40


class MetricFile(NamedTuple):
    """The points of a metric file, in the order of its lines; times in ms."""

    times: list[int | None]
    values: list[float]
    steps: list[float]
    datasets: tuple[tuple[str, str], ...] = ()  # (name, digest) that points were measured on
    odd: tuple[tuple[int, str], ...] = ()  # (line, why) of what is no point
    is_cut: bool = False  # the last line has no end

    def last(self) -> int:
        """Return the place of the point with the highest (step, time, value)."""
        steps = self.steps
        top = max(steps)
        if steps[-1] == top and steps.count(top) == 1:
            return len(steps) - 1
        return max(range(len(steps)), key=self._rank)

    def _rank(self, place: int) -> tuple[float, int, float]:
        value = self.values[place]
        known = -math.inf if math.isnan(value) else value
        return self.steps[place], self.times[place] or 0, known


def parse_metric_file(data: bytes) -> MetricFile:
    """Return the points of a metric file; lines that are no points are listed, not raised."""
    if _PLAIN.match(data):
        lines = data.split(b"\n")
        if len(lines) != len(set(lines)):
            data = b"\n".join(dict.fromkeys(lines))
        fields = data.split()
        try:
            return MetricFile(
                times=list(map(int, fields[::3])),
                values=list(map(float, fields[1::3])),
                steps=list(map(float, fields[2::3])),
            )
        except ValueError:  # two dots in a number: the lines tell which
            pass
    return _parse_lines(data)


def _parse_lines(data: bytes) -> MetricFile:
    found = MetricFile([], [], [])
    odd: list[tuple[int, str]] = []
    datasets: dict[tuple[str, str], None] = {}
    seen: set[bytes] = set()
    for number, raw in enumerate(data.splitlines(), 1):
        line = raw.strip()
        if not line or line in seen:
            continue
        seen.add(line)
        fields = line.split()
        if len(fields) < 2 or not _TIME.match(fields[0]) or not _NUMBER.match(fields[1]):
            odd.append((number, _shown(line)))
            continue
        step = 0.0
        if len(fields) > 2:
            if not _NUMBER.match(fields[2]) or not math.isfinite(float(fields[2])):
                odd.append((number, _shown(line)))
                continue
            step = float(fields[2])
        if len(fields) > 4:
            name = b" ".join(fields[3:-1]).decode("utf-8", "backslashreplace")
            datasets[name, fields[-1].decode("utf-8", "backslashreplace")] = None
        found.times.append(int(fields[0]))
        found.values.append(float(fields[1]))
        found.steps.append(step)
    is_cut = bool(found.values) and not data.endswith((b"\n", b"\r"))
    return found._replace(datasets=tuple(datasets), odd=tuple(odd), is_cut=is_cut)


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")
