"""What a run's records other than metric points say, gathered in the order (writer, n).

Also the spelling of data sets, artifacts and metric definitions, which run.json shares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rundiff.records.run import Artifact, Dataset, MetricDefinition, Problem
from rundiff.records.segments import Segment


class Facts:
    """Everything but points, in the order (writer, n).

    Of params the first value counts, of the rest the last.
    """

    def __init__(self, scans: Sequence[Segment], problems: list[Problem]) -> None:
        self.params: dict[str, object] = {}
        self.tags: dict[str, object] = {}
        self.about: dict[str, str] = {}
        self.environment: dict[str, object] = {}
        self.datasets: list[Dataset] = []
        self.artifacts: dict[str, Artifact] = {}
        self.definitions: dict[str, MetricDefinition] = {}
        self._problems = problems
        for scan in scans:
            for event in scan.events:
                self._take(event, scan.location)
            exception = scan.end.get("exception")
            if isinstance(exception, dict):
                self.environment["exception"] = exception
            elif scan.end.get("status") == "finished":
                self.environment.pop("exception", None)

    def _take(self, event: Mapping[str, object], location: str) -> None:
        for kind, content in event.items():
            if kind == "n":
                continue
            take = self._TAKES.get(kind)
            if take is None or not isinstance(content, dict):
                message = (
                    f"record {event['n']} is of a kind that this version does not know: {kind!r}"
                )
                self._problems.append(Problem(location, None, "notice", message))
                continue
            take(self, content, location)

    def _take_params(self, content: dict[str, object], location: str) -> None:
        if self.params.keys().isdisjoint(content):  # as a rule
            self.params.update(content)
            return
        for key, value in content.items():
            if key in self.params and self.params[key] != value:
                message = (
                    f"param {key!r} is {self.params[key]!r} and later {value!r}; the first counts"
                )
                self._problems.append(Problem(location, None, "notice", message))
            self.params.setdefault(key, value)

    def _take_tags(self, content: dict[str, object], _: str) -> None:
        self.tags.update(content)

    def _take_about(self, content: dict[str, object], _: str) -> None:
        self.about.update({key: str(value) for key, value in content.items()})

    def _take_environment(self, content: dict[str, object], _: str) -> None:
        if self.environment.keys().isdisjoint(content):  # as a rule
            self.environment.update(content)
            return
        for key, value in content.items():
            known = self.environment.get(key)
            both = isinstance(known, dict) and isinstance(value, dict)
            self.environment[key] = {**known, **value} if both else value  # type: ignore[dict-item]

    def _take_dataset(self, content: dict[str, object], _: str) -> None:
        dataset = dataset_of(content)
        if dataset not in self.datasets:
            self.datasets.append(dataset)

    def _take_artifact(self, content: dict[str, object], _: str) -> None:
        artifact = artifact_of(content)
        self.artifacts[artifact.path] = artifact

    def _take_definition(self, content: dict[str, object], _: str) -> None:
        self.definitions[text_in(content, "name")] = definition_of(content)

    _TAKES: ClassVar[Mapping[str, Callable[[Facts, dict[str, object], str], None]]] = {
        "params": _take_params,
        "tags": _take_tags,
        "set": _take_about,
        "environment": _take_environment,
        "dataset": _take_dataset,
        "artifact": _take_artifact,
        "define": _take_definition,
    }


def dataset_of(content: Mapping[str, object]) -> Dataset:
    """Return a data set as a record spells it; MLflow's nested form and unknown fields included."""
    fields = dict(content)
    source = fields.pop("source", None) or fields.get("path") or ""
    rows = fields.pop("rows", None)
    schema = fields.pop("schema", None)
    return Dataset(
        name=_popped(fields, "name"),
        digest=_popped(fields, "digest"),
        context=_popped(fields, "context"),
        source=as_text(source),
        rows=rows if type(rows) is int else None,
        schema=as_text(schema) if schema is not None else "",
        extra={key: value for key, value in fields.items() if value is not None},
    )


def artifact_of(content: Mapping[str, object]) -> Artifact:
    """Return an artifact as a record spells it."""
    size = content.get("size")
    return Artifact(
        path=text_in(content, "path"),
        size=size if type(size) is int and 0 <= size < 1 << 62 else None,
        sha256=text_in(content, "sha256"),
        media_type=text_in(content, "media_type"),
    )


def definition_of(content: Mapping[str, object]) -> MetricDefinition:
    """Return a metric's definition as a record spells it; an unknown goal is none."""
    goal = {"minimize": "min", "maximize": "max"}.get(
        text_in(content, "goal"), text_in(content, "goal")
    )
    return MetricDefinition(
        goal=goal if goal in ("min", "max") else "",
        unit=text_in(content, "unit"),
        tolerance=text_in(content, "tolerance"),
    )


def text_in(record: Mapping[str, object], key: str) -> str:
    """Return a field as text, empty where there is none."""
    value = record.get(key)
    return value if isinstance(value, str) else "" if value is None else as_text(value)


def _popped(record: dict[str, object], key: str) -> str:
    return as_text(record.pop(key, None) or "")


def as_text(value: object) -> str:
    """Return text as it is and anything else as JSON."""
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int else json.dumps(value, ensure_ascii=False)
