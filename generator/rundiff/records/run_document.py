"""One run from a JSON object.

Rundiff's own run.json, MLflow's shape written by hand, or the flat short form.

Nothing is dropped: what has no place is kept in the environment as ``record.<field>``, and a metric
that is no number as ``record.metrics.<key>``, each with a notice. A dict of artifacts
(``{"model_path": "model/model.pkl"}``) gives an artifact for each path, and ``artifacts.<name>`` in
the environment, so that two runs can be compared by name.
"""

from __future__ import annotations

from collections.abc import Mapping

from rundiff.errors import RecordError
from rundiff.records.facts import as_text, definition_of
from rundiff.records.nonfinite import restore_nonfinite
from rundiff.records.own_facts import with_own_facts
from rundiff.records.run import (
    NO_POINTS,
    Artifact,
    Dataset,
    MetricDefinition,
    Points,
    Problem,
    RunRecord,
    Summary,
)
from rundiff.records.summaries import Singles, build_summaries
from rundiff.records.written_inputs import WrittenArtifacts, WrittenDatasets, kind_of
from rundiff.records.written_metrics import WrittenMetrics
from rundiff.records.written_numbers import double_in, number_in, time_ms

_STATUSES = {
    "running": "running", "scheduled": "", "finished": "finished", "failed": "failed",
    "killed": "killed", "completed": "finished", "success": "finished", "crashed": "failed",
    "1": "running", "2": "", "3": "finished", "4": "failed", "5": "killed", "": "",
}  # fmt: skip
_SECTIONS = ("params", "metrics", "tags")
_IDS = ("run_uuid", "run_id", "id")
_INFO = {
    "experiment_id": ("experiment_id",),
    "experiment": ("experiment_name", "experiment"),
    "name": ("run_name", "name", "run"),
    "status": ("status",),
    "lifecycle_stage": ("lifecycle_stage",),
    "user": ("user", "user_id"),
    "start_time": ("start_time",),
    "end_time": ("end_time",),
    "artifact_uri": ("artifact_uri",),
    "parent_run_id": ("parent_run_id",),
    "note": ("note", "description"),
}
_FIELDS = {name: field for field, names in _INFO.items() for name in names}
_BLANK = dict.fromkeys(_INFO, "")
_NESTED = (dict, list)
_DOUBLES = frozenset({float})


