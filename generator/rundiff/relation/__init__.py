"""The relations in ``sql/``: their order, and typed functions that fetch them.

Each file is one SELECT over numbers (``relation.codes``); the number of a run is its position in
the selection. All that is recorded of the chosen runs, apart from histories, is one stored table,
``cell``, that is loaded in one go: a load costs an engine a millisecond however small it is, and
planning a query takes a third of the time that it takes to run over 80,000 cells (2026-11). The
comparison is not stored, although it may be made twice: that costs as much as making it, and the
second time few of the runs are wanted (``compared_cell``, which ``missing_cell`` is a part of only
where something is missing). What varies between two comparisons is never a text but a number or a
table: the baseline, which runs are columns (``column_run``), which rows there are, what they mean
and what the baseline has there (``row_meaning``).
"""

from __future__ import annotations

from array import array
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rundiff.frozen import dataclass
from rundiff.records.arrays import bytes_of, cells_of
from rundiff.relation.codes import METRICS, NOTHING, SECTIONS, Codes
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
OF_CHOSEN_RUNS = "SELECT * FROM incoming WHERE run IS NOT NULL"
_ALL_CELLS = "SELECT * FROM cell"
_CELLS_OF_COLUMNS = "SELECT cell.* FROM cell INNER JOIN column_run ON column_run.run = cell.run"


@dataclass(frozen=True, slots=True)
class LoadedRuns:
    """The engine with the chosen runs in it, and what its numbers stand for."""

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


def load_runs(tables: Tables, run_ids: Sequence[str]) -> LoadedRuns:
    """Return an engine that holds what is recorded of some runs, apart from their histories."""
    codes = Codes(run_ids)
    loaded = LoadedRuns(Store(), codes, Numbering(codes))
    loaded.store.load("cell", loaded.numbering.cells(tables), OF_CHOSEN_RUNS)
    return loaded


def choose_metric_values(
    loaded: LoadedRuns, chosen: Iterable[tuple[str, str, float | None]]
) -> None:
    """Let other numbers than the last ones stand for series: (run id, key, value)."""
    codes = loaded.codes
    rows = [(codes.row(METRICS, key), codes.runs[run_id], x) for run_id, key, x in chosen]
    loaded.store.load("metric_choice", table_of(INPUTS["metric_choice"], rows))
    loaded.store.create_table("cell", relation_text("chosen_cell"))


def fetch_numbers(loaded: LoadedRuns, metric: str) -> dict[str, float | None]:
    """Return the value of a metric for all runs that have it, by their ids."""
    codes = loaded.codes
    found = loaded.store.fetch(relation_text("fact"), row=codes.row(METRICS, metric))
    run_ids = list(codes.runs)
    runs, numbers = (cells_of(found.column(name)) for name in ("run", "number"))
    return {run_ids[run]: number for run, number in zip(runs, numbers, strict=True)}


def fetch_recipes(
    loaded: LoadedRuns, run_ids: Sequence[str], keys: Iterable[tuple[str, str]]
) -> dict[str, bytes]:
    """Return what some runs have for some keys, (section, key): equal where all of it is."""
    codes = loaded.codes
    asked = {codes.runs[run_id]: run_id for run_id in run_ids}
    rows = [codes.row(SECTIONS.index(section), key) for section, key in keys]
    found = loaded.store.fetch(relation_text("recipe"), runs=list(asked), rows=rows)
    recipes = dict.fromkeys(run_ids, b"")
    if found.num_rows:
        parts = bytes_of(found.combine_chunks().column("part").chunk(0))
        start = 0
        for run, count in Counter(cells_of(found.column("run"))).items():
            recipes[asked[run]] = parts[start : start + count * 8].tobytes()
            start += count * 8
    return recipes


def fetch_row_keys(loaded: LoadedRuns) -> list[RowKey]:
    """Return the keys that the runs have."""
    found = loaded.store.fetch_rows(relation_text("row_key"))
    names = loaded.codes.rows(row for row, *_ in found)
    return sorted(RowKey(*name, *rest) for name, (_, *rest) in zip(names, found, strict=True))


def compare_runs(
    loaded: LoadedRuns, selected: Sequence[SelectedRun], meanings: Sequence[RowMeaning]
) -> pa.Table:
    """Return the comparison relation, in the order of the rows and of the runs."""
    store, codes = loaded.store, loaded.codes
    baseline = store.fetch_rows(relation_text("run_cell"), run=_baseline(loaded, selected))
    known = {row: cell for row, *cell in baseline}
    numbers = [codes.row(SECTIONS.index(row.section), row.key) for row in meanings]
    rows = [
        (row.place, number, row.direction, *row[-3:], *known.get(number, (NOTHING, None, None)))
        for row, number in zip(meanings, numbers, strict=True)
    ]
    store.load("row_meaning", table_of(INPUTS["row_meaning"], rows))
    return _compared(loaded, selected, meanings, _ALL_CELLS)


def fetch_compared(
    loaded: LoadedRuns, selected: Sequence[SelectedRun], meanings: Sequence[RowMeaning]
) -> pa.Table:
    """Return the rows of the comparison relation that belong to the runs that are columns."""
    return _compared(loaded, selected, meanings, _CELLS_OF_COLUMNS)


def fetch_series(loaded: LoadedRuns, points: pa.Table) -> Iterator[FetchedSeries]:
    """Yield each history in the order of a chart: by key, then in the order of the runs."""
    store = loaded.store
    store.load("metric_point", loaded.numbering.points(points), OF_CHOSEN_RUNS)
    table = store.fetch(relation_text("series"))
    steps, times, values = array("d"), array("q"), array("d")
    for batch in table.to_batches():
        columns: tuple[array[Any], ...] = (steps, times, values)
        for found, column in zip(columns, batch.columns, strict=True):
            first = column.offset * 8
            found.frombytes(column.buffers()[1][first : first + len(column) * 8])
    run_ids = list(loaded.codes.runs)
    start = 0
    for key, run, count in store.fetch_rows(relation_text("series_length")):
        end = start + count
        yield FetchedSeries(
            key,
            run_ids[run],
            steps[start:end],
            times[start:end],
            values[start:end],
        )
        start = end


def _compared(
    loaded: LoadedRuns,
    selected: Sequence[SelectedRun],
    meanings: Sequence[RowMeaning],
    cells: str,
) -> pa.Table:
    store, runs = loaded.store, loaded.codes.runs
    is_missing = any(row.runs < len(runs) for row in meanings)
    if is_missing or cells != _ALL_CELLS:
        columns = [(runs[run.run_id],) for run in selected if run.role != "other"]
        store.load("column_run", table_of(INPUTS["column_run"], columns))
    if is_missing:
        cells += f" UNION ALL {relation_text('missing_cell')}"
    store.create_view("compared_cell", cells)
    found = store.fetch(relation_text("comparison"), baseline=_baseline(loaded, selected))
    return RowTexts(selected, meanings, loaded.codes).table(found)


def _baseline(loaded: LoadedRuns, selected: Sequence[SelectedRun]) -> int:
    return next(loaded.codes.runs[run.run_id] for run in selected if run.role == "baseline")
