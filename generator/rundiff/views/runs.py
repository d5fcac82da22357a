"""The runs table: one row per selected run, and the columns that tell most.

The server renders up to ``MOST_ROWS`` rows and ``MOST_COLUMNS`` columns; the script builds the rest
from the island, where every cell is. What was left out is said under the table.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.format import (
    MISSING,
    align_decimals,
    format_count,
    format_duration,
    format_numbers,
    format_time,
    format_time_short,
    format_typed_row,
    show_text,
)
from rundiff.frozen import dataclass
from rundiff.ranking import is_cost, metric_rank
from rundiff.views.marks import RunMark, build_mark, counted, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Comparison, Run
    from rundiff.selected import SelectedCell

MOST_ROWS, MOST_METRICS, MOST_PARAMS = 200, 4, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column."""

    key: str  # params.lr, metrics.loss, attributes.status
    title: str
    is_number: bool
    order: str = ""  # of the rows by this column: descending, ascending or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCell:
    """One value; ``share`` is 0 … 100 along the column's range, None without a bar."""

    column: str
    type: str
    value: str
    shown: str
    is_number: bool
    share: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run. ``tone`` of the status: worse for failed and killed runs, else ""."""

    mark: RunMark
    status: str
    tone: str
    source: str
    took: str
    took_value: str
    started: str
    started_title: str
    started_value: str
    cells: tuple[RunCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The section."""

    count: str
    found: str
    compared: int
    has_sources: bool
    has_status: bool
    has_took: bool
    has_started: bool
    groups: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    rows: tuple[RunRow, ...]
    notes: tuple[str, ...]
    unscripted: str  # what is true only as long as no script has run


def build_runs(
    comparison: Comparison, selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]]
) -> Runs:
    """Return the runs table: in the order of the selection, or else with the best runs first."""
    keys = _metric_keys(comparison, selected) + _param_keys(selected)
    order = _order(comparison, keys)
    runs = _ordered(comparison.runs, selected[keys[0]], order) if order else comparison.runs
    runs = runs[:MOST_ROWS]
    sources = source_titles(comparison)
    cells_of: dict[str, list[RunCell]] = {run.run_id: [] for run in runs}
    columns: list[Column] = []
    for section, key in keys:
        is_first = not columns
        column, cells = _column(section, key, selected[section.value, key], runs, has_bar=is_first)
        columns.append(replace(column, order=order) if is_first else column)
        for run, cell in zip(runs, cells, strict=True):
            cells_of[run.run_id].append(cell)
    counts = Counter(
        "Metrics" if section is Section.METRICS else "Parameters" for section, _ in keys
    )
    return Runs(
        count=format_count(len(comparison.runs)),
        found=counted(comparison.selection.found, "run"),
        compared=len(comparison.compared),
        has_sources=bool(sources),
        has_status=any(run.status for run in comparison.runs),
        has_took=any(run.start_time is not None is not run.end_time for run in comparison.runs),
        has_started=any(run.start_time is not None for run in comparison.runs),
        groups=tuple(counts.items()),
        columns=tuple(columns),
        rows=tuple(
            _run_row(run, show_text(sources.get(run.source, "")), tuple(cells_of[run.run_id]))
            for run in runs
        ),
        notes=_notes(comparison),
        unscripted=_unscripted(comparison),
    )


def _order(comparison: Comparison, keys: Sequence[tuple[Section, str]]) -> str:
    """Return the direction in which the leading metric orders the rows, "" where none does.

    Runs that all stand as columns, and runs in an order that was asked for, stay as they are.
    """
    are_few = len(comparison.runs) == len(comparison.compared)
    if are_few or comparison.selection.order_by or not keys:
        return ""
    rows = {row.key: row.meaning for row in comparison.sections.get(Section.METRICS, ())}
    meaning = rows.get(keys[0][1]) if keys[0][0] is Section.METRICS else None
    directions = {Direction.HIGHER: "descending", Direction.LOWER: "ascending"}
    return directions.get(meaning.direction, "") if meaning is not None else ""


def _ordered(runs: Sequence[Run], cells: Mapping[str, SelectedCell], order: str) -> Sequence[Run]:
    """Return the runs by their numbers; NaN, then missing ones stand last, as in the script."""
    sign = -1 if order == "descending" else 1

    def place(run: Run) -> tuple[int, float]:
        cell = cells.get(run.run_id)
        if cell is None or cell.number is None:
            return 2, 0.0
        return (1, 0.0) if math.isnan(cell.number) else (0, sign * cell.number)

    return sorted(runs, key=place)


