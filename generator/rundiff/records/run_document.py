"""One run from a JSON object.

Rundiff's own run.json, MLflow's shape written by hand, or the flat short form.

Nothing is dropped: what has no place is kept in the environment as ``record.<field>``, and a metric
that is no number as ``record.metrics.<key>``, each with a notice. A dict of artifacts
(``{"model_path": "model/model.pkl"}``) gives an artifact for each path, and ``artifacts.<name>`` in
the environment, so that two runs can be compared by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from rundiff.errors import RecordError
from rundiff.records.journal import artifact_of, as_text, dataset_of, definition_of
from rundiff.records.nonfinite import restore_nonfinite
from rundiff.records.run import (
    NO_TIME,
    Artifact,
    Dataset,
    Points,
    Problem,
    RunRecord,
    RunState,
    SegmentDigest,
    Summary,
)
from rundiff.records.segments import to_double
from rundiff.records.summaries import build_summaries

_STATUSES = {
    "running": "running", "scheduled": "", "finished": "finished", "failed": "failed",
    "killed": "killed", "completed": "finished", "success": "finished", "crashed": "failed",
    "1": "running", "2": "", "3": "finished", "4": "failed", "5": "killed", "": "",
}  # fmt: skip
_STATES = {state.value: state for state in RunState}
_SECTIONS = ("params", "metrics", "tags")
_IDS = ("run_uuid", "run_id", "id")
_INFO = {
    "experiment_id": ("experiment_id",),
    "experiment": ("experiment_name", "experiment"),
    "name": ("run_name", "name"),
    "status": ("status",),
    "lifecycle_stage": ("lifecycle_stage",),
    "user": ("user", "user_id"),
    "start_time": ("start_time",),
    "end_time": ("end_time",),
    "artifact_uri": ("artifact_uri",),
    "parent_run_id": ("parent_run_id",),
    "note": ("note", "description"),
}
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*\Z", re.ASCII)
_WORDS = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf,
          "infinity": math.inf, "+infinity": math.inf, "-infinity": -math.inf}  # fmt: skip
_EXACT = 1 << 53


def looks_like_run(document: object) -> bool:
    """Tell whether a JSON value has the shape of a run."""
    if not isinstance(document, dict):
        return False
    info, data = document.get("info"), document.get("data")
    if isinstance(data, dict) and any(isinstance(data.get(key), dict | list) for key in _SECTIONS):
        return True
    sections = sum(isinstance(document.get(key), dict) for key in _SECTIONS)
    has_id = any(isinstance(document.get(key), str | int) for key in _IDS[:2])
    return sections >= 2 or (has_id and (sections > 0 or isinstance(info, dict)))


def run_of(
    document: Mapping[str, object], *, location: str, run_id: str, line: int | None = None
) -> RunRecord:
    """Return the run that a JSON object describes; ``run_id`` is for one that has none.

    Raises RecordError if it is no run.
    """
    if not looks_like_run(document):
        raise RecordError(
            "not a run: expected an object with 'run_id' and 'params', 'metrics' or 'tags'",
            location=location,
            line=line,
        )
    return _Reader(dict(document), location, line).read(run_id)


class _Reader:
    """Takes a document apart field by field; what is left at the end is unknown and kept."""

    def __init__(self, document: dict[str, object], location: str, line: int | None) -> None:
        self._document = document
        self._location, self._line = location, line
        self._problems: list[Problem] = []
        self._kept: dict[str, object] = {}
        self._points = Points()
        self._exact: dict[int, str] = {}
        self._single: dict[str, Summary] = {}

    def read(self, default_id: str) -> RunRecord:
        document = self._document
        restore_nonfinite(document, document.pop("nonfinite", None))
        document.pop("crc32", None)
        own = self._dict(document, "rundiff")
        info = self._dict(document, "info")
        data = self._dict(document, "data")
        for key in _SECTIONS:
            if key not in data and key in document:
                data[key] = document.pop(key)
        found = self._info(info)
        run_id = self._id(info) or default_id
        params = self._keyed(data, "params")
        tags = self._keyed(data, "tags")
        self._metrics(data)
        datasets = tuple(self._datasets())
        artifacts, named = self._artifacts()
        environment = self._dict(document, "environment")
        definitions = {
            key: definition_of(each)
            for key, each in self._dict(document, "metric_definitions").items()
            if isinstance(each, dict)
        }
        summaries = build_summaries(self._points, self._exact) | self._single
        summaries |= self._summaries()
        for name, rest in (("info", info), ("data", data)):
            if rest:
                self._kept[name] = rest
        self._kept.update(document)
        if named:
            environment["artifacts"] = named
        if self._kept:
            environment["record"] = self._kept
        note = found["note"] or _taken(tags, "mlflow.note.content")
        record = RunRecord(
            run_id=run_id,
            nonce=as_text(own.get("nonce") or ""),
            experiment=found["experiment"] or found["experiment_id"],
            experiment_id=found["experiment_id"],
            name=found["name"] or _taken(tags, "mlflow.runName"),
            status=self._status(found["status"]),
            lifecycle_stage=found["lifecycle_stage"] or "active",
            start_time=self._time("start_time", found["start_time"]),
            end_time=self._time("end_time", found["end_time"]),
            user=found["user"] or _taken(tags, "mlflow.user"),
            parent_run_id=found["parent_run_id"] or _taken(tags, "mlflow.parentRunId"),
            note=note,
            params=params,
            tags=tags,
            points=self._points,
            summaries=summaries,
            definitions=definitions,
            datasets=datasets,
            artifacts=artifacts,
            environment=environment,
            problems=tuple(self._problems),
        )
        return _with_own(record, own) if own else record

    def _dict(self, source: dict[str, object], key: str) -> dict[str, object]:
        value = source.get(key)
        if isinstance(value, dict):
            del source[key]
            return dict(value)
        if value is None:
            source.pop(key, None)
        return {}

    def _id(self, info: dict[str, object]) -> str:
        found = ""
        for source in (self._document, info):
            for key in _IDS:
                value = source.get(key)
                is_id = isinstance(value, str | int) and not isinstance(value, bool)
                if is_id and found in ("", str(value)):
                    found = str(value)
                    del source[key]
        return found

    def _info(self, info: dict[str, object]) -> dict[str, str]:
        """Return the run's own fields, from ``info`` or, in the flat form, from the top."""
        found = dict.fromkeys(_INFO, "")
        for field, names in _INFO.items():
            for source in (info, self._document):
                for name in names:
                    value = source.get(name)
                    if name in source and not found[field] and not isinstance(value, dict | list):
                        del source[name]
                        found[field] = "" if value is None else as_text(value)
        if found["artifact_uri"]:
            self._kept["artifact_uri"] = found["artifact_uri"]
        return found

    def _keyed(self, data: dict[str, object], section: str) -> dict[str, object]:
        """Return params or tags: a dict, or MLflow's list of ``{"key", "value"}``."""
        value = data.pop(section, None)
        if isinstance(value, dict):
            return dict(value)
        if isinstance(value, list):
            pairs = [entry for entry in value if isinstance(entry, dict) and "key" in entry]
            if len(pairs) == len(value):
                return {as_text(pair["key"]): pair.get("value") for pair in pairs}
        if value is not None:
            self._keep(section, value, f"{section} are {_kind(value)}; expected an object")
        return {}

    def _metrics(self, data: dict[str, object]) -> None:
        metrics = data.pop("metrics", None)
        if isinstance(metrics, dict):
            for key, value in metrics.items():
                self._metric(key, value)
        elif isinstance(metrics, list):
            for entry in metrics:
                key = entry.get("key") or entry.get("name") if isinstance(entry, dict) else None
                if not isinstance(key, str) or not self._point(key, entry, 0):
                    self._notice(f"a metric is {as_text(entry)[:80]}; expected key and value")
        elif metrics is not None:
            self._keep("metrics", metrics, f"metrics are {_kind(metrics)}; expected an object")

    def _metric(self, key: str, value: object) -> None:
        number = _number(value)
        if number is not None:
            double, exact = number
            self._single[key] = Summary(last=double, exact=exact, points=0)
            if exact:
                self._notice(f"metric {key!r}: {exact} is kept as the double {double!r}")
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
        kept = self._kept.setdefault("metrics", {})
        if isinstance(kept, dict):
            kept[key] = value
        self._notice(message)

    def _columns(self, key: str, columns: Mapping[str, object]) -> bool:
        """Read ``{"values": […], "steps": […]}``."""
        values, steps = columns.get("values"), columns.get("steps")
        if not isinstance(values, list) or not all(_number(value) for value in values):
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
        number, place = _number(value), _number(step)
        if number is None or place is None or not math.isfinite(place[0]):
            return False
        if number[1]:
            self._exact[len(self._points)] = number[1]
            self._notice(f"metric {key!r}: {number[1]} is kept as the double {number[0]!r}")
        time = time_ms(when)
        code = self._points.code(key)
        self._points.append(code, place[0], NO_TIME if time is None else time, number[0])
        return True

    def _summaries(self) -> dict[str, Summary]:
        """Return the summary values that rundiff itself writes beside the metrics."""
        found: dict[str, Summary] = {}
        for key, each in self._dict(self._document, "summary").items():
            last = _number(each.get("last")) if isinstance(each, dict) else None
            if isinstance(each, dict) and last is not None:
                exact, count = each.get("exact"), each.get("points")
                found[key] = Summary(
                    last=last[0],
                    last_step=_double(each.get("step")),
                    low=_double(each.get("min")),
                    high=_double(each.get("max")),
                    points=count if type(count) is int else None,
                    exact=exact if isinstance(exact, str) else None,
                )
        return found

    def _datasets(self) -> Iterator[Dataset]:
        inputs = self._document.pop("inputs", None)
        listed = inputs
        if isinstance(inputs, dict):
            rest = dict(inputs)
            listed = rest.pop("dataset", None) or rest.pop("datasets", None) or rest.pop(
                "dataset_inputs", None)  # fmt: skip
            if rest:
                self._kept["inputs"] = {key: value for key, value in rest.items() if value} or None
                if self._kept["inputs"] is None:
                    del self._kept["inputs"]
        for entry in listed if isinstance(listed, list) else [listed] if listed else []:
            if isinstance(entry, dict):
                yield dataset_of(_flat_dataset(entry))
            else:
                self._notice(f"a dataset is {as_text(entry)[:80]}; expected an object")

    def _artifacts(self) -> tuple[tuple[Artifact, ...], dict[str, object]]:
        artifacts = self._document.pop("artifacts", None)
        named: dict[str, object] = {}
        found: dict[str, Artifact] = {}
        if isinstance(artifacts, dict):
            named = dict(artifacts)
            for value in artifacts.values():
                if isinstance(value, str) and value:
                    found[value] = Artifact(path=value)
                elif isinstance(value, dict) and isinstance(value.get("path"), str):
                    found[str(value["path"])] = artifact_of(value)
        elif isinstance(artifacts, list):
            for value in artifacts:
                entry = {"path": value} if isinstance(value, str) else value
                if isinstance(entry, dict) and isinstance(entry.get("path"), str) and entry["path"]:
                    found[str(entry["path"])] = artifact_of(entry)
                else:
                    self._notice(f"an artifact is {as_text(value)[:80]}; expected a path")
        elif artifacts is not None:
            self._keep("artifacts", artifacts, f"artifacts are {_kind(artifacts)}; expected a list")
        return tuple(found.values()), named

    def _status(self, text: str) -> str:
        status = _STATUSES.get(text.lower())
        if status is None:
            self._keep("status", text, f"status {text!r} is not known")
        return status or ""

    def _time(self, field: str, text: str) -> int | None:
        if not text:
            return None
        time = time_ms(text)
        if time is None:
            self._keep(field, text, f"{field} {text!r} is no time; expected ISO 8601 or epoch ms")
        return time

    def _keep(self, field: str, value: object, message: str) -> None:
        self._kept[field] = value
        self._notice(message)

    def _notice(self, message: str) -> None:
        self._problems.append(Problem(self._location, self._line, "notice", message))


