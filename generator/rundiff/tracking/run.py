"""A run being logged: MLflow's calls, checked, turned into records of this process's segment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rundiff.errors import LoggingError
from rundiff.tracking import checks, data
from rundiff.tracking.compatibility import warn_unknown
from rundiff.tracking.file_calls import FileCalls
from rundiff.tracking.frames import (
    batches,
    checked_point_text,
    members,
    now_ms,
    point_text,
    records_of,
)
from rundiff.tracking.known import Known, Memory, RunInfo
from rundiff.tracking.outcome import Outcome, outcome_of, status_of

if TYPE_CHECKING:
    from rundiff.records.run import SegmentDigest
    from rundiff.records.segments import Segment as WrittenSegment
    from rundiff.tracking.segment import Segment


class Run(FileCalls):
    """A run being logged. Every method may be called from any thread; a context manager ends it."""

    def __init__(
        self,
        info: RunInfo,
        segment: Segment,
        *,
        known: Known,
        on_end: Callable[[Run, Outcome], None],
    ) -> None:
        self.info = info
        self.segment = segment
        self.is_own = True
        self.has_environment = False
        self.head: Mapping[str, object] = {}
        self.seeds: dict[str, object] = {}
        self._known = known
        self.memory = Memory()
        self._on_end = on_end
        self._lock = RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._on_end(self, outcome_of(error))

    def __repr__(self) -> str:
        return f"<rundiff run {self.info.run_name!r} ({self.info.run_id}) in {self.folder}>"

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.info.run_id

    def log_metric(
        self,
        key: str,
        value: float,
        step: float | None = None,
        timestamp: int | None = None,
        **unknown: object,
    ) -> None:
        """Log one value of a metric; ``timestamp`` is ms since the epoch.

        Without ``step`` the points of a metric are counted from 0. Raises LoggingError for what is
        no number.
        """
        if unknown:
            warn_unknown("log_metric", unknown, self.run_id)
        if timestamp is not None or not self.segment.append_point(key, value, step):
            self.log_checked_metric(key, value, step, timestamp)

    def log_checked_metric(
        self, key: str, value: object, step: object = None, timestamp: object = None
    ) -> None:
        """Log one value of a metric that ``Segment.append_point`` does not take as it is."""
        name = checks.check_key(key, "metric")
        number = checks.metric_number(name, value)
        when = now_ms() if timestamp is None else checks.check_timestamp(name, timestamp)
        at = self._next_step(name) if step is None else checks.check_step(name, step)
        self.memory.forget()
        self.segment.know(name)
        if timestamp is not None or not self.segment.append_point(name, number, at):
            text = point_text(name, at, when, number)
            self.segment.append(f'"points":[{text}]'.encode(), points=1)

    def log_metrics(
        self,
        metrics: Mapping[str, float],
        step: float | None = None,
        timestamp: int | None = None,
        **unknown: object,
    ) -> None:
        """Log several metrics at one step, as one record: all of them or none."""
        warn_unknown("log_metrics", unknown, self.run_id)
        texts: list[str] = []
        when = now_ms() if timestamp is None else checks.check_timestamp("metrics", timestamp)
        given = checks.check_mapping(metrics, "metrics")
        checked = [
            (checks.check_key(key, "metric"), checks.metric_number(str(key), value))
            for key, value in given.items()
        ]
        at = None if step is None else checks.check_step("metrics", step)
        for key, number in checked:
            mine = self._next_step(key) if at is None else at
            texts.append(point_text(key, mine, when, number))
        self._append_points(texts)

    def log_batch(
        self,
        metrics: Iterable[object] = (),
        params: Iterable[object] | Mapping[str, object] = (),
        tags: Iterable[object] | Mapping[str, object] = (),
        **unknown: object,
    ) -> None:
        """Log many points, params and tags at once.

        Metrics are ``(key, value, step, timestamp)`` tuples (the last two may be left out) or
        objects with these fields, as MLflow's entities have; params and tags are dicts or objects
        with ``key`` and ``value``.
        """
        warn_unknown("log_batch", unknown, self.run_id)
        if params:
            self.log_params(checks.mapping_of(params))
        if tags:
            self.set_tags(checks.mapping_of(tags))
        self._append_points([checked_point_text(point, self._next_step) for point in metrics])

    def log_param(self, key: str, value: object, **unknown: object) -> object:
        """Log one param and return it.

        A second, different value for one key raises LoggingError, as in MLflow.
        """
        text = checks.plain_param(key, value)
        with self._lock:
            known = self._known.params
            if unknown or not text or key in known:
                warn_unknown("log_param", unknown, self.run_id)
                self.log_params({key: value})
            else:
                self.segment.append(b'"params":' + text)
                known[key] = value
        return value

    def log_params(self, params: Mapping[str, object], **unknown: object) -> None:
        """Log params; a value keeps its type, and what JSON cannot hold becomes text."""
        if unknown:
            warn_unknown("log_params", unknown, self.run_id)
        given = checks.check_mapping(params, "params")
        values = {checks.check_key(key, "param"): checks.param_value(v) for key, v in given.items()}
        with self._lock:
            known = self._known.params
            for key, value in values.items():
                if key in known and not _is_same(known[key], value):
                    raise LoggingError(
                        f"param {key!r} was logged as {known[key]!r} and cannot become {value!r}:"
                        " the params of a run do not change"
                    )
            new = {key: value for key, value in values.items() if key not in known}
            for some, text in records_of("params", new):
                self.segment.append(text)
                known.update(some)

    def set_tag(self, key: str, value: object, **unknown: object) -> None:
        """Set a tag; the last value counts."""
        warn_unknown("set_tag", unknown, self.run_id)
        self.set_tags({key: value})

    def set_tags(self, tags: Mapping[str, object], **unknown: object) -> None:
        """Set tags; the last value of each counts.

        MLflow's note and run name tags set note and name.
        """
        warn_unknown("set_tags", unknown, self.run_id)
        given = checks.check_mapping(tags, "tags")
        values = {checks.check_key(key, "tag"): checks.param_value(v) for key, v in given.items()}
        about = {
            field: str(values.pop(tag))
            for tag, field in (("mlflow.note.content", "note"), ("mlflow.runName", "name"))
            if tag in values
        }
        for some, text in records_of("tags", values):
            self.append({"tags": some}, text=text)
        if about:
            self.append({"set": about})

    def set_note(self, note: str) -> None:
        """Set the run's note (Markdown)."""
        self.append({"set": {"note": str(checks.param_value(str(note)))}})

    def define_metric(
        self,
        name: str,
        goal: str = "",
        unit: str = "",
        tolerance: float | str = "",
        **unknown: object,
    ) -> None:
        """Say which direction of a metric is better (``min`` or ``max``), its unit.

        And below which delta it does not matter.
        """
        warn_unknown("define_metric", unknown, self.run_id)
        goal = {"minimize": "min", "maximize": "max"}.get(goal, goal or "")
        if goal not in ("", "min", "max"):
            raise LoggingError(f"metric {name!r} has goal {goal!r}; expected 'min' or 'max'")
        tolerance = checks.check_tolerance(name, tolerance)
        definition = {"goal": goal, "unit": str(unit or ""), "tolerance": tolerance}
        self.append({"define": {"name": checks.check_key(name, "metric"), **definition}})

    def log_input(
        self,
        dataset: object,
        context: str | None = None,
        tags: Mapping[str, str] | None = None,
        **unknown: object,
    ) -> None:
        """Log a data set.

        One made by ``rundiff.data``, a pandas or Arrow table, a NumPy array, or the path of a file.
        """
        warn_unknown("log_input", unknown, self.run_id)
        entry = data.describe(dataset).as_record(context=str(context or ""))
        if tags:
            entry["tags"] = {str(key): checks.param_value(value) for key, value in tags.items()}
        self.append({"dataset": entry})

    def sync(self) -> bool:
        """Make everything logged so far survive a power cut; false if the disk refused."""
        return self.segment.sync()

    def end(self, status: str = "FINISHED") -> None:
        """End the run with FINISHED, FAILED or KILLED."""
        self._on_end(self, Outcome(status=status_of(status)))

    def detach(self, segment: Segment) -> None:
        """Go on in a forked child: with its own segment, and without a say in how the run ends."""
        self.segment.abandon()
        self.segment, self.is_own, self._lock = segment, False, RLock()
        self.memory.forget()

    def recall(
        self, written: SegmentDigest | None, *, end: Mapping[str, object]
    ) -> WrittenSegment | None:
        """Return what this process wrote, of which ``written`` is the digest, if it remembers that.

        It does not while another thread logs, which may have written what it has not yet noted.
        """
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self.memory.recall(
                self.segment, written, params=self._known.params, head=self.head, end=end
            )
        finally:
            self._lock.release()

    def append(self, record: Mapping[str, object], *, text: bytes = b"") -> None:
        """Append one record to the journal; ``text`` is its JSON members where they are at hand."""
        with self._lock:
            self.segment.append(text or members(record))
            self.memory.add(record)

    def _next_step(self, key: str) -> int:
        with self._lock:
            step = self._known.counts.get(key, 0)
            self._known.counts[key] = step + 1
        return step

    def _append_points(self, texts: list[str]) -> None:
        self.memory.forget()
        for some in batches(texts):
            self.segment.append(f'"points":[{",".join(some)}]'.encode(), points=len(some))


def _is_same(one: object, other: object) -> bool:
    """Tell whether two values are equal with their types; NaN equals NaN."""
    return json.dumps(one) == json.dumps(other)
