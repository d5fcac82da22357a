"""Data sets and artifacts as people write them: one, a list, by name, or as MLflow nests them."""

from __future__ import annotations

from collections.abc import Mapping

from rundiff.records.facts import artifact_of, as_text, dataset_of
from rundiff.records.run import Artifact, Dataset

_LISTED = ("dataset", "datasets", "dataset_inputs")


class WrittenDatasets:
    """What was found under ``inputs``; ``rest`` is what stands there beside data sets."""

    def __init__(self, inputs: object) -> None:
        self.datasets: list[Dataset] = []
        self.rest: dict[str, object] = {}
        self.notices: list[str] = []
        listed = inputs
        if isinstance(inputs, dict):
            rest = dict(inputs)
            listed = None
            for name in _LISTED:
                listed = listed or rest.pop(name, None)
            self.rest = {key: value for key, value in rest.items() if value}
        for entry in listed if isinstance(listed, list) else [listed] if listed else []:
            if isinstance(entry, dict):
                self.datasets.append(dataset_of(_flat_dataset(entry)))
            else:
                self.notices.append(f"a dataset is {as_text(entry)[:80]}; expected an object")


class WrittenArtifacts:
    """What was found under ``artifacts``; ``named`` is a dict of them, ``kept`` what is neither."""

    def __init__(self, artifacts: object) -> None:
        self.artifacts: dict[str, Artifact] = {}
        self.named: dict[str, object] = {}
        self.kept: object = None
        self.notices: list[str] = []
        if isinstance(artifacts, dict):
            self.named = dict(artifacts)
            for value in artifacts.values():
                if isinstance(value, str) and value:
                    self.artifacts[value] = Artifact(path=value)
                elif isinstance(value, dict) and isinstance(value.get("path"), str):
                    self.artifacts[str(value["path"])] = artifact_of(value)
        elif isinstance(artifacts, list):
            for value in artifacts:
                entry = {"path": value} if isinstance(value, str) else value
                if isinstance(entry, dict) and isinstance(entry.get("path"), str) and entry["path"]:
                    self.artifacts[str(entry["path"])] = artifact_of(entry)
                else:
                    self.notices.append(f"an artifact is {as_text(value)[:80]}; expected a path")
        elif artifacts is not None:
            self.kept = artifacts
            self.notices.append(f"artifacts are {kind_of(artifacts)}; expected a list")


def _flat_dataset(entry: Mapping[str, object]) -> dict[str, object]:
    """Return MLflow's ``{"dataset": {…}, "tags": [{"key": …, "value": …}]}`` as one level."""
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


def kind_of(value: object) -> str:
    """Say what a JSON value is."""
    kinds = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list"}
    return kinds.get(type(value), "an object")
