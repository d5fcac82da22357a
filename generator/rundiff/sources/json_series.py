"""Histories inside a JSON document: a list of numbers, or of objects with one entry an epoch.

``"val_loss": [0.5, 0.4]`` is a series over 0, 1, …; ``"history": [{"epoch": 1, "loss": 0.5}, …]``
is one for each key, over its own steps where there are some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.sources.documents import json_value, yaml_value
from rundiff.sources.foreign_json import as_dict, nested_leaves
from rundiff.sources.history import number_of
from rundiff.sources.table_shape import is_metric_name, step_of

if TYPE_CHECKING:
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Tree

STEPS = rb'\[\s*\{\s*"(?:global_)?(?:step|epoch|iteration)"\s*:'
"""The beginning of a JSON list of steps, as a regular expression."""
_HISTORIES = frozenset(
    {
        *("history", "hist", "log", "logs", "log_history", "training_history", "train_history"),
        *("epochs", "curve", "curves", "learning_curve"),
    }
)


def is_series(raw: object) -> bool:
    """Tell whether a value is a list of numbers (null is a gap), at least one of them there."""
    if not isinstance(raw, list) or not raw:
        return False
    numbers = [number_of(each) is not None for each in raw]
    return any(numbers) and all(
        is_number or each is None for is_number, each in zip(numbers, raw, strict=True)
    )


def is_named_series(key: str, raw: object) -> bool:
    """Tell whether a list of numbers is a history by its name, and no setting like ``betas``."""
    *above, name = key.lower().split(".")
    is_told = not _HISTORIES.isdisjoint([*above, name]) or "history" in name
    return is_series(raw) and (is_told or is_metric_name(name))


def is_history(raw: object) -> bool:
    """Tell whether a value is a list of objects that each have a step and a number."""
    return (
        isinstance(raw, list)
        and len(raw) > 0
        and all(isinstance(row, dict) and step_of(tuple(row)) is not None for row in raw)
    )


def load_results(
    collector: Collector, run_id: str, tree: Tree, path: str, *, prefix: str = ""
) -> dict[str, object]:
    """Return the object of a JSON or YAML file; a list of steps becomes series of the run."""
    load = json_value if path.lower().endswith(".json") else yaml_value
    value = load(collector, tree, path)
    if isinstance(value, list) and is_history(value):
        add_history(collector, run_id, tree.show(path), prefix.rstrip(".") or "history", value)
        return {}
    if value is not None and not isinstance(value, dict):
        collector.problem(tree.show(path), "neither an object nor a list of steps")
    return as_dict(value)


def add_series(collector: Collector, run_id: str, key: str, raw: list[object]) -> None:
    """Add a list of numbers as the points of steps from 0 on."""
    for step, each in enumerate(raw):
        if each is not None:
            collector.add_point(run_id, key, float(step), each)


def add_history(collector: Collector, run_id: str, where: str, key: str, raw: list[object]) -> None:
    """Add a list of objects, one for each step; the list's own name goes where it says little."""
    prefix = "" if key.rpartition(".")[2].lower() in _HISTORIES else f"{key}."
    for index, row in enumerate(raw):
        if not isinstance(row, dict):
            continue
        step_name = step_of(tuple(row))
        at = number_of(row[step_name]) if step_name is not None else None
        step = float(index) if at is None else at.value
        for name, value in nested_leaves(row):
            if name == step_name or value is None:
                continue
            if not collector.add_point(run_id, prefix + name, step, value):
                collector.leave_out(where, "values that are no numbers", f"{key} {name}: {value!r}")
