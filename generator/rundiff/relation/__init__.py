"""The relations in ``sql/``: their order, and typed functions that fetch them.

Each file is one SELECT over numbers (``relation.codes``). ``cell`` and ``metric_value`` are views;
``selected_cell`` and ``row_key`` are stored, because an engine runs a view anew for every reader.
The comparison is not stored, although it may be read twice: that costs as much as running it, and
its second reader wants few of its rows. What varies between two comparisons is never a text but a
table: which runs were chosen and in which role (``selected_run``), which rows there are and what
they mean (``row_meaning``).
"""

from __future__ import annotations

from array import array
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rundiff.frozen import dataclass
from rundiff.records.arrays import cells_of
from rundiff.relation.codes import METRICS, SECTIONS, Codes
from rundiff.relation.datasets import dataset_values
from rundiff.relation.numbering import Numbering, table_of
from rundiff.relation.rows import (
    INPUTS,
    FetchedSeries,
    RowKey,
    RowMeaning,
    SelectedRun,
)
from rundiff.relation.texts import RowTexts
from rundiff.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from rundiff.records.tables import Tables

_SQL = Path(__file__).parent.parent / "sql"
_OF_COLUMNS = (
    "SELECT comparison.* FROM comparison"
    " INNER JOIN selected_run ON selected_run.position = comparison.position"
    " WHERE selected_run.is_column ORDER BY comparison.place, comparison.position"
)


@dataclass(frozen=True, slots=True)
class LoadedRuns:
    """The engine with all runs in it, and what its numbers stand for."""

    store: Store
    codes: Codes
    numbering: Numbering

    def close(self) -> None:
        """Give the memory back."""
        self.store.close()