def _metric_keys(
    comparison: Comparison, selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]]
) -> list[tuple[Section, str]]:
    rows = sorted(
        (
            row
            for row in comparison.sections.get(Section.METRICS, ())
            if (Section.METRICS.value, row.key) in selected
        ),
        key=metric_rank,
    )
    chosen = rows[:MOST_METRICS]
    costs = [row for row in rows if is_cost(row.key)]
    if costs and not any(row in chosen for row in costs):
        chosen[-1] = costs[0]  # what it cost belongs beside what it reached
    return [(Section.METRICS, row.key) for row in chosen]


def _param_keys(
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
) -> list[tuple[Section, str]]:
    """Return the params that tell the selected runs apart."""
    keys = []
    for (section, key), cells in selected.items():
        if section != Section.PARAMS.value:
            continue
        if len({(cell.type, cell.value) for cell in cells.values()}) > 1:
            keys.append((Section.PARAMS, key))
    return keys[:MOST_PARAMS]


def _column(
    section: Section,
    key: str,
    cells: Mapping[str, SelectedCell],
    runs: Sequence[Run],
    *,
    has_bar: bool,
) -> tuple[Column, list[RunCell]]:
    found = [cells.get(run.run_id) for run in runs]
    numbers = [None if cell is None else cell.number for cell in found]
    is_number = all(
        number is not None for cell, number in zip(found, numbers, strict=True) if cell is not None
    )
    if section is Section.METRICS:
        shown = align_decimals(format_numbers(numbers).shown)
    else:
        shown = tuple(
            shortened(text, 32)
            for text in format_typed_row(
                [("missing", "") if cell is None else (cell.type, cell.value) for cell in found]
            )
        )
    name = f"{section.value}.{key}"
    shares = _shares(numbers) if has_bar and section is Section.METRICS else [None] * len(numbers)
    column = Column(
        key=name,
        title=show_text(key) or '""',
        is_number=is_number,
    )
    built = [
        RunCell(
            column=name,
            type="missing" if cell is None else cell.type,
            value="" if cell is None else cell.value,
            shown=text,
            is_number=is_number,
            share=share,
        )
        for cell, text, share in zip(found, shown, shares, strict=True)
    ]
    return column, built


def _shares(numbers: Sequence[float | None]) -> list[int | None]:
    finite = [number for number in numbers if number is not None and math.isfinite(number)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    if high == low or not math.isfinite(high - low):
        return [None] * len(numbers)
    return [
        None
        if number is None or not math.isfinite(number)
        else 12 + round(88 * ((number - low) / (high - low)))
        for number in numbers
    ]


def source_titles(comparison: Comparison) -> Mapping[str, str]:
    """Return kind → title of the runs' sources where they are of several kinds, else nothing."""
    kinds = {run.source for run in comparison.runs}
    titles = {source.kind: source.title for source in comparison.sources}
    return {kind: titles.get(kind, kind) for kind in sorted(kinds)} if len(kinds) > 1 else {}


def _run_row(run: Run, source: str, cells: tuple[RunCell, ...]) -> RunRow:
    has_times = run.start_time is not None and run.end_time is not None
    took = (run.end_time or 0) - (run.start_time or 0) if has_times else None
    state = "" if run.state in ("complete", "", run.status) else run.state
    words = [word for word in (run.status, state) if word]
    return RunRow(
        mark=build_mark(run),
        status=show_text(", ".join(words)),
        tone="worse"
        if run.status in ("failed", "killed") or run.state in ("damaged", "conflict")
        else "",
        source=source,
        took=MISSING if took is None else format_duration(took),
        took_value="" if took is None else str(took / 1_000_000),
        started=MISSING if run.start_time is None else format_time_short(run.start_time),
        started_title="" if run.start_time is None else format_time(run.start_time),
        started_value="" if run.start_time is None else str(run.start_time),
        cells=cells,
    )


def _notes(comparison: Comparison) -> tuple[str, ...]:
    notes = []
    if comparison.selection.order_by:
        order = ", ".join(show_text(part) for part in comparison.selection.order_by)
        notes.append(f"Ordered by {order}; missing last.")
    if len(comparison.runs) > len(comparison.compared):
        notes.append(
            f"{len(comparison.compared)} of {format_count(len(comparison.runs))} runs stand as "
            "columns in the comparison below; the others are in this table and in the charts."
        )
    return tuple(notes)


def _unscripted(comparison: Comparison) -> str:
    if len(comparison.runs) <= MOST_ROWS:
        return ""
    return (
        f"Without script this page lists the first {MOST_ROWS} of "
        f"{format_count(len(comparison.runs))} runs; all of them are in its data."
    )
