"""Registered and logged models of an MLflow database, as tags of the runs that made them.

A model has no table of its own here: what a report needs of it is which run it came from, and which
version is the champion.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rundiff.sources.mlflow_database import cell_text
from rundiff.sources.mlflow_records import model_tags
from rundiff.sources.mlflow_values import LOGGED_MODEL_STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rundiff.sources.mlflow_database import CheckedTables, Row


def model_tags_of_runs(tables: CheckedTables) -> dict[str, dict[str, object]]:
    """Return the tags about models by the recorded id of the run."""
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for run_id, tags in _registered(tables):
        found[run_id].update(tags)
    names = ("model_id", "name", "status", "model_type", "source_run_id")
    models = {
        cell_text(row[0]): row for row in tables.select("logged_models", names, is_needed=False)
    }
    for model_id, row in models.items():
        status = cell_text(row[2])
        fields = {
            "id": model_id,
            "status": LOGGED_MODEL_STATUSES.get(status, status),
            "type": cell_text(row[3]),
        }
        prefix = f"logged_model.{cell_text(row[1])}"
        found[cell_text(row[4])].update(
            {f"{prefix}.{field}": text for field, text in fields.items() if text}
        )
    if models:
        for run_id, name, model_id in _inputs(tables, models):
            found[run_id][f"input_model.{name}.id"] = model_id
    return found


def _inputs(tables: CheckedTables, models: dict[str, Row]) -> Iterator[tuple[str, str, str]]:
    where = " WHERE destination_type = 'MODEL_INPUT'"
    for run_id, cell in tables.select("inputs", ("source_id", "destination_id"), where):
        model_id = cell_text(cell)
        row = models.get(model_id)
        yield cell_text(run_id), cell_text(row[1]) if row else model_id, model_id


def _registered(tables: CheckedTables) -> Iterator[tuple[str, dict[str, object]]]:
    aliases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, version, alias in tables.select(
        "registered_model_aliases", ("name", "version", "alias"), is_needed=False
    ):
        aliases[cell_text(name), cell_text(version)].append(cell_text(alias))
    tags: dict[tuple[str, str], dict[str, object]] = defaultdict(dict)
    for name, version, key, value in tables.select(
        "model_version_tags", ("name", "version", "key", "value"), is_needed=False
    ):
        tags[cell_text(name), cell_text(version)][cell_text(key)] = cell_text(value)
    names = ("run_id", "name", "version", "current_stage", "description", "source", "status")
    for row in tables.select("model_versions", names, is_needed=False):
        run_id, name, version, stage, description, source, status = map(cell_text, row)
        fields: dict[str, object] = {
            "name": name,
            "version": version,
            "aliases": ", ".join(sorted(aliases[name, version])),
            "stage": stage,
            "description": description,
            "source": source,
            "status": status,
            "tags": tags[name, version],
        }
        yield run_id, model_tags([fields])
