"""The comparison tables: one row per key, one column per compared run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.budgets import MOST_REASONS
from rundiff.comparison import Direction, Section
from rundiff.format import (
    format_exact,
    format_numbers,
    format_time,
    format_time_short,
    format_typed_row,
    show_key,
    show_text,
)
from rundiff.frozen import dataclass
from rundiff.ranking import is_command, metric_rank
from rundiff.views.folding import Piece, fold_texts
from rundiff.views.marks import RunMark, build_mark, counted, head_name, shortened
from rundiff.views.moves import Move, build_move
from rundiff.views.reasons import Reason, build_reasons
from rundiff.views.shown import SECTION_TITLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Cell, Comparison, Row, Run

_DIRECTION_WORDS = {Direction.HIGHER: "↑ higher is better", Direction.LOWER: "↓ lower is better"}
LONGEST_SHOWN = 2_000  # characters of one value; the rest is in data-value


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column head."""

    mark: RunMark
    name: str
    status: str  # "" where finished
    started: str
    started_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """One value of one run. ``type`` and ``value`` are exact; ``shown`` is for people."""

    run_id: str
    type: str
    value: str
    shown: str
    pieces: tuple[Piece, ...]  # where the value is long and its differing part is marked
    title: str  # the whole value, where ``shown`` is the beginning of a digest
    note: str  # best, worst or ""
    move: Move | None
    is_baseline: bool
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One key. ``hint`` stands under it: direction and unit of a metric, or a rule that decided."""

    key: str
    shown_key: str
    hint: str
    hint_title: str
    differs: bool
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One comparison section; rows that differ come first."""

    section: str
    title: str
    heads: tuple[Head, ...]
    differing: tuple[TableRow, ...]
    identical: tuple[TableRow, ...]
    identical_keys: str
    is_compared: bool  # with one run there is nothing to fold
    is_first: bool
    has_numbers: bool
    note: str
    reasons: tuple[Reason, ...]
    more_reasons: int


def build_tables(comparison: Comparison, left_rows: Mapping[Section, int]) -> tuple[Table, ...]:
    """Return the sections that hold anything, in the order of the page.

    ``left_rows``: how many rows of each section the page has no room for.
    """
    heads = tuple(_head(run) for run in comparison.compared)
    tables: list[Table] = []
    for section in Section:
        rows = comparison.sections.get(section, ())
        if not rows:
            continue
        if section is Section.METRICS:
            rows = tuple(sorted(rows, key=metric_rank))
        else:
            rows = tuple(sorted(rows, key=lambda row: is_command(row.key)))
        built = [_row(comparison, row) for row in rows]
        is_compared = len(heads) > 1
        reasons = build_reasons(comparison, rows) if section is Section.METRICS else ()
        identical = tuple(row for row in built if is_compared and not row.differs)
        tables.append(
            Table(
                section=section.value,
                title=SECTION_TITLES[section],
                heads=heads,
                differing=tuple(row for row in built if row.differs or not is_compared),
                is_compared=is_compared,
                identical=identical,
                identical_keys=_key_list([row.shown_key for row in identical]),
                is_first=not tables,
                has_numbers=section is Section.METRICS,
                note=_note(comparison, section, left_rows.get(section, 0)),
                reasons=reasons[:MOST_REASONS],
                more_reasons=len(reasons[MOST_REASONS:]),
            )
        )
    return tuple(tables)


def _note(comparison: Comparison, section: Section, beyond: int) -> str:
    left_out = (
        f"{counted(beyond, 'more row')} {'is' if beyond == 1 else 'are'} left out; "
        "About this report names the command that brings them back."
        if beyond
        else ""
    )
    return left_out or (_verdict_note(comparison) if section is Section.METRICS else "")


def _verdict_note(comparison: Comparison) -> str:
    """Say how sure the words under the numbers are."""
    verdicts = comparison.verdicts.values()
    if not verdicts:
        return ""
    if all(verdict.by_tolerance for verdict in verdicts):
        several = any(max(one.baseline.n, one.candidate.n) > 1 for one in verdicts)
        return (
            f"{'Too few runs repeat each other' if several else 'One run is set against one run'}: "
            "better and worse are by tolerance, without statistics. Repeat runs with other seeds "
            "to learn how sure they are."
        )
    return ""


def _head(run: Run) -> Head:
    return Head(
        mark=build_mark(run),
        name=head_name(run),
        status="" if run.status in ("finished", "") else show_text(run.status),
        started="" if run.start_time is None else format_time_short(run.start_time),
        started_title="" if run.start_time is None else format_time(run.start_time),
    )


