"""The first screen: the headline, what changed, what moved, and what could not be read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.format import align_decimals, format_numbers, format_typed_row, show_text
from rundiff.ranking import metric_rank
from rundiff.views.headline import build_headline
from rundiff.views.lead import find_lead
from rundiff.views.marks import RunMark, Sentence, build_marks, counted, shortened
from rundiff.views.moves import Move, build_move
from rundiff.views.tables import kind_of

if TYPE_CHECKING:
    from rundiff.comparison import Comparison, Row

MOST_CHANGED = {"Parameters": 10, "Data": 6, "Code and environment": 4}
MOST_MOVED = 8
MOST_PANELS = 6  # beyond six runs "What moved" shows one of them, the others as marks
_COMMAND = re.compile(r"(^|\.)(command|command_line|argv|cmdline)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedTo:
    """One new value and the runs that have it."""

    marks: tuple[RunMark, ...]
    shown: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One key that differs: the baseline's value and what it became."""

    key: str
    old: str
    old_title: str
    new: tuple[ChangedTo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedGroup:
    """The differing keys of one section; ``more`` of them stand only in the section itself."""

    title: str
    section: str
    section_title: str
    count: int
    rows: tuple[Changed, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One metric of one candidate. ``places``: (compared run, −1 … 1, better to the right)."""

    key: str
    unit: str
    baseline: str
    value: str
    move: Move | None
    places: tuple[tuple[int, float], ...]
    column: int
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPanel:
    """All metrics of one candidate."""

    mark: RunMark
    others: tuple[RunMark, ...]
    rows: tuple[Moved, ...]
    more: int
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One problem line."""

    message: str
    place: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The Overview section."""

    headline: Sentence
    remark: Sentence
    warnings: tuple[str, ...]
    problems: str
    notices: tuple[Notice, ...]
    more_notices: int
    baseline: RunMark
    changed: tuple[ChangedGroup, ...]
    panels: tuple[MovedPanel, ...]
    direction_note: str
    has_candidates: bool


def build_overview(comparison: Comparison) -> Overview:
    """Return the Overview."""
    headline, remark = build_headline(comparison)
    notices = tuple(
        Notice(
            message=show_text(problem.message),
            place=show_text(problem.location)
            + (f":{problem.line}" if problem.line is not None else ""),
            severity=problem.severity,
        )
        for problem in comparison.problems[:2]
    )
    return Overview(
        headline=headline,
        remark=remark,
        warnings=tuple(show_text(warning) for warning in comparison.judgement.warnings),
        problems=counted(len(comparison.problems), "problem") if comparison.problems else "",
        notices=notices,
        more_notices=len(comparison.problems) - len(notices),
        baseline=build_marks(comparison)[0],
        changed=_changed_groups(comparison),
        panels=_panels(comparison),
        direction_note=_direction_note(comparison),
        has_candidates=len(comparison.compared) > 1,
    )


def _changed_groups(comparison: Comparison) -> tuple[ChangedGroup, ...]:
    groups = []
    for title, section, section_title in (
        ("Parameters", Section.PARAMS, "Parameters"),
        ("Data", Section.DATASETS, "Datasets"),
        ("Code and environment", Section.ENVIRONMENT, "Environment"),
    ):
        rows = [row for row in comparison.sections.get(section, ()) if row.differs]
        rows.sort(key=_is_long)
        if not rows:
            continue
        most = MOST_CHANGED[title]
        short = [row for row in rows if not _is_long(row)] or rows[:2]
        shown = rows if len(rows) <= most and len(short) == len(rows) else short[: most - 1]
        groups.append(
            ChangedGroup(
                title=title,
                section=section.value,
                section_title=section_title,
                count=len(rows),
                rows=tuple(_changed(comparison, row) for row in shown),
                more=len(rows) - len(shown),
            )
        )
    return tuple(groups)


def _is_long(row: Row) -> bool:
    """Tell whether a row is a command line or the like: its section tells it apart better."""
    longest = max((len(cell.value) for cell in row.cells), default=0)
    return longest > 40 or _COMMAND.search(row.key) is not None


def _changed(comparison: Comparison, row: Row) -> Changed:
    shown = format_typed_row([(kind_of(cell), cell.value) for cell in row.cells])
    marks = build_marks(comparison)
    new: dict[str, list[RunMark]] = {}
    for mark, cell, text in zip(marks[1:], row.cells[1:], shown[1:], strict=True):
        if cell.differs:
            new.setdefault(text, []).append(mark)
    # Texts that are told apart only by their middle keep it.
    short = [shortened(text, 40) for text in new]
    is_clear = len(set(short)) == len(short) and shortened(shown[0], 40) not in short
    most = 40 if is_clear else 400
    return Changed(
        key=show_text(row.key),
        old=shortened(shown[0], most),
        old_title=shown[0],
        new=tuple(
            ChangedTo(marks=tuple(marks), shown=shortened(text, most), title=text)
            for text, marks in new.items()
        ),
    )


def _panels(comparison: Comparison) -> tuple[MovedPanel, ...]:
    rows = [
        row
        for row in comparison.sections.get(Section.METRICS, ())
        if row.differs and row.cells[0].is_present
    ]
    rows.sort(key=metric_rank)
    if len(comparison.compared) < 2 or not rows:
        return ()
    lead = find_lead(comparison)
    winner = lead.column if lead else 1
    columns = range(1, len(comparison.compared))
    if len(comparison.compared) > MOST_PANELS:
        columns = range(winner, winner + 1)
    marks = build_marks(comparison)
    return tuple(
        MovedPanel(
            mark=marks[column],
            others=tuple(mark for mark in marks[1:] if mark is not marks[column]),
            rows=_aligned(
                [_moved(comparison, row, column) for row in _present(rows, column)[:MOST_MOVED]]
            ),
            more=max(len(_present(rows, column)) - MOST_MOVED, 0),
            is_shown=column == winner,
        )
        for column in columns
    )


def _present(rows: list[Row], column: int) -> list[Row]:
    return [row for row in rows if row.cells[column].is_present]


def _moved(comparison: Comparison, row: Row, column: int) -> Moved:
    numbers = [cell.number if cell.is_present else None for cell in row.cells]
    shown = format_numbers(numbers, baseline=0)
    run, cell = comparison.compared[column], row.cells[column]
    move = build_move(comparison, row, cell=cell, run=run, decimals=shown.decimals)
    return Moved(
        key=show_text(row.key),
        unit=show_text(row.meaning.unit) if row.meaning else "",
        baseline=shown.shown[0],
        value=shown.shown[column],
        move=move,
        places=_places(row),
        column=column,
        tone=move.tone if move else "",
    )


def _aligned(rows: list[Moved]) -> tuple[Moved, ...]:
    """Align baselines, values and deltas on their decimal points."""
    baselines = align_decimals([row.baseline for row in rows])
    values = align_decimals([row.value for row in rows])
    deltas = align_decimals([row.move.delta if row.move else "" for row in rows])
    return tuple(
        replace(
            row,
            baseline=baseline,
            value=value,
            move=replace(row.move, delta=delta) if row.move else None,
        )
        for row, baseline, value, delta in zip(rows, baselines, values, deltas, strict=True)
    )


def _places(row: Row) -> tuple[tuple[int, float], ...]:
    """Return where the candidates stand; each row has its own scale."""
    is_lower = row.meaning is not None and row.meaning.direction is Direction.LOWER
    sign = -1.0 if is_lower else 1.0
    deltas = [
        (index, sign * cell.delta)
        for index, cell in enumerate(row.cells)
        if index and cell.delta is not None and math.isfinite(cell.delta)
    ]
    largest = max((abs(delta) for _, delta in deltas), default=0.0) or 1.0
    return tuple((index, delta / largest) for index, delta in deltas)


def _direction_note(comparison: Comparison) -> str:
    meanings = [
        row.meaning
        for row in comparison.sections.get(Section.METRICS, ())
        if row.meaning is not None and row.differs
    ]
    guessed = [meaning for meaning in meanings if meaning.direction_origin == "name"]
    unknown = [meaning for meaning in meanings if meaning.direction is Direction.UNKNOWN]
    notes = []
    if guessed:
        all_of = len(guessed) == len(meanings)
        notes.append("Direction guessed from the names." if all_of else "Some directions guessed.")
    if unknown:
        notes.append("Where no direction is known, right is up.")
    return " ".join(notes)
