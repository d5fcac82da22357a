"""One MLflow file store, walked folder by folder into canonical rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import RecordError
from rundiff.sources.mlflow import MlflowRows
from rundiff.sources.mlflow_artifacts import RunArtifacts
from rundiff.sources.mlflow_file_points import FilePoints
from rundiff.sources.mlflow_folders import StoreFolders
from rundiff.sources.mlflow_lines import parse_metric_file
from rundiff.sources.mlflow_meta import extra_tags, text_map, text_of
from rundiff.sources.mlflow_records import Experiment, MlflowDataset, MlflowRun
from rundiff.sources.mlflow_registry import logged_models, registered_models
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from rundiff.records.tables import Tables
    from rundiff.sources.mlflow_lines import MetricFile
    from rundiff.sources.mlflow_meta import Meta
    from rundiff.sources.tree import Folder, Tree

NOT_RUNS = frozenset({"tags", "datasets", "models", "traces", "assessments", "artifacts"})
RUN_FOLDERS = frozenset({"params", "metrics", "tags", "inputs", "outputs", "artifacts"})
SIGNS_OF_A_RUN = frozenset({"params", "metrics", "tags"})


class _Open(NamedTuple):
    """An experiment that is being read."""

    path: str
    experiment: Experiment
    datasets: dict[str, Meta]
    models: dict[str, dict[str, object]]


class FileStore:
    """Reads stores, experiments and runs of one tree into one set of rows."""

    def __init__(self, tree: Tree, kind: str, *, is_wanted_deleted: bool) -> None:
        self.tree = tree
        self.out = MlflowRows(kind, is_wanted_deleted=is_wanted_deleted)
        self.artifacts = RunArtifacts(tree)
        self.points = FilePoints(tree)
        self._folders = StoreFolders(tree, self.out)
        self._registered: dict[str, dict[str, object]] = {}

    def add_store(self, path: str) -> None:
        """Read all experiments of a store, those in its ``.trash`` too."""
        folder = self._folders.folder(path)
        if folder is None:
            return
        if "models" in folder.folders:
            self._registered = registered_models(self._folders, folder.join("models"))
        for name in folder.folders:
            inner = folder.join(name)
            if name == ".trash":
                trash = self._folders.folder(inner)
                for deleted in trash.folders if trash else ():
                    self.add_experiment(f"{inner}/{deleted}", is_trash=True)
            elif name != "models" or self.tree.exists(f"{inner}/meta.yaml"):
                self.add_experiment(inner)

    def add_experiment(self, path: str, *, is_trash: bool = False) -> None:
        """Read the runs of an experiment's folder."""
        folder = self._folders.folder(path)
        if folder is None:
            return
        runs = [name for name in folder.folders if name not in NOT_RUNS]
        has_meta = "meta.yaml" in folder.files
        if not has_meta and not runs:
            return
        meta = self._folders.meta(path) if has_meta else None
        if meta is None and not any(self._is_run(f"{path}/{name}") for name in runs):
            return
        if not has_meta:
            self.out.problem(self.tree.show(path), "has runs but no meta.yaml")
        tags = dict(self._folders.texts(f"{path}/tags")) if "tags" in folder.folders else {}
        name = path.rpartition("/")[2] or self.tree.label
        stage = text_of(meta or {}, "lifecycle_stage") or "active"
        opened = _Open(
            path=path,
            experiment=Experiment(
                name=text_of(meta or {}, "name") or clean_text(name),
                stage="deleted" if is_trash else stage,
                tags=tags,
            ),
            datasets=self._folders.metas(f"{path}/datasets")
            if "datasets" in folder.folders
            else {},
            models=logged_models(self._folders, f"{path}/models")
            if "models" in folder.folders
            else {},
        )
        for run in runs:
            self._add_run(f"{path}/{run}".lstrip("/"), opened)

    def add_run_folder(self, path: str) -> None:
        """Read a run whose folder was given alone; its experiment is known by its id only."""
        meta = self._folders.meta(path) or {}
        experiment = Experiment(name=text_of(meta, "experiment_id"))
        self._add_run(path, _Open(path=path, experiment=experiment, datasets={}, models={}))

    def finish(self, path: str) -> Tables:
        """Return the tables."""
        if self._folders.links:
            first, count = self.tree.show(self._folders.links[0]), len(self._folders.links)
            what = "a symbolic link" if count == 1 else f"one of {count:,} symbolic links"
            self.out.notice(first, f"{what}, not followed")
        self.out.finish(self.tree.show(path))
        return self.out.build()

    def _is_run(self, path: str) -> bool:
        try:
            folder = self.tree.folder(path)
        except RecordError:
            return False
        return "meta.yaml" in folder.files or bool(SIGNS_OF_A_RUN & set(folder.folders))

    def _add_run(self, path: str, opened: _Open) -> None:
        folder = self._folders.folder(path)
        if folder is None:
            return
        has_meta = "meta.yaml" in folder.files
        if not has_meta and not SIGNS_OF_A_RUN & set(folder.folders):
            return  # artifacts of runs that a database keeps, or nothing
        found = self._folders.meta(path) if has_meta else None
        if not has_meta:
            self.out.problem(self.tree.show(path), "has no meta.yaml")
        meta = found or {}
        stage = text_of(meta, "lifecycle_stage") or "active"
        if not self.out.is_wanted(stage, opened.experiment.stage):
            return
        recorded = clean_text(path.rpartition("/")[2] or self.tree.label)
        claimed = text_of(meta, "run_id") or text_of(meta, "run_uuid")
        if claimed and claimed != recorded and path:
            self.out.notice(self.tree.show(path), f"the record says run id {claimed[:40]!r}")
        tags = dict(self._folders.texts(folder.join("tags"))) if "tags" in folder.folders else {}
        extra = extra_tags(meta, tags)
        extra.update(opened.models.get(recorded, {}))
        extra.update(self._registered.get(recorded, {}))
        unique = self.out.add_run(
            MlflowRun(
                run_id=recorded,
                experiment=opened.experiment,
                location=self.tree.show(path),
                name=text_of(meta, "run_name"),
                status=meta.get("status"),
                start=meta.get("start_time"),
                end=meta.get("end_time"),
                stage=stage,
                user=text_of(meta, "user_id"),
                state="complete" if found is not None else "damaged",
                tags=tags,
                extra_tags=extra,
            )
        )
        self._add_contents(folder, unique, opened)

    def _add_contents(self, folder: Folder, run_id: str, opened: _Open) -> None:
        for name in sorted(RUN_FOLDERS & set(folder.files)):
            self.out.problem(self.tree.show(folder.join(name)), "is a file, not a folder")
        if "params" in folder.folders:
            pairs = list(self._folders.texts(folder.join("params")))
            self.out.add_texts("param", run_id, pairs)
        if "metrics" in folder.folders:
            self._add_metrics(folder.join("metrics"), run_id)
        if "inputs" in folder.folders:
            self._add_inputs(folder.join("inputs"), run_id, opened)
        if "artifacts" in folder.folders:
            self.artifacts.add_folder(self.out, run_id, folder.join("artifacts"))

    def _add_metrics(self, path: str, run_id: str) -> None:
        datasets: dict[str, object] = {}
        for key, inner, data in self._folders.contents(path):
            metric = parse_metric_file(data)
            self._say_odd(metric, inner)
            for name, digest in metric.datasets:
                datasets[f"metric_dataset.{key}"] = f"{name} ({digest})"
            if metric.values:
                self._add_summary(run_id, key, metric)
                self.points.add(run_id, key, inner)
        if datasets:
            self.out.add_nested("tag", run_id, datasets)

    def _add_summary(self, run_id: str, key: str, metric: MetricFile) -> None:
        last = metric.last()
        finite = [value for value in metric.values if math.isfinite(value)]
        self.out.builder.add(
            "metric_summary",
            {
                "run_id": run_id,
                "key": key,
                "last": metric.values[last],
                "last_step": metric.steps[last],
                "min": min(finite) if finite else None,
                "max": max(finite) if finite else None,
                "points": len(metric.values),
            },
        )

    def _say_odd(self, metric: MetricFile, path: str) -> None:
        if metric.odd:
            line, shown = metric.odd[0]
            count = len(metric.odd)
            more = f", nor are {count - 1:,} more lines" if count > 1 else ""
            message = f"{shown} is no metric point{more}; left out"
            self.out.problem(self.tree.show(path), message, line=line)
        if metric.is_cut:
            message = "the last line has no end; its number may be cut off"
            self.out.notice(self.tree.show(path), message)

    def _add_inputs(self, path: str, run_id: str, opened: _Open) -> None:
        for meta in self._folders.metas(path).values():
            source = text_of(meta, "source_id")
            if text_of(meta, "source_type") not in ("", "DATASET"):
                self.out.add_nested("tag", run_id, {f"input_model.{source}.id": source})
                continue
            found = opened.datasets.get(source)
            if found is None:
                self.out.problem(self.tree.show(path), f"dataset {source[:40]!r} is not there")
                continue
            tags = text_map(meta.get("tags"))
            self.out.add_dataset(
                run_id,
                MlflowDataset(
                    name=text_of(found, "name"),
                    digest=text_of(found, "digest"),
                    context=tags.pop("mlflow.data.context", ""),
                    source_type=text_of(found, "source_type"),
                    source=text_of(found, "source"),
                    schema=text_of(found, "schema"),
                    profile=text_of(found, "profile"),
                    tags=tags,
                ),
            )