def _key_list(keys: list[str], most: int = 7) -> str:
    listed = ", ".join(shortened(key, 32) for key in keys[:most])
    return f"{listed} and {len(keys) - most} more" if len(keys) > most else listed


def _row(comparison: Comparison, row: Row) -> TableRow:
    if row.section is Section.METRICS:
        cells = _number_cells(comparison, row)
    else:
        cells = _typed_cells(comparison, row)
    hint, title = _hint(row)
    return TableRow(
        key=row.key,
        shown_key=show_key(row.key),
        hint=hint,
        hint_title=title,
        differs=row.differs,
        cells=cells,
    )


def _hint(row: Row) -> tuple[str, str]:
    if row.meaning is None:
        texts = {cell.value for cell in row.cells if cell.is_present}
        if row.is_numeric_text and not row.differs and len(texts) > 1:
            return "equal as numbers", "Every value is numeric text; they were compared as numbers."
        return "", ""
    meaning = row.meaning
    words = [_DIRECTION_WORDS[meaning.direction]] if meaning.direction else []
    if meaning.unit:
        words.append(show_text(meaning.unit))
    if meaning.tolerance:
        words.append(f"± {show_text(meaning.tolerance)}")
    origin = {"": "No direction is known.", "name": "Direction guessed from the name."}
    return " · ".join(words), origin.get(
        meaning.direction_origin, f"Direction from: {meaning.direction_origin}."
    )


def _number_cells(comparison: Comparison, row: Row) -> tuple[TableCell, ...]:
    numbers = [cell.number if cell.is_present else None for cell in row.cells]
    shown = format_numbers(numbers, baseline=0)
    has_extremes = len(row.cells) > 2  # of two, the verdict says it
    return tuple(
        TableCell(
            run_id=run.run_id,
            type=kind_of(cell),
            value=cell.value,
            shown=format_exact(cell.value, text),
            pieces=(),
            title="",
            note=_extreme(cell) if has_extremes else "",
            move=build_move(comparison, row, cell=cell, run=run, decimals=shown.decimals),
            is_baseline=run.color == 0,
            differs=cell.differs,
        )
        for run, cell, text in zip(comparison.compared, row.cells, shown.shown, strict=True)
    )


def _extreme(cell: Cell) -> str:
    return "best" if cell.is_best else "worst" if cell.is_worst else ""


def _typed_cells(comparison: Comparison, row: Row) -> tuple[TableCell, ...]:
    shown = format_typed_row([(kind_of(cell), cell.value) for cell in row.cells])
    texts = [
        cell.value if cell.type in ("text", "dict", "list") and cell.value else None
        for cell in row.cells
    ]
    is_short = [_is_shortened(cell, text) for cell, text in zip(row.cells, shown, strict=True)]
    folded = fold_texts(texts) if row.differs and not any(is_short) else None
    clipped = _clipped(shown)
    return tuple(
        TableCell(
            run_id=run.run_id,
            type=kind_of(cell),
            value=cell.value,
            shown=text,
            pieces=folded[index] if folded and len(cell.value) <= LONGEST_SHOWN else (),
            title=show_text(cell.value) if is_short[index] else "",
            note="",
            move=None,
            is_baseline=run.color == 0,
            differs=cell.differs,
        )
        for index, (run, cell, text) in enumerate(
            zip(comparison.compared, row.cells, clipped, strict=True)
        )
    )


def _is_shortened(cell: Cell, shown: str) -> bool:
    return cell.is_present and len(shown) < len(cell.value) and shown in cell.value


def kind_of(cell: Cell) -> str:
    """Return the type of a cell, ``missing`` where there is none."""
    return cell.type if cell.is_present else "missing"


def _clipped(texts: Sequence[str]) -> tuple[str, ...]:
    """Return a row's texts by their beginnings; unequal ones that begin alike are numbered."""
    alike: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        if len(text) > LONGEST_SHOWN:
            alike.setdefault(text[:LONGEST_SHOWN], []).append(text)

    def clip(text: str) -> str:
        if len(text) <= LONGEST_SHOWN:
            return text
        beginning = text[:LONGEST_SHOWN]
        same = alike[beginning]
        which = f", {same.index(text) + 1} of {len(same)} that begin alike" if same[1:] else ""
        return f"{beginning}… ({len(text):,} characters{which})"

    return tuple(map(clip, texts))
