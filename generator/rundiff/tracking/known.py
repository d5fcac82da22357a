"""What a process knows of a run: who it is, what was logged before, what it wrote itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rundiff.frozen import dataclass
from rundiff.records.run import NO_POINTS, SegmentDigest
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
    counts: dict[str, int] = field(default_factory=dict)


class Memory:
    """What this process wrote beside params, so that ending a short run need not read it back.

    Params are known anyway, for a run that was not resumed. Points are not remembered, nor are more
    than some thousands of records.
    """

    def __init__(self) -> None:
        self._events: list[Mapping[str, object]] | None = []

    def forget(self) -> None:
        """Give up: something was written that is not remembered."""
        self._events = None

    def add(self, record: Mapping[str, object]) -> None:
        """Remember a record."""
        if self._events is not None:
            self._events.append(record)
            if len(self._events) > _MAX_REMEMBERED:
                self._events = None

    def recall(
        self,
        segment: Segment,
        written: SegmentDigest | None,
        *,
        params: Mapping[str, object],
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
            head=head,
            end=end,
            events=[{"params": params}, *self._events],
            points=NO_POINTS,
            count=segment.count,
        )