@cache
def relation_text(name: str) -> str:
    """Return the SELECT of a relation."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def load_runs(tables: Tables) -> LoadedRuns:
    """Return an engine that holds what is recorded of all runs, apart from their histories."""
    codes = Codes()
    codes.runs.update(tables.places or {})
    run_ids = tables["run"].column("run_id") if tables.places else None
    loaded = LoadedRuns(Store(), codes, Numbering(codes, run_ids))
    store, numbering = loaded.store, loaded.numbering
    for name in ("param", "tag", "environment"):
        store.load(name, numbering.keyed(tables[name]))
    store.load("metric_summary", numbering.summaries(tables["metric_summary"]))
    store.load("artifact", numbering.artifacts(tables["artifact"]))
    for name in ("metric_choice", "dataset_value"):
        loaded.store.load(name, table_of(INPUTS[name], ()))
    for name in ("metric_value", "cell"):
        loaded.store.create_view(name, relation_text(name))
    return loaded


def choose_metric_values(
    loaded: LoadedRuns, chosen: Iterable[tuple[str, str, float | None]]
) -> None:
    """Let other numbers than the last ones stand for series: (run id, key, value)."""
    codes = loaded.codes
    rows = [(codes.runs[run_id], codes.keys[key], number) for run_id, key, number in chosen]
    loaded.store.load("metric_choice", table_of(INPUTS["metric_choice"], rows))


def fetch_numbers(loaded: LoadedRuns, metric: str) -> dict[str, float | None]:
    """Return the value of a metric for all runs that have it, by their ids."""
    codes = loaded.codes
    wanted = [(METRICS, codes.keys[metric])] if metric in codes.keys else []
    loaded.store.load("wanted_key", table_of(INPUTS["wanted_key"], wanted))
    found = loaded.store.fetch(relation_text("fact"))
    run_ids = list(codes.runs)
    runs, numbers = (cells_of(found.column(name)) for name in ("run", "number"))
    return {run_ids[run]: number for run, number in zip(runs, numbers, strict=True)}


def fetch_recipes(
    loaded: LoadedRuns, positions: Iterable[int], ignored_keys: Iterable[tuple[str, str]]
) -> dict[int, int]:
    """Return a number for some positions: equal where all params and data but the ignored are.

    Ignored keys are (section, key).
    """
    store, keys = loaded.store, loaded.codes.keys
    store.load("asked_run", table_of(INPUTS["asked_run"], [(at,) for at in positions]))
    ignored = [(SECTIONS.index(section), keys[key]) for section, key in ignored_keys]
    store.load("ignored_key", table_of(INPUTS["ignored_key"], ignored))
    return dict(_rows(store.fetch(relation_text("recipe"))))


def fetch_known_keys(loaded: LoadedRuns, section: str) -> list[str]:
    """Return the keys that any run has in a section."""
    found = loaded.store.fetch("SELECT DISTINCT section, key FROM cell ORDER BY section, key")
    names = list(loaded.codes.keys)
    return sorted(names[key] for at, key in _rows(found) if SECTIONS[at] == section)


def select_runs(loaded: LoadedRuns, tables: Tables, run_ids: Sequence[str]) -> list[RowKey]:
    """Take the runs of the selection, and return the keys that they have."""
    store, codes = loaded.store, loaded.codes
    runs = [SelectedRun(run_id, "", place, "other") for place, run_id in enumerate(run_ids)]
    _load_selected(loaded, runs)
    values = dataset_values(tables["dataset"], set(run_ids))
    store.load("dataset_value", loaded.numbering.rows(values))
    for name in ("selected_cell", "row_key"):
        store.create_table(name, relation_text(name))
    found = store.fetch(
        "SELECT section, key, runs, is_numeric_text FROM row_key ORDER BY section, key"
    )
    names = list(codes.keys)
    return sorted(RowKey(SECTIONS[at], names[key], *rest) for at, key, *rest in _rows(found))


def compare_runs(
    loaded: LoadedRuns, selected: Sequence[SelectedRun], meanings: Sequence[RowMeaning]
) -> pa.Table:
    """Return the comparison relation, in the order of the rows and of the runs."""
    store, keys = loaded.store, loaded.codes.keys
    _load_selected(loaded, selected)
    rows = [(m.place, SECTIONS.index(m.section), keys[m.key], m.direction) for m in meanings]
    store.load("row_meaning", table_of(INPUTS["row_meaning"], rows))
    return _compared(loaded, relation_text("comparison"), selected, meanings)


def fetch_compared(
    loaded: LoadedRuns, selected: Sequence[SelectedRun], meanings: Sequence[RowMeaning]
) -> pa.Table:
    """Return the rows of the comparison relation that belong to the runs that are columns."""
    loaded.store.create_view("comparison", relation_text("comparison"))
    return _compared(loaded, _OF_COLUMNS, selected, meanings)


def fetch_series(loaded: LoadedRuns, points: pa.Table) -> Iterator[FetchedSeries]:
    """Yield each history in the order of a chart: by key, then in the order of the runs."""
    store = loaded.store
    store.load("metric_point", loaded.numbering.points(points))
    table = store.fetch(relation_text("series"))
    steps, times, values = array("d"), array("q"), array("d")
    for batch in table.to_batches():
        columns: tuple[array[Any], ...] = (steps, times, values)
        for found, column in zip(columns, batch.columns, strict=True):
            first = column.offset * 8
            found.frombytes(column.buffers()[1][first : first + len(column) * 8])
    run_ids = list(loaded.codes.runs)
    start = 0
    for key, run, _, count in _rows(store.fetch(relation_text("series_length"))):
        end = start + count
        yield FetchedSeries(
            key,
            run_ids[run],
            steps[start:end],
            times[start:end],
            values[start:end],
        )
        start = end


def _load_selected(loaded: LoadedRuns, selected: Sequence[SelectedRun]) -> None:
    runs = loaded.codes.runs
    rows = [
        (runs[run.run_id], run.position, run.role != "other", run.role == "baseline")
        for run in selected
    ]
    loaded.store.load("selected_run", table_of(INPUTS["selected_run"], rows))


def _compared(
    loaded: LoadedRuns,
    select: str,
    selected: Sequence[SelectedRun],
    meanings: Sequence[RowMeaning],
) -> pa.Table:
    return RowTexts(selected, meanings, loaded.codes).table(loaded.store.fetch(select))


def _rows(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*map(cells_of, table.columns), strict=True)
