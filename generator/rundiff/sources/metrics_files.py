"""Runs of people without a tracker: ``metrics.json`` in a folder of its own, settings beside it.

A training script that writes its scores and its settings as two small files makes a run of that
folder. The names are everybody's, so what is in them decides: numbers, and no lists but of numbers.
``results.json`` and ``scores.json`` are taken only beside settings. Inside a DVC project such files
are what ``dvc.yaml`` declares, and are left to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import add_folder_run, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of, json_object, yaml_object
from rundiff.sources.foreign_json import nested_leaves
from rundiff.sources.history import number_of
from rundiff.sources.json_series import add_history, add_series, is_history, is_series

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "metrics-files"
_METRICS = re.compile(r"(?i)(?:[a-z]+_)?(metrics?|results?|scores?)\.(?:json|ya?ml)\Z")
_PARAMS = re.compile(
    r"(?i)(?:params|parameters|config|configs|hparams|hyper_?param(?:eter)?s|args|settings)"
    r"\.(?:json|ya?ml)\Z"
)
_SHAPE = re.compile(rb'\A\s*\{\s*"[^"\\]{1,200}"\s*:\s*(?:-?[\d.]|NaN|-?Inf|"|\{|true|false)')
_FOREIGN = re.compile(rb'"(?:params|metrics|runs|run_id|run_uuid|\$schema|key|value)"\s*:|"data"')
_NUMBER = re.compile(rb":\s*(?:-?[\d.]+(?:[eE][-+]?\d+)?|NaN|-?Infinity)\s*(?:[,}\n]|\Z)")


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim the metrics of a folder together with the settings beside them."""
    if tree.only_file is not None or _is_declared(tree, folder.path):
        return
    params = [name for name in folder.files if _PARAMS.match(name)]
    metrics = [
        name
        for name in folder.files
        if (match := _METRICS.match(name)) is not None
        and (params or match.group(1).lower().startswith("metric"))
        and _has_numbers(tree, folder.join(name))
    ]
    if metrics:
        consumed = frozenset({*metrics, *params})
        yield Claim(path=folder.path, kind=KIND, consumed=consumed)


def _is_declared(tree: Tree, path: str) -> bool:
    """Tell whether a DVC project is here or above."""
    parts = path.split("/") if path else []
    above = ["/".join(parts[:count]) for count in range(len(parts) + 1)]
    return any(tree.exists(f"{each}/dvc.yaml".lstrip("/")) for each in above)


def _has_numbers(tree: Tree, path: str) -> bool:
    ends = ends_of(tree, path)
    is_json = path.lower().endswith(".json")
    if is_json and (_SHAPE.match(ends) is None or _FOREIGN.search(ends)):
        return False
    return _NUMBER.search(ends) is not None


def _read(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    base = f"{claim.path}/" if claim.path else ""
    run_id = add_folder_run(collector, tree, claim.path)
    metrics = sorted(name for name in claim.consumed if _METRICS.match(name))
    for name in metrics:
        prefix = f"{name.rpartition('.')[0]}." if len(metrics) > 1 else ""
        _add_metrics(collector, run_id, tree, base + name, prefix)
    for name in sorted(claim.consumed.difference(metrics)):
        collector.add_values("param", run_id, _object(collector, tree, base + name))


def _add_metrics(collector: Collector, run_id: str, tree: Tree, path: str, prefix: str) -> None:
    tags: dict[str, object] = {}
    for key, raw in nested_leaves(_object(collector, tree, path), prefix):
        number = number_of(raw)
        if isinstance(raw, list) and is_series(raw):
            add_series(collector, run_id, key, raw)
        elif isinstance(raw, list) and is_history(raw):
            add_history(collector, run_id, tree.show(path), key, raw)
        elif isinstance(raw, list):
            collector.leave_out(tree.show(path), "lists", repr(key))
        elif number is None:
            tags[key] = raw
        else:
            collector.add_summary(run_id, key, number)
    collector.add_values("tag", run_id, tags)


def _object(collector: Collector, tree: Tree, path: str) -> dict[str, object]:
    load = json_object if path.lower().endswith(".json") else yaml_object
    return load(collector, tree, path)


FORMAT = Format(
    kind=KIND,
    title="Metrics files",
    recognised_by="metrics.json or .yaml of numbers; results.json beside params.json, config.yaml",
    find=find,
    read=reader_of_one(KIND, _read),
    read_many=reader_of_many(KIND, _read),
)
