"""The first screen: the headline, what changed, what moved, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.format import format_typed_row, show_key, show_text
from rundiff.frozen import dataclass
from rundiff.ranking import is_command
from rundiff.views.headline import build_headline
from rundiff.views.marks import (
    RunMark,
    Sentence,
    Span,
    build_marks,
    counted,
    in_words,
    shortened,
)
from rundiff.views.moved import MovedPanel, build_panels
from rundiff.views.tables import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison, Problem, Row

MOST_NOTICES = 2
MOST_CHANGED = {"Parameters": 10, "Data": 6, "Code and environment": 4}


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
class Notice:
    """What was found at one place, or at several alike."""

    message: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The Overview section."""

    headline: Sentence
    remark: Sentence
    warnings: tuple[str, ...]
    problems: str
    has_errors: bool  # something is missing; otherwise there are things worth knowing
    notices: tuple[Notice, ...]
    more_notices: int
    baseline: RunMark
    changed: tuple[ChangedGroup, ...]
    panels: tuple[MovedPanel, ...]
    unmoved: Sentence  # what stands in the place of the panels where there are none
    direction_note: str
    ends: tuple[str, str]  # what left and right of the baseline mean
    has_candidates: bool


def build_overview(comparison: Comparison) -> Overview:
    """Return the Overview."""
    headline, remark = build_headline(comparison)
    panels = build_panels(comparison)
    errors = [problem for problem in comparison.problems if problem.severity == "error"]
    others = [problem for problem in comparison.problems if problem.severity != "error"]
    counts = ((len(errors), "problem"), (len(others), "notice"))
    alike: dict[str, list[Problem]] = {}
    for problem in (*errors, *others):
        alike.setdefault(problem.message, []).append(problem)
    told = list(alike.items())[:MOST_NOTICES]
    notices = tuple(
        Notice(message=show_text(message), place=_place(those)) for message, those in told
    )
    return Overview(
        headline=headline,
        remark=remark,
        warnings=tuple(show_text(warning) for warning in comparison.judgement.warnings),
        problems=", ".join(counted(count, word) for count, word in counts if count),
        has_errors=bool(errors),
        notices=notices,
        more_notices=len(comparison.problems) - sum(len(those) for _, those in told),
        baseline=build_marks(comparison)[0],
        changed=_changed_groups(comparison),
        panels=panels,
        unmoved=() if panels else _unmoved(comparison),
        direction_note=_direction_note(comparison),
        ends=("worse", "better") if _knows_direction(comparison) else ("less", "more"),
        has_candidates=len(comparison.compared) > 1,
    )


def _place(problems: Sequence[Problem]) -> str:
    """Return the file of the first, as short as names it, and how many more there are."""
    first = problems[0]
    name = shortened(show_text(first.location.rstrip("/").rpartition("/")[2]), 40)
    line = f":{first.line}" if name and first.line is not None else ""
    more = f" and {len(problems) - 1:,} more" if name and len(problems) > 1 else ""
    return f"{name}{line}{more}"


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
    if row.section is Section.DATASETS and row.key.endswith("digest"):
        return False  # shown by its first characters
    longest = max((len(cell.value) for cell in row.cells), default=0)
    return longest > 40 or is_command(row.key)


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
        key=shortened(show_key(row.key), 96),
        old=shortened(shown[0], most),
        old_title=shown[0],
        new=tuple(
            ChangedTo(marks=tuple(marks), shown=shortened(text, most), title=text)
            for text, marks in new.items()
        ),
    )


def _unmoved(comparison: Comparison) -> Sentence:
    """Say why nothing can be shown to have moved."""
    rows = comparison.sections.get(Section.METRICS, ())
    if not rows:
        end = " stand here with their distance from the baseline."
        head = "No metric was logged. Metrics logged with "
        return (Span(text=head), Span(text="log_metric", tone="code"), Span(text=end))
    if not any(row.differs for row in rows):
        which = "The one metric is" if len(rows) == 1 else f"All {in_words(len(rows))} metrics are"
        return (Span(text=f"{which} the same in every run."),)
    return (Span(text="No metric that differs is known of the baseline."),)


def _knows_direction(comparison: Comparison) -> bool:
    rows = comparison.sections.get(Section.METRICS, ())
    return any(row.meaning is not None and row.meaning.direction for row in rows if row.differs)


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
    if len(unknown) == len(meanings):
        return "Each row has its own scale. No direction is known: right is up."
    if unknown:
        notes.append("Where no direction is known, right is up.")
    return " ".join(["Each row has its own scale; better is always to the right.", *notes])
