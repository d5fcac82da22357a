"""Canonical rows as the records that they came from, so that a store can hold them."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.records.arrays import text_column
from rundiff.records.run import (
    NO_TIME,
    Artifact,
    Dataset,
    MetricDefinition,
    Points,
    RunRecord,
    RunState,
    Summary,
)
from rundiff.records.summaries import build_summaries
from rundiff.records.values import parse_nested

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.records.tables import Tables


class RunRows:
    """The canonical rows of some runs, by table and run."""

    def __init__(self, tables: Tables, run_ids: Sequence[str]) -> None:
        import pyarrow.compute as pc  # which few commands need

        wanted = text_column(list(run_ids))
        self._rows: dict[str, dict[str, list[dict[str, object]]]] = {}
        for name in tables:
            if name in ("problem", "metric_point"):
                continue
            table = tables[name]
            column = table.column("run_id").cast(pa.string())
            found: dict[str, list[dict[str, object]]] = defaultdict(list)
            for row in table.filter(pc.is_in(column, wanted)).to_pylist():
                found[row["run_id"]].append(row)
            self._rows[name] = found

    def record(self, run_id: str, points: Points) -> RunRecord:
        """Return a run as a record."""
        (run,) = self._rows["run"][run_id]
        text = {key: str(value) if value is not None else "" for key, value in run.items()}
        summaries = build_summaries(points, {})
        for row in self._rows["metric_summary"][run_id]:
            summaries.setdefault(str(row["key"]), _summary(row))
        environment = self._values("environment", run_id)
        environment["imported.source"] = text["source"]
        tags = self._values("tag", run_id)
        origin = f"{text['source']}\0{run_id}"
        return RunRecord(
            run_id=run_id,
            nonce=f"import-{hashlib.sha256(origin.encode()).hexdigest()[:32]}",
            experiment=text["experiment"],
            name=text["name"],
            status=text["status"],
            state=RunState(text["state"] or "complete"),
            lifecycle_stage=text["lifecycle_stage"],
            start_time=_millis(run["start_time"]),
            end_time=_millis(run["end_time"]),
            user=text["user"],
            parent_run_id=text["parent_run_id"],
            note=text["note"],
            params=self._values("param", run_id),
            tags=tags,
            whole_tags=tuple(
                key
                for key, text in tags.items()
                if isinstance(text, str) and parse_nested(text) is not None
            ),
            points=points,
            summaries=summaries,
            definitions=dict(self._definitions(run_id)),
            datasets=tuple(map(_dataset, self._rows["dataset"][run_id])),
            artifacts=tuple(map(_artifact, self._rows["artifact"][run_id])),
            environment=environment,
        )

    def _values(self, table: str, run_id: str) -> dict[str, object]:
        return {
            str(row["key"]): _raw_value(str(row["type"]), str(row["value"]))
            for row in self._rows[table][run_id]
        }

    def _definitions(self, run_id: str) -> Iterator[tuple[str, MetricDefinition]]:
        for row in self._rows["metric_definition"][run_id]:
            goal, unit, tolerance = (str(row[key] or "") for key in ("goal", "unit", "tolerance"))
            yield str(row["key"]), MetricDefinition(goal=goal, unit=unit, tolerance=tolerance)


def _raw_value(kind: str, text: str) -> object:
    """Return the value that a typed cell stands for, as JSON can hold it."""
    if kind in ("null", "bool"):
        return {"true": True, "false": False}.get(text)
    if kind == "float":
        return float(text)
    if kind in ("int", "dict", "list"):
        try:
            found: object = json.loads(text)
        except ValueError:
            return text
        return found
    return text


def points_by_run(table: pa.Table) -> Mapping[str, Points]:
    """Return ``metric_point`` rows by run, in the order of the source."""
    found: dict[str, Points] = defaultdict(Points)
    columns = (
        table.column(name).to_pylist() for name in ("run_id", "key", "step", "time", "value")
    )
    for run_id, key, step, time, value in zip(*columns, strict=True):
        points = found[run_id]
        millis = NO_TIME if time is None else time // 1_000
        points.append(points.code(key), 0.0 if step is None else step, millis, value)
    return found


def _summary(row: Mapping[str, object]) -> Summary:
    last, points, exact = row["last"], row["points"], row["exact"]
    return Summary(
        last=float(last) if isinstance(last, int | float) else float("nan"),
        last_step=_double(row["last_step"]),
        low=_double(row["min"]),
        high=_double(row["max"]),
        points=0 if points is None else int(str(points)),
        exact=None if exact is None else str(exact),
    )


def _dataset(row: Mapping[str, object]) -> Dataset:
    extra = json.loads(str(row["extra"])) if row["extra"] else {}
    rows = row["rows"]
    return Dataset(
        name=str(row["name"] or ""),
        digest=str(row["digest"] or ""),
        context=str(row["context"] or ""),
        source=str(row["source"] or ""),
        rows=rows if isinstance(rows, int) else None,
        schema=str(row["schema"] or ""),
        extra=extra if isinstance(extra, dict) else {"extra": extra},
    )


def _artifact(row: Mapping[str, object]) -> Artifact:
    size = row["size"]
    return Artifact(
        path=str(row["path"]),
        size=size if isinstance(size, int) else None,
        sha256=str(row["sha256"] or ""),
        media_type=str(row["media_type"] or ""),
    )


def _double(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _millis(micros: object) -> int | None:
    return micros // 1_000 if isinstance(micros, int) else None
