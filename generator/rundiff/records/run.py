"""What a run is, before it becomes rows.

Plain frozen values that the journal and run.json both yield.

Metric points are kept in columns (``array.array``), not as one object each: a run can have
millions.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from rundiff.frozen import dataclass

NO_TIME = -(1 << 63)
"""Stands for an unknown time in ``Points.times``."""


class RunState(StrEnum):
    """How far a record can be trusted: only ``complete`` is known to be whole."""

    COMPLETE = "complete"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"
    CONFLICT = "conflict"


def is_whole(status: str | None, state: str | None) -> bool:
    """Tell whether nothing says that a run did not come to its end: some sources say neither."""
    return status in ("finished", "", None) and state in (RunState.COMPLETE, "", None)


class Problem(NamedTuple):
    """Something unreadable (``error``) or worth knowing (``notice``) in a record."""

    location: str
    line: int | None
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Points:
    """Metric points in columns, in the order they were logged.

    ``keys[i]`` indexes ``names``, times are ms since the epoch.
    """

    names: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    keys: array[int] = field(default_factory=lambda: array("i"))
    steps: array[float] = field(default_factory=lambda: array("d"))
    times: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self.values)

    def code(self, name: str) -> int:
        """Return the code of a metric name."""
        found = self.codes.get(name)
        if found is None:
            found = self.codes[name] = len(self.names)
            self.names.append(name)
        return found

    def extend(self, other: Points) -> None:
        """Append all points of another."""
        own = [self.code(name) for name in other.names]
        self.keys.extend(array("i", [own[key] for key in other.keys]))
        self.steps.extend(other.steps)
        self.times.extend(other.times)
        self.values.extend(other.values)

    def append(self, key: int, step: float, time_ms: int, value: float) -> None:
        """Append one point."""
        self.keys.append(key)
        self.steps.append(step)
        self.times.append(time_ms)
        self.values.append(value)


class Summary(NamedTuple):
    """The summary values of one series; ``low`` and ``high`` are over finite values."""

    last: float
    last_step: float | None = None
    low: float | None = None
    high: float | None = None
    points: int | None = None
    exact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDefinition:
    """What a metric means: ``goal`` is ``min``, ``max`` or empty.

    ``tolerance`` as given, ``0.005`` or ``1%``.
    """

    goal: str = ""
    unit: str = ""
    tolerance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """An input of a run. ``extra`` holds whatever else the record said about it."""

    name: str = ""
    digest: str = ""
    context: str = ""
    source: str = ""
    rows: int | None = None
    schema: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """An output file of a run; ``path`` is as recorded and is never opened as such."""

    path: str
    size: int | None = None
    sha256: str = ""
    media_type: str = ""


class SegmentDigest(NamedTuple):
    """A file that a record was made from, or that belongs to it."""

    name: str
    size: int
    sha256: str


_NOTHING: Mapping[str, Any] = MappingProxyType({})
NO_POINTS = Points()
"""Of every run without a history; nobody appends to the points of a record."""


class RunRecord(NamedTuple):
    """One run as recorded. Times are ms since the epoch.

    ``nonce`` tells two runs apart that carry one id. A tuple, because one with so many fields is
    made in two fifths of the time of a frozen dataclass (2026-11).
    """

    run_id: str
    nonce: str = ""
    experiment: str = ""
    experiment_id: str = ""
    name: str = ""
    status: str = ""
    state: RunState = RunState.COMPLETE
    lifecycle_stage: str = "active"
    start_time: int | None = None
    end_time: int | None = None
    user: str = ""
    parent_run_id: str = ""
    note: str = ""
    params: Mapping[str, object] = _NOTHING
    tags: Mapping[str, object] = _NOTHING
    whole_tags: tuple[str, ...] = ()  # texts that look like JSON and are one value all the same
    points: Points = NO_POINTS
    summaries: Mapping[str, Summary] = _NOTHING
    definitions: Mapping[str, MetricDefinition] = _NOTHING
    datasets: tuple[Dataset, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    environment: Mapping[str, object] = _NOTHING
    problems: tuple[Problem, ...] = ()
    lost: int = 0
    segments: tuple[SegmentDigest, ...] = ()
    metrics: SegmentDigest | None = None
