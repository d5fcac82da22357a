"""What a tracking server's JSON says, as canonical rows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rundiff.sources.foreign_json import as_dict, as_list
from rundiff.sources.history import number_of
from rundiff.sources.mlflow_artifacts import media_type
from rundiff.sources.mlflow_records import Experiment, MlflowDataset, MlflowRun, model_tags
from rundiff.sources.mlflow_values import metric_value
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rundiff.sources.mlflow import MlflowRows

Fields = dict[str, object]


class RestRows:
    """Adds runs of one server; ``metric_keys`` are those of each run, for its histories."""

    def __init__(self, out: MlflowRows, shown: str, experiments: Sequence[Fields]) -> None:
        self.out = out
        self.models: Mapping[str, Mapping[str, object]] = {}
        self.metric_keys: dict[str, list[str]] = {}
        self._shown = shown
        self._experiments = {
            text_at(each, "experiment_id"): Experiment(
                name=text_at(each, "name"),
                stage=text_at(each, "lifecycle_stage") or "active",
                tags=_pairs(each.get("tags")),
            )
            for each in experiments
        }

    def add_run(self, run: Fields) -> str | None:
        """Add a run and return its id, None where it is a deleted one."""
        info, data = as_dict(run.get("info")), as_dict(run.get("data"))
        run_id = text_at(info, "run_id") or text_at(info, "run_uuid")
        number = text_at(info, "experiment_id")
        experiment = self._experiments.get(number) or Experiment(name=number)
        stage = text_at(info, "lifecycle_stage") or "active"
        location = f"{self._shown}#{run_id}"
        if not run_id:
            self.out.problem(self._shown, "a run without an id; left out")
            return None
        if not self.out.is_wanted(stage, experiment.stage):
            return None
        tags = _pairs(data.get("tags"))
        uri = text_at(info, "artifact_uri")
        extra: Fields = {"mlflow.artifact_uri": uri} if uri else {}
        unique = self.out.add_run(
            MlflowRun(
                run_id=run_id,
                experiment=experiment,
                location=location,
                name=text_at(info, "run_name"),
                status=info.get("status"),
                start=info.get("start_time"),
                end=info.get("end_time"),
                stage=stage,
                user=text_at(info, "user_id"),
                tags=tags,
                extra_tags=extra | dict(self.models.get(run_id, {})),
            )
        )
        self.out.add_texts("param", unique, _pairs(data.get("params")).items())
        self._add_metrics(unique, as_list(data.get("metrics")), location)
        self._add_inputs(unique, as_dict(run.get("inputs")))
        return unique

    def add_artifact(self, run_id: str, path: str, size: object) -> None:
        """Add an artifact; its size may come as text."""
        text = str(size)
        known = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        shown = clean_text(path)
        self.out.add_artifact(run_id, shown, known, media_type(shown))

    def _add_metrics(self, run_id: str, metrics: Iterable[object], location: str) -> None:
        keys = self.metric_keys.setdefault(run_id, [])
        for each in metrics:
            fields = as_dict(each)
            value = number_at(fields, "value")
            if value is None:
                self.out.problem(location, f"metric {text_at(fields, 'key')!r} has no value")
                continue
            keys.append(text_at(fields, "key"))
            self.out.builder.add(
                "metric_summary",
                {"run_id": run_id, "key": clean_text(keys[-1]), "last": value,
                 "last_step": number_at(fields, "step") or 0.0},
            )  # fmt: skip

    def _add_inputs(self, run_id: str, inputs: Fields) -> None:
        for each in as_list(inputs.get("dataset_inputs")):
            dataset = as_dict(as_dict(each).get("dataset"))
            tags = _pairs(as_dict(each).get("tags"))
            self.out.add_dataset(
                run_id,
                MlflowDataset(
                    name=text_at(dataset, "name"),
                    digest=text_at(dataset, "digest"),
                    context=tags.pop("mlflow.data.context", ""),
                    source_type=text_at(dataset, "source_type"),
                    source=text_at(dataset, "source"),
                    schema=text_at(dataset, "schema"),
                    profile=text_at(dataset, "profile"),
                    tags=tags,
                ),
            )
        for each in as_list(inputs.get("model_inputs")):
            model_id = text_at(as_dict(each), "model_id")
            self.out.add_nested("tag", run_id, {f"input_model.{model_id}.id": model_id})


def registered_model_tags(
    models: Iterable[Fields], versions: Iterable[Fields]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield run id and tags of each registered version."""
    aliases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for model in models:
        for each in as_list(model.get("aliases")):
            fields = as_dict(each)
            aliases[text_at(model, "name"), text_at(fields, "version")].append(
                text_at(fields, "alias")
            )
    for version in versions:
        which = text_at(version, "name"), text_at(version, "version")
        found: dict[str, object] = {
            "name": which[0],
            "version": which[1],
            "aliases": ", ".join(sorted(aliases[which])),
            "stage": text_at(version, "current_stage"),
            "description": text_at(version, "description"),
            "source": text_at(version, "source"),
            "status": text_at(version, "status"),
            "tags": _pairs(version.get("tags")),
        }
        yield text_at(version, "run_id"), model_tags([found])


def logged_model_tags(model: Fields) -> tuple[str, dict[str, object]]:
    """Return run id and tags of a logged model."""
    info = as_dict(model.get("info"))
    prefix = f"logged_model.{text_at(info, 'name')}"
    fields = {
        "id": text_at(info, "model_id"),
        "status": text_at(info, "status").removeprefix("LOGGED_MODEL_"),
        "type": text_at(info, "model_type"),
    }
    tags: dict[str, object] = {f"{prefix}.{key}": text for key, text in fields.items() if text}
    return text_at(info, "source_run_id"), tags


def text_at(fields: Mapping[str, object], key: str) -> str:
    """Return a field as text, nothing where it is missing or null."""
    value = fields.get(key)
    return "" if value is None else clean_text(str(value))


def number_at(fields: Mapping[str, object], key: str) -> float | None:
    """Return a field as a metric value: NaN comes as text, infinities clipped or as text."""
    raw = fields.get(key)
    number = number_of(raw)
    if number is None and isinstance(raw, str):  # 64-bit integers come as text
        try:
            return float(raw) if len(raw) < 40 and raw.isascii() and "_" not in raw else None
        except ValueError:
            return None
    return None if number is None else metric_value(number.value, is_nan=0)


def _pairs(value: object) -> dict[str, str]:
    fields = (as_dict(each) for each in as_list(value))
    return {text_at(each, "key"): text_at(each, "value") for each in fields}
