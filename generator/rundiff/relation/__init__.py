"""The relations in ``sql/``: their order, and typed functions that fetch them.

Each file is one SELECT. Most are views; ``selected_cell`` and ``row_key`` are stored, because an
engine runs a view anew for every reader. The comparison is a view although it is read twice:
storing it costs as much as running it, and its second reader wants few of its rows. What varies
between two comparisons is never a text but a table: which runs were chosen and in which role
(``selected_run``), which rows there are and what they mean (``row_meaning``).

Keys and run ids are not made an ``ENUM``, although rows of numbers take half of the memory: DuckDB
writes the type of a view's column, with all its texts, as SQL and parses that again, so that a key
with a NUL broke it (2026-11, 1.5.6). What comes from a record must never be part of a text.
"""

from __future__ import annotations

from array import array
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from rundiff.records.arrays import cells_of, column_of
from rundiff.relation.datasets import dataset_values
from rundiff.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rundiff.records.tables import Tables

_SQL = Path(__file__).parent.parent / "sql"
_STORED = ("param", "tag", "environment", "metric_summary", "artifact")
_TEXT, _LONG, _DOUBLE = pa.string(), pa.int64(), pa.float64()

INPUTS: Mapping[str, pa.Schema] = {
    "selected_run": pa.schema(
        [("run_id", _TEXT), ("run_name", _TEXT), ("position", _LONG), ("role", _TEXT)]
    ),
    "metric_choice": pa.schema([("run_id", _TEXT), ("key", _TEXT), ("value", _DOUBLE)]),
    "dataset_value": pa.schema(
        [
            ("run_id", _TEXT),
            ("key", _TEXT),
            ("type", _TEXT),
            ("value", _TEXT),
            ("number", _DOUBLE),
            ("numeric", _TEXT),
        ]
    ),
    "wanted_key": pa.schema([("section", _TEXT), ("key", _TEXT)]),
    "asked_run": pa.schema([("run_id", _TEXT)]),
    "ignored_key": pa.schema([("key", _TEXT)]),
    "row_meaning": pa.schema(
        [
            ("place", _LONG),
            ("section", _TEXT),
            ("key", _TEXT),
            ("direction", _TEXT),
            ("unit", _TEXT),
        ]
    ),
}


class SelectedRun(NamedTuple):
    """A run of the selection. ``role``: baseline, candidate, or other (it is no column)."""

    run_id: str
    run_name: str
    position: int
    role: str


class RowKey(NamedTuple):
    """A key that any run of the selection has."""

    section: str
    key: str
    runs: int
    is_numeric_text: bool


class RowMeaning(NamedTuple):
    """Where a row stands, and the direction and unit of a metric."""

    place: int
    section: str
    key: str
    direction: str
    unit: str


class Fact(NamedTuple):
    """One value of one run."""

    section: str
    key: str
    run_id: str
    value: str
    number: float | None


class FetchedSeries(NamedTuple):
    """One metric of one run, in order."""

    key: str
    run_id: str
    steps: array[float]
    times: array[int]
    values: array[float]


@cache
def relation_text(name: str) -> str:
    """Return the SELECT of a relation."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def load_runs(tables: Tables) -> Store:
    """Return a store that holds what is recorded of all runs, apart from their histories."""
    store = Store()
    for name in _STORED:
        store.load(name, tables[name])
    for name in ("metric_choice", "dataset_value"):
        store.load(name, _table(name, ()))
    for name in ("metric_value", "cell"):
        store.create_view(name, relation_text(name))
    return store


def choose_metric_values(store: Store, chosen: Iterable[tuple[str, str, float | None]]) -> None:
    """Let other numbers than the last ones stand for series: (run id, key, value)."""
    store.load("metric_choice", _table("metric_choice", list(chosen)))


def fetch_facts(store: Store, keys: Iterable[tuple[str, str]]) -> list[Fact]:
    """Return what all runs have for some (section, key)."""
    store.load("wanted_key", _table("wanted_key", list(keys)))
    return [Fact(*row) for row in _rows(store.fetch(relation_text("fact")))]


def fetch_recipes(
    store: Store, run_ids: Iterable[str], ignored_keys: Iterable[str]
) -> dict[str, int]:
    """Return a number for each of some runs; equal where all params but the ignored ones are."""
    store.load("asked_run", _table("asked_run", [(run_id,) for run_id in run_ids]))
    store.load("ignored_key", _table("ignored_key", [(key,) for key in ignored_keys]))
    return dict(_rows(store.fetch(relation_text("recipe"))))


def fetch_tagged_runs(store: Store) -> set[str]:
    """Return the runs that say by a tag that they are the baseline."""
    return {str(run_id) for (run_id,) in _rows(store.fetch(relation_text("tagged_run")))}


def fetch_known_keys(store: Store, section: str) -> list[str]:
    """Return the keys that any run has in a section."""
    found = store.fetch("SELECT DISTINCT section, key FROM cell ORDER BY section, key")
    return [str(key) for name, key in _rows(found) if name == section]


def select_runs(store: Store, tables: Tables, run_ids: Sequence[str]) -> list[RowKey]:
    """Take the runs of the selection, and return the keys that they have."""
    runs = [SelectedRun(run_id, "", place, "other") for place, run_id in enumerate(run_ids)]
    store.load("selected_run", _table("selected_run", runs))
    values = list(dataset_values(tables["dataset"], set(run_ids)))
    store.load("dataset_value", _table("dataset_value", values))
    for name in ("selected_cell", "row_key"):
        store.create_table(name, relation_text(name))
    found = store.fetch(
        "SELECT section, key, runs, is_numeric_text FROM row_key ORDER BY section, key"
    )
    return [RowKey(*row) for row in _rows(found)]


def compare_runs(
    store: Store, selected: Sequence[SelectedRun], meanings: Sequence[RowMeaning]
) -> pa.Table:
    """Return the comparison relation, in the order of the rows and of the runs."""
    store.load("selected_run", _table("selected_run", selected))
    store.load("row_meaning", _table("row_meaning", meanings))
    store.create_view("comparison", relation_text("comparison"))
    return store.fetch("SELECT * FROM comparison")


def fetch_compared(store: Store) -> pa.Table:
    """Return the rows of the comparison relation that belong to the runs that are columns."""
    return store.fetch("SELECT * FROM comparison WHERE role <> 'other'")


def fetch_series(store: Store, points: pa.Table) -> Iterator[FetchedSeries]:
    """Yield each history in the order of a chart: by key, then in the order of the runs."""
    store.load("metric_point", points)
    table = store.fetch(relation_text("series"))
    steps, times, values = array("d"), array("q"), array("d")
    for batch in table.to_batches():
        columns: tuple[array[Any], ...] = (steps, times, values)
        for found, column in zip(columns, batch.columns, strict=True):
            first = column.offset * 8
            found.frombytes(column.buffers()[1][first : first + len(column) * 8])
    start = 0
    for key, run_id, _, count in _rows(store.fetch(relation_text("series_length"))):
        end = start + count
        yield FetchedSeries(
            key,
            run_id,
            steps[start:end],
            times[start:end],
            values[start:end],
        )
        start = end


def _table(name: str, rows: Sequence[Sequence[object]]) -> pa.Table:
    schema = INPUTS[name]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [column_of(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _rows(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*map(cells_of, table.columns), strict=True)
