"""The files of a W&B run folder: the log, and what online runs have beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.documents import json_object, yaml_object
from rundiff.sources.foreign_json import as_dict, iterate_json_lines
from rundiff.sources.wandb_log import WandbLog, parse_wandb_log

if TYPE_CHECKING:
    from rundiff.sources.base import Claim
    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Tree

HISTORY = "wandb-history.jsonl"  # until 0.9, where there was no log
FILES = frozenset(
    {"config.yaml", "wandb-summary.json", "wandb-metadata.json", HISTORY, "wandb-events.jsonl"}
)
_PACKAGE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;]+)")


class RunFiles:
    """What the files of one run say; problems go to the collector."""

    def __init__(self, collector: Collector, tree: Tree, claim: Claim) -> None:
        self.out, self.tree = collector, tree
        self.path, self.where = claim.path, tree.show(claim.path)
        self.is_whole = claim.is_whole_folder
        self.log = WandbLog()
        self.config: dict[str, object] = {}
        self.summary: dict[str, object] = {}
        self.metadata: dict[str, object] = {}
        self.internal: dict[str, object] = {}
        self.packages: dict[str, object] = {}
        self.rows: list[dict[str, object]] = []
        self.artifacts: list[tuple[str, str]] = []
        self.log_path: str | None = None

    def load(self) -> None:
        """Read the log and the files beside it; what is absent stays empty."""
        if self.path.endswith(".wandb") or (self.tree.only_file or "").endswith(".wandb"):
            self.log_path = self.path
        else:
            here = self.tree.folder(self.path)
            logs = [name for name in here.files if name.endswith(".wandb")]
            self.log_path = here.join(logs[0]) if logs and self.is_whole else None
            self._load_files(here.join("files") if "files" in here.folders else self.path)
        if self.log_path is not None:
            where = self.tree.show(self.log_path)
            try:
                self.log = parse_wandb_log(self.tree.read(self.log_path))
            except RecordError as error:
                self.out.error(error, where)
            for offset, message in self.log.problems:
                self.out.problem(where, f"{message} (at byte {offset:,})")
            for name, count in sorted(self.log.counts.items()):
                self.out.notice(where, f"records of {name}: {count:,}; left out")
        self.config = _merged(self.log.config, self.config)
        self.summary = _merged(self.log.summary, self.summary)
        self.internal = as_dict(self.config.pop("_wandb", {}))
        for found in as_dict(self.internal.get("e")).values():  # 0.19 on: what it ran on
            self.metadata = _merged(self.metadata, as_dict(found))
        self.rows = self.log.rows or self.rows

    def _load_files(self, folder: str) -> None:
        names = self.tree.folder(folder)
        for name in ("wandb-summary.json", "wandb-metadata.json"):
            if name in names.files:
                found = json_object(self.out, self.tree, names.join(name))
                if name == "wandb-summary.json":
                    self.summary = found
                else:
                    self.metadata = found
        if "config.yaml" in names.files:
            self.config = self._config(names.join("config.yaml"))
        if HISTORY in names.files:
            self.rows = self._history(names.join(HISTORY))
        if "requirements.txt" in names.files:
            self.packages = self._packages(names.join("requirements.txt"))
        for inner in self.tree.walk(folder) if self.is_whole else ():
            for name in inner.files:
                if name not in FILES:
                    path = inner.join(name)
                    self.artifacts.append((path.removeprefix(f"{folder}/"), path))

    def _history(self, path: str) -> list[dict[str, object]]:
        where = self.tree.show(path)
        rows = []
        for _, parsed in iterate_json_lines(self.tree.read(path), location=where):
            if isinstance(parsed, RecordError):
                self.out.error(parsed, where)
            elif isinstance(parsed.value, dict):
                rows.append(parsed.value)
        return rows

    def _packages(self, path: str) -> dict[str, object]:
        try:
            text = self.tree.read(path, limit=1 << 22)
        except RecordError as error:
            self.out.error(error, self.tree.show(path))
            return {}
        found = _PACKAGE.findall(text.decode("utf-8", "replace"))
        return {name.lower().replace("_", "-"): version for name, version in found}

    def _config(self, path: str) -> dict[str, object]:
        """Return config.yaml without its ``{value:, desc:}`` wrapping."""
        config = yaml_object(self.out, self.tree, path)
        config.pop("wandb_version", None)
        return {
            key: entry["value"]
            if isinstance(entry, dict) and "value" in entry and entry.keys() <= {"value", "desc"}
            else entry
            for key, entry in config.items()
        }


def _merged(first: dict[str, object], second: dict[str, object]) -> dict[str, object]:
    """Return both, keys of ``first`` winning; inner objects are joined too."""
    joined = dict(second)
    for key, value in first.items():
        other = joined.get(key)
        both = isinstance(value, dict) and isinstance(other, dict)
        joined[key] = _merged(as_dict(value), as_dict(other)) if both else value
    return joined
