"""What a process knows of a run: who it is, what was logged before, what it wrote itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rundiff.frozen import dataclass
from rundiff.records.run import SegmentDigest
from rundiff.records.segments import Segment as WrittenSegment
from rundiff.tracking.segment import Segment

_MAX_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What MLflow calls ``run.info``; times are ms since the epoch."""

    run_id: str
    run_name: str
    experiment_id: str
    experiment_name: str
    start_time: int
    artifact_uri: str
    status: str = "RUNNING"
    end_time: int | None = None
    lifecycle_stage: str = "active"

    @property
    def run_uuid(self) -> str:
        """The run's id under its older name."""
        return self.run_id


@dataclass(slots=True)
class Known:
    """What was logged before: params cannot change, and a metric without steps goes on counting."""

    params: dict[str, object] = field(default_factory=dict)
    tags: dict[str, object] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


class Memory:
    """The records that this process wrote, so that ending a short run need not read them back.

    Points are not remembered, nor are more than some thousands of records. Params that follow one
    another, each a key of its own, are kept together, as one record of them would be.
    """

    def __init__(self) -> None:
        self._events: list[dict[str, object]] | None = []
        self._params: dict[str, object] | None = None  # of the last record, if it is of params

    def forget(self) -> None:
        """Give up: something was written that is not remembered."""
        self._events = None

    def add(self, n: int, record: Mapping[str, object]) -> None:
        """Remember a record by its number."""
        self._params = None
        if self._events is not None:
            self._events.append({"n": n, **record})
            if len(self._events) > _MAX_REMEMBERED:
                self._events = None

    def add_param(self, n: int, key: str, value: object) -> None:
        """Remember the record of one param, which had no value before."""
        if self._params is not None:
            self._params[key] = value
            return
        params = {key: value}
        self.add(n, {"params": params})
        self._params = params

    def recall(
        self,
        segment: Segment,
        written: SegmentDigest | None,
        *,
        head: Mapping[str, object],
        end: Mapping[str, object],
    ) -> WrittenSegment | None:
        """Return the segment as a reader would find it, or None where only reading can tell."""
        if written is None or self._events is None or not segment.is_clean:
            return None
        return WrittenSegment(
            name=written.name,
            location=written.name,
            size=written.size,
            sha256=written.sha256,
            head=dict(head),
            end=dict(end),
            events=self._events,
            count=segment.count,
        )
