"""Histories of selected runs out of an MLflow database."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import column_of
from rundiff.records.tables import SCHEMAS
from rundiff.sources.mlflow import LATEST_MS, metric_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rundiff.sources.mlflow_database import Row
    from rundiff.sources.sqlite import SqliteFile


class SqlPoints:
    """Loads metric points; ``recorded`` maps the ids of rows to those in the database."""

    def __init__(
        self, open_database: Callable[[], SqliteFile], recorded: Mapping[str, str]
    ) -> None:
        self._open = open_database
        self._recorded = recorded
        self._problems: list[tuple[str, int | None, str, str]] = []

    def load(self, run_ids: Sequence[str]) -> pa.Table:
        """Return the points of some runs, in the order asked for."""
        self._problems = []
        tables: list[pa.Table] = []
        try:
            with self._open() as database:
                if database.columns("metrics"):
                    tables.extend(self._load_run(database, run_id) for run_id in run_ids)
        except RecordError as error:
            self._problems.append((error.location, error.line, "error", error.message))
        return pa.concat_tables(tables) if tables else SCHEMAS["metric_point"].empty_table()

    def problems(self) -> Iterable[tuple[str, int | None, str, str]]:
        """Return what could not be read when points were last loaded."""
        return self._problems

    def _load_run(self, database: SqliteFile, run_id: str) -> pa.Table:
        names = ("key", "step", "timestamp", "value", "is_nan")
        present = database.columns("metrics")
        named = ", ".join(f'"{name}"' if name in present else "NULL" for name in names)
        order = "rowid" if database.dialect == "sqlite" else '"key", "timestamp", "step"'
        rows = database.rows(
            f'SELECT {named} FROM "metrics" WHERE "run_uuid" = ? ORDER BY {order}',  # noqa: S608  # names are ours
            [self._recorded.get(run_id, run_id)],
        )
        return self._table(rows, run_id, database.location)

    def _table(self, rows: Sequence[Row], run_id: str, location: str) -> pa.Table:
        keys: list[str] = []
        steps: list[float | None] = []
        times: list[int | None] = []
        values: list[float] = []
        odd = 0
        for key, step, time, raw, is_nan in rows:
            value = metric_value(raw, is_nan)
            if value is None or not isinstance(key, str):
                odd += 1
                continue
            keys.append(key)
            steps.append(float(step) if isinstance(step, int | float) else 0.0)
            is_time = isinstance(time, int) and 0 < time < LATEST_MS
            times.append(time * 1_000 if is_time and isinstance(time, int) else None)
            values.append(value)
        if odd:
            message = f"rows of table 'metrics' that are no metric: {odd:,}; left out"
            self._problems.append((f"{location}#{run_id}", None, "error", message))
        count = len(values)
        ids = pa.DictionaryArray.from_arrays(
            column_of([0] * count, pa.int32()), column_of([run_id], pa.string())
        )
        columns = {
            "run_id": ids,
            "key": column_of(keys, pa.string()),
            "step": column_of(steps, pa.float64()),
            "time": column_of(times, pa.int64()),
            "value": column_of(values, pa.float64()),
            "seq": column_of(array("q", range(count)), pa.int64()),
        }
        return pa.table(columns, schema=SCHEMAS["metric_point"])
