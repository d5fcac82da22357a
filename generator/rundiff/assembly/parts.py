"""The parts of a Comparison as values: rows of cells, histories, datasets, artifacts."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from rundiff.assembly.previews import Previews
from rundiff.comparison import Artifact, Cell, Dataset, MetricMeaning, Row, Section, Series
from rundiff.natural import natural_order
from rundiff.records.arrays import cells_of
from rundiff.relation import fetch_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from rundiff.budgets import Budgets
    from rundiff.records.ordered_series import OrderedSeries
    from rundiff.relation import LoadedRuns
    from rundiff.relation.rows import FetchedSeries, RowKey
    from rundiff.sources.merge import MergedRuns

_DATASET_TEXTS = ("name", "digest", "context", "source", "schema", "extra")
_CELL_COLUMNS = (
    *("type", "value", "number", "is_present", "differs", "delta", "relative_change"),
    *("is_best", "is_worst"),
)


def build_sections(
    relation: pa.Table,
    keys: Sequence[RowKey],
    meanings: Mapping[str, MetricMeaning],
    compared: Sequence[str],
) -> dict[Section, tuple[Row, ...]]:
    """Return the rows of each section from the relation's rows of the compared runs."""
    is_numeric_text = {(row.section, row.key): row.is_numeric_text for row in keys}
    cells: dict[tuple[str, str], dict[str, Cell]] = {}
    columns = [cells_of(relation.column(name)) for name in ("section", "key", "run_id")]
    values = [cells_of(relation.column(name)) for name in _CELL_COLUMNS]
    for (section, key, run_id), row in zip(
        zip(*columns, strict=True), zip(*values, strict=True), strict=True
    ):
        cell = Cell(**dict(zip(_CELL_COLUMNS, row, strict=True)))
        cells.setdefault((section, key), {})[run_id] = cell
    found: dict[Section, list[Row]] = {section: [] for section in Section}
    for (section, key), by_run in cells.items():
        if not any(cell.is_present for cell in by_run.values()):
            continue  # only runs beyond the columns have it
        row_cells = tuple(by_run[run_id] for run_id in compared)
        found[Section(section)].append(
            Row(
                section=Section(section),
                key=key,
                cells=row_cells,
                differs=any(cell.differs for cell in row_cells),
                is_numeric_text=is_numeric_text[section, key],
                meaning=meanings[key] if section == Section.METRICS else None,
            )
        )
    return {section: tuple(rows) for section, rows in found.items()}


def build_series(
    store: LoadedRuns,
    points: pa.Table,
    run_ids: Sequence[str],
    *,
    ordered: Iterable[OrderedSeries] = (),
) -> dict[str, tuple[Series, ...]]:
    """Return the histories by metric, in the order of the given runs.

    ``ordered`` are those that the relation need not put in order.
    """
    by_key: dict[str, dict[str, Series]] = {}
    histories: Iterable[OrderedSeries | FetchedSeries] = chain(ordered, fetch_series(store, points))
    for found in histories:
        series = Series(
            run_id=found.run_id,
            key=found.key,
            steps=found.steps,
            times=found.times,
            values=found.values,
        )
        by_key.setdefault(found.key, {})[found.run_id] = series
    return {
        key: tuple(by_run[run_id] for run_id in run_ids if run_id in by_run)
        for key, by_run in sorted(by_key.items(), key=lambda item: natural_order(item[0]))
    }


def series_of(
    histories: Mapping[str, Sequence[Series]], run_ids: Iterable[str]
) -> dict[str, tuple[Series, ...]]:
    """Return the histories of some runs by metric."""
    wanted = set(run_ids)
    found = {
        key: tuple(one for one in many if one.run_id in wanted) for key, many in histories.items()
    }
    return {key: many for key, many in found.items() if many}


def build_datasets(merged: MergedRuns, compared: Sequence[str]) -> dict[str, tuple[Dataset, ...]]:
    """Return the datasets of the compared runs."""
    found: dict[str, list[Dataset]] = {run_id: [] for run_id in compared}
    for row in merged.tables["dataset"].to_pylist():
        if row["run_id"] in found:
            texts = {name: str(row[name] or "") for name in _DATASET_TEXTS}
            found[row["run_id"]].append(Dataset(rows=row["rows"], **texts))
    return {run_id: tuple(rows) for run_id, rows in found.items()}


def build_artifacts(
    merged: MergedRuns, compared: Sequence[str], budgets: Budgets
) -> dict[str, tuple[Artifact, ...]]:
    """Return the artifacts of the compared runs, with the contents of small ones."""
    previews = Previews(merged.load_artifact, budgets)
    found: dict[str, list[Artifact]] = {run_id: [] for run_id in compared}
    rows = [row for row in merged.tables["artifact"].to_pylist() if row["run_id"] in found]
    for row in sorted(rows, key=lambda row: natural_order(row["path"])):
        run_id, path, size = row["run_id"], row["path"], row["size"]
        content, is_unread = previews.of(run_id, path, size)
        found[run_id].append(
            Artifact(
                path=path,
                size=size,
                sha256=row["sha256"] or "",
                media_type=row["media_type"] or "",
                content=content,
                is_unread=is_unread,
            )
        )
    return {run_id: tuple(listed) for run_id, listed in found.items()}
