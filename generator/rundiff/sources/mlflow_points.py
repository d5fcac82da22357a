"""Histories of selected runs out of an MLflow database.

From a sqlite file a run's points are taken as columns (``sqlite_columns``) out of the stretch of
the table where they lie: a trainer's points are nearly always neighbours, and walking the table
costs a third of looking each point up through an index. A stretch in which few rows are the run's,
as a sample of them tells (counting them all costs a tenth of reading them), is left to the index.
Points come in the order of logging.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.errors import RecordError
from rundiff.records.arrays import column_of, text_column
from rundiff.records.schemas import SCHEMAS
from rundiff.sources.mlflow_values import LATEST_MS, metric_value, unclipped
from rundiff.sources.sqlite import SqliteFile
from rundiff.sources.sqlite_columns import (
    as_integers,
    fetch_columns,
    fetch_columns_and_doubles,
    has_affinities,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rundiff.sources.mlflow_database import Database, OpenDatabase, Row


_SPREAD = 6
_SAMPLED = 24
_Columns: TypeAlias = "dict[str, pa.Array]"  # key, step, time, value


class SqlPoints:
    """Loads metric points; ``recorded`` maps the ids of rows to those in the database."""

    def __init__(
        self, open_database: Callable[[], OpenDatabase], recorded: Mapping[str, str]
    ) -> None:
        self._open = open_database
        self._recorded = recorded
        self._problems: list[tuple[str, int | None, str, str]] = []

    def load(self, run_ids: Sequence[str]) -> pa.Table:
        """Return the points of some runs, in the order asked for."""
        self._problems = []
        found: list[tuple[int, _Columns]] = []
        try:
            with self._open() as database:
                if database.columns("metrics"):
                    found.extend(
                        (place, self._load_run(database, run_id))
                        for place, run_id in enumerate(run_ids)
                    )
        except RecordError as error:
            self._problems.append((error.location, error.line, "error", error.message))
        return _joined(found, run_ids)

    def problems(self) -> Iterable[tuple[str, int | None, str, str]]:
        """Return what could not be read when points were last loaded."""
        return self._problems

    def _load_run(self, database: Database, run_id: str) -> _Columns:
        recorded = self._recorded.get(run_id, run_id)
        if isinstance(database, SqliteFile):
            found = _fetch_columns(database, recorded)
            if found is not None:
                return found
        names = ("key", "step", "timestamp", "value", "is_nan")
        present = database.columns("metrics")
        named = ", ".join(f'"{name}"' if name in present else "NULL" for name in names)
        order = "rowid" if database.dialect == "sqlite" else '"key", "timestamp", "step"'
        rows = database.rows(
            f'SELECT {named} FROM "metrics" WHERE "run_uuid" = ? ORDER BY {order}',  # noqa: S608  # names are ours
            [recorded],
        )
        return self._table(rows, run_id, database.location)

    def _table(self, rows: Sequence[Row], run_id: str, location: str) -> _Columns:
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
        return {
            "key": column_of(keys, pa.string()),
            "step": column_of(steps, pa.float64()),
            "time": column_of(times, pa.int64()),
            "value": column_of(values, pa.float64()),
        }


def _joined(found: Sequence[tuple[int, _Columns]], run_ids: Sequence[str]) -> pa.Table:
    """Return one table of the points of several runs, numbered in each run in the order found."""
    schema = SCHEMAS["metric_point"]
    ids = text_column(list(run_ids))
    longest = max((len(columns["key"]) for _, columns in found), default=0)
    order = pa.py_buffer(array("q", range(longest)))
    tables = [schema.empty_table()]
    for place, columns in found:
        count = len(columns["key"])
        codes = pa.py_buffer(array("i", [place]) * count)
        whole = {
            **columns,
            "run_id": pa.DictionaryArray.from_arrays(
                pa.Array.from_buffers(pa.int32(), count, [None, codes]), ids
            ),
            "seq": pa.Array.from_buffers(pa.int64(), count, [None, order]),
        }
        arrays = [whole[name] for name in schema.names]
        tables.append(pa.Table.from_arrays(arrays, schema=schema))
    return pa.concat_tables(tables[1:] or tables)


def _fetch_columns(database: SqliteFile, run_id: str) -> _Columns | None:
    """Return a run's points as columns, or None where they must be read row by row."""
    texts = ("key", "step", "timestamp")
    if not has_affinities(database, "metrics", (*texts, "run_uuid", "is_nan")):
        return None
    stretch = _stretch(database, run_id)
    if stretch is None:
        return None
    source, parameters = stretch
    found = fetch_columns_and_doubles(database, source, texts, ("value", "is_nan"), parameters)
    if found is None:
        return None
    columns, values, marked = found
    if marked:
        flags = fetch_columns(database, source, ["is_nan"], parameters)
        if flags is None or len(flags[0]) != len(values):
            return None
        values = pc.if_else(pc.equal(flags[0], "1"), math.nan, values)
    steps, times = as_integers(columns[1]), as_integers(columns[2])
    if steps is None or times is None:
        return None
    ends = pc.min_max(times).as_py()
    if not 0 < ends["min"] <= ends["max"] < LATEST_MS:
        is_time = pc.and_(pc.greater(times, 0), pc.less(times, LATEST_MS))
        times = pc.if_else(is_time, times, None)
    return {
        "key": columns[0],
        "step": steps.cast(pa.float64(), safe=False),
        "time": pc.multiply(times, 1_000),
        "value": unclipped(values),
    }


def _stretch(database: SqliteFile, run_id: str) -> tuple[str, list[object]] | None:
    """Return what to read a run's points from, with its parameters; None for the index."""
    ends = [
        database.rows(
            f'SELECT rowid FROM "metrics" WHERE "run_uuid" = ? ORDER BY rowid {order} LIMIT 1',  # noqa: S608  # ours
            [run_id],
        )
        for order in ("ASC", "DESC")
    ]
    if not ends[0] or not ends[1]:
        return None
    (first,), (last,) = ends[0][0], ends[1][0]
    if not isinstance(first, int) or not isinstance(last, int):
        return None
    sampled = {first + (last - first) * at // (_SAMPLED - 1) for at in range(_SAMPLED)}
    marks = ", ".join("?" * len(sampled))
    ((own,),) = database.rows(
        f'SELECT total("run_uuid" = ?) FROM "metrics" WHERE rowid IN ({marks})',  # noqa: S608  # marks only
        [run_id, *sampled],
    )
    if not isinstance(own, float) or own * _SPREAD < len(sampled):
        return None
    source = '"metrics" NOT INDEXED WHERE rowid BETWEEN ? AND ? AND "run_uuid" = ?'
    return source, [first, last, run_id]