def time_ms(value: object) -> int | None:
    """Return a time as ms since the epoch, from ISO 8601, seconds or milliseconds.

    None for anything else.
    """
    number = _number(value)
    if number is not None:
        double = number[0]
        if not math.isfinite(double) or not 0 <= double < 2.5e14:
            return None
        return round(double) if double >= 1e11 else round(double * 1_000)
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000)


def _number(value: object) -> tuple[float, str | None] | None:
    """Return a double and, where it is not exact, the integer's text; numbers may come as text."""
    if isinstance(value, str):
        value = _number_in(value.strip())
    if isinstance(value, float):
        return value, None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    double = to_double(value)
    is_exact = abs(value) <= _EXACT or (math.isfinite(double) and int(double) == value)
    return double, None if is_exact else str(value)


def _number_in(text: str) -> int | float | None:
    if len(text) > 400:
        return None
    if not _NUMBER.match(text):
        return _WORDS.get(text.lower())
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _double(value: object) -> float | None:
    number = _number(value)
    return None if number is None else number[0]


def _flat_dataset(entry: Mapping[str, object]) -> dict[str, object]:
    """Return MLflow's ``{"dataset": {…}, "tags": [{"key".

    "mlflow.data.context", …}]}`` as one level.
    """
    inner = entry.get("dataset")
    if not isinstance(inner, dict):
        return dict(entry)
    flat = {
        **{key: value for key, value in entry.items() if key not in ("dataset", "tags")},
        **inner,
    }
    tags = entry.get("tags")
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, dict) and tag.get("key") == "mlflow.data.context":
            flat.setdefault("context", tag.get("value"))
    return flat


