"""Logs of one row an epoch: Keras' CSVLogger, and its History as people save it.

The logger's file has ``epoch`` first; its name and the separator are the user's. A log that was
absent is ``NA``; arrays are written as ``"[1, 2]"`` and left out with a notice; ``append=True``
goes on in the same file, so epochs repeat, and all are kept. ``History.history`` reaches the disk
as JSON, a list for each log, or through pandas as a table with a nameless first column or ``epoch``
at its end; its rows are epochs from 0 on. Other loops save such lists as ``history.json``. There
are no params.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import file_name_of, place_of, reader_of_many, reader_of_one
from rundiff.sources.documents import json_object
from rundiff.sources.foreign_json import as_list
from rundiff.sources.history import number_of
from rundiff.sources.metric_rows import add_metric_rows, load_csv, peek_header
from rundiff.sources.table_shape import is_metric_name, step_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

KIND = "keras-csv"
_ENDINGS = (".csv", ".tsv", ".log", ".txt")
_LOGS = frozenset({"loss", "accuracy", "acc", "lr", "learning_rate", "mae", "mse"})
_HEAD = 4_096
_LISTS = re.compile(rb'\A\s*\{\s*"[^"\\]+"\s*:\s*\[\s*(?:-?\d|NaN|-?Infinity)')
_KEY = re.compile(rb'"([^"\\]+)"\s*:\s*\[')
_NAMELESS = "index", "Unnamed: 0"  # how csv_text and pandas call a column without a name
_INDEX = ("epoch", *_NAMELESS)


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim tables and lists of epochs with Keras' own names in them."""
    for name in folder.files:
        path = folder.join(name)
        if name.endswith(_ENDINGS):
            is_mine = _is_log(peek_header(tree, path))
        else:
            is_mine = name.endswith(".json") and _is_history(tree, path)
        if is_mine:
            yield Claim(path=path, kind=KIND, consumed=frozenset({name}))


def _is_log(header: tuple[str, ...]) -> bool:
    if not header or "step" in header:
        return False
    logs = [name for name in header if name not in _INDEX]
    if header[0] == "epoch":
        return any(name in _LOGS or f"val_{name}" in logs for name in logs)
    return _is_keras(logs)


def _is_keras(logs: Collection[str]) -> bool:
    """Tell whether the names are those of a History: its loss, and nothing of another tool."""
    validated = [name for name in logs if f"val_{name}" in logs]
    return "loss" in logs and all(
        name in _LOGS or name in validated or name.startswith("val_") for name in logs
    )


def _is_history(tree: Tree, path: str) -> bool:
    head = tree.read_head(path, _HEAD)
    if _LISTS.match(head) is None:
        return False
    is_named = "hist" in (tree.only_file or path.rpartition("/")[2]).lower()
    logs = {key.decode("utf-8", "replace") for key in _KEY.findall(head)}
    if is_named:
        return any(is_metric_name(name) and "time" not in name.lower() for name in logs)
    return "val_loss" in logs and not logs.isdisjoint({"loss", "train_loss"})


def _read(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    where = tree.show(claim.path)
    run_id = collector.add_run(
        place_of(tree, claim.path), where, name=file_name_of(tree, claim.path)
    )
    if (tree.only_file or claim.path).endswith(".json"):
        _add_lists(collector, run_id, where, json_object(collector, tree, claim.path))
        return
    table = load_csv(tree, claim.path)
    steps = [name for name in _INDEX if name in table.header]
    add_metric_rows(collector, run_id, table, where, steps=steps)


def _add_lists(collector: Collector, run_id: str, where: str, history: dict[str, object]) -> None:
    name = step_of(tuple(history))
    steps = as_list(history.get(name)) if name is not None else []
    tags: dict[str, object] = {}
    for key, values in history.items():
        number = number_of(values)
        if number is not None:
            collector.add_summary(run_id, key, number)
        elif not isinstance(values, list):
            tags[key] = values
        for epoch, raw in enumerate(values if isinstance(values, list) and key != name else ()):
            at = number_of(steps[epoch]) if epoch < len(steps) else None
            step = float(epoch) if at is None else at.value
            if raw is not None and not collector.add_point(run_id, key, step, raw):
                collector.leave_out(where, "values that are no numbers", f"{key!r}: {raw!r}")
    collector.add_values("tag", run_id, tags)


FORMAT = Format(
    kind=KIND,
    title="Keras CSVLogger, History",
    recognised_by="a CSV file with epoch and loss, accuracy or val_*; JSON with a list for each",
    find=find,
    read=reader_of_one(KIND, _read),
    read_many=reader_of_many(KIND, _read),
)