def looks_like_run(document: object) -> bool:
    """Tell whether a JSON value has the shape of a run."""
    if not isinstance(document, dict):
        return False
    info, data = document.get("info"), document.get("data")
    if isinstance(data, dict):
        for key in _SECTIONS:
            if isinstance(data.get(key), _NESTED):
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

    def read(self, default_id: str) -> RunRecord:
        document = self._document
        if "nonfinite" in document:
            restore_nonfinite(document, document.pop("nonfinite"))
        document.pop("crc32", None)
        own = self._dict(document, "rundiff")
        info = self._dict(document, "info")
        data = self._dict(document, "data")
        for key in filter(document.__contains__, _SECTIONS):
            if key not in data:
                data[key] = document.pop(key)
        run_id = self._id(info) or default_id
        found = self._info(info)
        params = self._keyed(data, "params")
        tags = self._keyed(data, "tags")
        points, summaries = self._metrics(data.pop("metrics", None))
        datasets: tuple[Dataset, ...] = ()
        artifacts: tuple[Artifact, ...] = ()
        environment: dict[str, object] = {}
        definitions: dict[str, MetricDefinition] = {}
        if document:  # most that are written by hand have none of these
            datasets = self._datasets()
            artifacts, named = self._artifacts()
            environment = self._dict(document, "environment")
            definitions = {
                key: definition_of(each)
                for key, each in self._dict(document, "metric_definitions").items()
                if isinstance(each, dict)
            }
            written = self._summaries()
            summaries = {**summaries, **written} if written else summaries
            if named:
                environment["artifacts"] = named
        if info:
            self._kept["info"] = info
        if data:
            self._kept["data"] = data
        self._kept.update(document)
        status = self._status(found["status"])
        start_time = self._time("start_time", found["start_time"])
        end_time = self._time("end_time", found["end_time"])
        if self._kept:
            environment["record"] = self._kept
        record = RunRecord(
            run_id=run_id,
            experiment=found["experiment"] or found["experiment_id"],
            experiment_id=found["experiment_id"],
            name=found["name"] or _taken(tags, "mlflow.runName"),
            status=status,
            lifecycle_stage=found["lifecycle_stage"] or "active",
            start_time=start_time,
            end_time=end_time,
            user=found["user"] or _taken(tags, "mlflow.user"),
            parent_run_id=found["parent_run_id"] or _taken(tags, "mlflow.parentRunId"),
            note=found["note"] or _taken(tags, "mlflow.note.content"),
            params=params,
            tags=tags,
            points=points,
            summaries=summaries,
            definitions=definitions,
            datasets=datasets,
            artifacts=artifacts,
            environment=environment,
            problems=tuple(self._problems),
        )
        return with_own_facts(record, own) if own else record

    def _metrics(self, metrics: object) -> tuple[Points, Mapping[str, Summary]]:
        if isinstance(metrics, dict) and set(map(type, metrics.values())) == _DOUBLES:
            return NO_POINTS, Singles(metrics)
        found = WrittenMetrics()
        found.take(metrics)
        for notice in found.notices:
            self._notice(notice)
        if found.kept:
            self._kept["metrics"] = found.kept.get("", found.kept)
        return found.points, build_summaries(found.points, found.exact) | found.single

    def _dict(self, source: dict[str, object], key: str) -> dict[str, object]:
        if key not in source:
            return {}
        value = source[key]
        if value is None or isinstance(value, dict):
            del source[key]
        return dict(value) if isinstance(value, dict) else {}

    def _id(self, info: dict[str, object]) -> str:
        found = ""
        for source in (self._document, info):
            for key in filter(source.__contains__, _IDS):
                value = source[key]
                is_id = isinstance(value, (str, int)) and not isinstance(value, bool)
                if is_id and found in ("", str(value)):
                    found = str(value)
                    del source[key]
        return found

    def _info(self, info: dict[str, object]) -> dict[str, str]:
        """Return the run's own fields, from ``info`` or, in the flat form, from the top."""
        found = _BLANK.copy()
        for source in (info, self._document):
            for name in filter(source.__contains__, _FIELDS) if source else ():
                field, value = _FIELDS[name], source[name]
                if found[field] or isinstance(value, _NESTED):
                    continue
                del source[name]
                text = value if isinstance(value, str) else as_text(value)
                found[field] = "" if value is None else text
        if found["artifact_uri"]:
            self._kept["artifact_uri"] = found["artifact_uri"]
        return found

    def _keyed(self, data: dict[str, object], section: str) -> dict[str, object]:
        """Return params or tags: a dict, or MLflow's list of ``{"key", "value"}``."""
        value = data.pop(section, None)
        if isinstance(value, dict):
            return value
        if isinstance(value, list):
            pairs = [entry for entry in value if isinstance(entry, dict) and "key" in entry]
            if len(pairs) == len(value):
                return {as_text(pair["key"]): pair.get("value") for pair in pairs}
        if value is not None:
            self._keep(section, value, f"{section} are {kind_of(value)}; expected an object")
        return {}

    def _summaries(self) -> dict[str, Summary]:
        """Return the summary values that rundiff itself writes beside the metrics."""
        found: dict[str, Summary] = {}
        for key, each in self._dict(self._document, "summary").items():
            last = number_in(each.get("last")) if isinstance(each, dict) else None
            if isinstance(each, dict) and last is not None:
                exact, count = each.get("exact"), each.get("points")
                found[key] = Summary(
                    last=last[0],
                    last_step=double_in(each.get("step")),
                    low=double_in(each.get("min")),
                    high=double_in(each.get("max")),
                    points=count if type(count) is int else None,
                    exact=exact if isinstance(exact, str) else None,
                )
        return found

    def _datasets(self) -> tuple[Dataset, ...]:
        inputs = self._document.pop("inputs", None)
        if inputs is None:
            return ()
        found = WrittenDatasets(inputs)
        if found.rest:
            self._kept["inputs"] = found.rest
        for notice in found.notices:
            self._notice(notice)
        return tuple(found.datasets)

    def _artifacts(self) -> tuple[tuple[Artifact, ...], dict[str, object]]:
        artifacts = self._document.pop("artifacts", None)
        if artifacts is None:
            return (), {}
        found = WrittenArtifacts(artifacts)
        if found.kept is not None:
            self._kept["artifacts"] = found.kept
        for notice in found.notices:
            self._notice(notice)
        return tuple(found.artifacts.values()), found.named

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


def _taken(tags: dict[str, object], key: str) -> str:
    """Return a tag's text; the tag stays where it is, since it was logged."""
    value = tags.get(key)
    return value if isinstance(value, str) else ""