def _with_own(record: RunRecord, own: Mapping[str, object]) -> RunRecord:
    """Return the record with what rundiff wrote about it."""
    problems = own.get("problems")
    listed = [
        Problem(str(row[0]), row[1] if type(row[1]) is int else None, str(row[2]), str(row[3]))
        for row in (problems if isinstance(problems, list) else [])
        if isinstance(row, list) and len(row) == 4 and row[2] in ("error", "notice")
    ]
    segments = own.get("segments")
    lost, state = own.get("lost"), own.get("state")
    return replace(
        record,
        state=_STATES.get(str(state), RunState.DAMAGED),
        lost=lost if type(lost) is int else 0,
        problems=(*record.problems, *listed),
        segments=tuple(
            SegmentDigest(str(row[0]), row[1], str(row[2]))
            for row in (segments if isinstance(segments, list) else [])
            if isinstance(row, list) and len(row) == 3 and type(row[1]) is int
        ),
        metrics=_digest(own.get("metrics")),
    )


def _digest(row: object) -> SegmentDigest | None:
    if isinstance(row, list) and len(row) == 3 and type(row[1]) is int:
        return SegmentDigest(str(row[0]), row[1], str(row[2]))
    return None


def _taken(tags: dict[str, object], key: str) -> str:
    """Return a tag's text; the tag stays where it is, since it was logged."""
    value = tags.get(key)
    return value if isinstance(value, str) else ""


def _kind(value: object) -> str:
    kinds = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list"}
    return kinds.get(type(value), "an object")
