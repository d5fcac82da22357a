"""Registered and logged models of a file store, as tags of the runs that made them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rundiff.sources.mlflow_meta import text_of
from rundiff.sources.mlflow_records import model_tags
from rundiff.sources.mlflow_values import LOGGED_MODEL_STATUSES

if TYPE_CHECKING:
    from rundiff.sources.mlflow_folders import StoreFolders

FIELDS = {"stage": "current_stage", "description": "description", "source": "source"}


def registered_models(folders: StoreFolders, path: str) -> dict[str, dict[str, object]]:
    """Return the tags about registered versions, by the id of the run they come from."""
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for name, inner in folders.inner(path):
        aliases: dict[str, list[str]] = defaultdict(list)
        for alias, version in folders.texts(f"{inner}/aliases"):
            aliases[version.strip()].append(alias)
        for folder, meta in folders.metas(inner, "version-").items():
            version = text_of(meta, "version") or folder.removeprefix("version-")
            fields: dict[str, object] = {
                "name": text_of(meta, "name") or name,
                "version": version,
                "aliases": ", ".join(sorted(aliases[version])),
                "tags": dict(folders.texts(f"{inner}/{folder}/tags")),
            }
            fields |= {key: text_of(meta, field) for key, field in FIELDS.items()}
            found[text_of(meta, "run_id")].update(model_tags([fields]))
    return found


def logged_models(folders: StoreFolders, path: str) -> dict[str, dict[str, object]]:
    """Return the tags about logged models, by the id of the run that logged them."""
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for folder, meta in folders.metas(path).items():
        status = text_of(meta, "status")
        fields = {
            "id": text_of(meta, "model_id") or folder,
            "status": LOGGED_MODEL_STATUSES.get(status, status),
            "type": text_of(meta, "model_type"),
        }
        prefix = f"logged_model.{text_of(meta, 'name')}"
        found[text_of(meta, "source_run_id")].update(
            {f"{prefix}.{field}": text for field, text in fields.items() if text}
        )
    return found
