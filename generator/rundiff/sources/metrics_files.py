"""Runs of people without a tracker: ``metrics.json`` in a folder of its own, settings beside it.

A training script that writes its scores and its settings as two small files makes a run of that
folder. The names are everybody's, so what is in them decides: numbers, and no lists but of numbers.
``results.json``, ``scores.json`` are taken only beside settings. A ``metrics.yaml`` of Kubernetes,
of a dashboard or of a game is none: it says so, or is mostly text and has nothing called like a
metric. Inside a DVC project such files are what ``dvc.yaml`` declares, and are left to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import add_folder_run, reader_of_many, reader_of_one
from rundiff.sources.documents import ends_of, json_object, yaml_object
from rundiff.sources.foreign_json import nested_leaves
from rundiff.sources.history import number_of
from rundiff.sources.json_series import (
    STEPS,
    add_history,
    add_series,
    is_history,
    is_series,
    load_results,
)
from rundiff.sources.table_nested import section_of
from rundiff.sources.table_shape import is_metric_name

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
_SHAPE = re.compile(
    rb'\A\s*(?:\{\s*"[^"\\]{1,200}"\s*:\s*(?:-?[\d.]|NaN|-?Inf|"|\{|true|false)'
    rb"|" + STEPS + rb"\s*\d)"
)
_FOREIGN = re.compile(rb'"(?:runs|run_id|run_uuid|info|\$schema|key|value)"\s*:|"data"')
_OTHERS = re.compile(
    rb"""(?:^|[{,])\s*["']?(?:apiVersion|schemaVersion|kind|panels)["']?\s*:""", re.MULTILINE
)
_JSON_ENTRY = re.compile(rb'"([^"\\]{1,200})"\s*:\s*([^\s\[{,}]+)')
_YAML_ENTRY = re.compile(
    rb"^[ -]*[\"']?([^\"':#\n]{1,200})[\"']?[ ]*:[ ]+([^\s#\[{]+)", re.MULTILINE
)
_NUMBER = re.compile(rb"-?(?:\d[\d.]*(?:[eE][-+]?\d+)?|\.?(?:nan|inf)|Infinity)\Z", re.IGNORECASE)


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
    """Tell from the ends of a file whether it holds metrics: one called so, or mostly numbers."""
    ends = ends_of(tree, path)
    is_json = path.lower().endswith(".json")
    if is_json and (_SHAPE.match(ends) is None or _FOREIGN.search(ends)):
        return False
    if _OTHERS.search(ends):
        return False
    entries = (_JSON_ENTRY if is_json else _YAML_ENTRY).findall(ends)
    keys = [key.decode("utf-8", "replace") for key, text in entries if _NUMBER.match(text)]
    return bool(keys) and (any(map(is_metric_name, keys)) or 2 * len(keys) > len(entries))


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
    values: dict[str, dict[str, object]] = {"params": {}, "tags": {}}
    for whole, raw in nested_leaves(load_results(collector, run_id, tree, path, prefix=prefix)):
        section, key = section_of(whole) or ("metrics", whole)
        number = number_of(raw)
        if section != "metrics":
            values["params"][key] = raw
        elif isinstance(raw, list) and is_series(raw):
            add_series(collector, run_id, prefix + key, raw)
        elif isinstance(raw, list) and is_history(raw):
            add_history(collector, run_id, tree.show(path), prefix + key, raw)
        elif isinstance(raw, list):
            collector.leave_out(tree.show(path), "lists", repr(prefix + key))
        elif number is None:
            values["tags"][prefix + key] = raw
        else:
            collector.add_summary(run_id, prefix + key, number)
    collector.add_values("param", run_id, values["params"])
    collector.add_values("tag", run_id, values["tags"])


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
