"""How the tests of the sources look at what was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rundiff.sources.base import Batch, Format, ReadOptions
from rundiff.sources.discover import load_sources


@dataclass(frozen=True)
class Found:
    """What one format found under a path, by run name."""

    batches: tuple[Batch, ...]

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [row for batch in self.batches for row in batch.tables[table].to_pylist()]

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        return {row["run_id"]: row for row in self.rows("run")}

    def values(self, table: str, run_id: str) -> dict[str, tuple[str, str]]:
        """Typed values of params, tags or environment: key → (type, text)."""
        return {
            row["key"]: (row["type"], row["value"])
            for row in self.rows(table)
            if row["run_id"] == run_id
        }

    def points(self, run_id: str) -> dict[str, list[tuple[float, float]]]:
        """Metric points: key → [(step, value)] in the order of the source."""
        found: dict[str, list[tuple[float, float]]] = {}
        for batch in self.batches:
            for row in batch.load_points([run_id]).to_pylist():
                found.setdefault(row["key"], []).append((row["step"], row["value"]))
        return found

    def last(self, run_id: str) -> dict[str, float]:
        return {
            row["key"]: row["last"]
            for row in self.rows("metric_summary")
            if row["run_id"] == run_id
        }

    def goals(self, run_id: str) -> dict[str, str]:
        return {
            row["key"]: row["goal"]
            for row in self.rows("metric_definition")
            if row["run_id"] == run_id
        }

    @property
    def errors(self) -> list[tuple[str, int | None, str]]:
        return self._problems("error")

    @property
    def notices(self) -> list[tuple[str, int | None, str]]:
        return self._problems("notice")

    def _problems(self, severity: str) -> list[tuple[str, int | None, str]]:
        return [
            (row["location"], row["line"], row["message"])
            for row in self.rows("problem")
            if row["severity"] == severity
        ]


def read(path: Path, *formats: Format, columns: dict[str, str] | None = None) -> Found:
    """Find and read a path as ``rundiff`` does, with only these formats known."""
    options = ReadOptions(columns=columns or {})
    return Found(load_sources([str(path)], options, formats=formats).batches)
