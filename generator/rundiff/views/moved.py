"""What moved: the metrics of each candidate beside the baseline's, with bars.

A candidate is a recipe: where runs repeat each other, the means of its runs and of the
baseline's stand here, as in the headline and in a summary. The comparison tables show every run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.format import format_numbers, show_key, show_text
from rundiff.frozen import dataclass
from rundiff.ranking import metric_rank
from rundiff.views.lead import find_lead
from rundiff.views.marks import LONGEST_NAME, RunMark, build_marks, shortened
from rundiff.views.moves import Move, build_move
from rundiff.views.recipes import delta_of, moving_columns, recipe_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison, Row
    from rundiff.views.recipes import RecipeColumn

MOST_MOVED = 8
WIDEST = 9  # characters of a number: bytes and steps with all of their digits leave no room
MOST_OF_KEY = 36  # characters: three lines beside the bar
MOST_PANELS = 6  # beyond six candidates one of them is shown, the others as marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One metric of one candidate. ``places``: (compared run, −1 … 1, better to the right)."""

    key: str
    title: str  # the whole key, "" where it is shown
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
    means: str  # of how many runs the numbers are means; "" where they are not


def _present(rows: Sequence[Row], column: RecipeColumn) -> list[Row]:
    return [row for row in rows if recipe_number(row, column) is not None]


def build_panels(comparison: Comparison) -> tuple[MovedPanel, ...]:
    """Return a panel for each candidate: a recipe stands with the mean of its runs."""
    columns = moving_columns(comparison)
    rows = [
        row
        for row in comparison.sections.get(Section.METRICS, ())
        if row.differs and recipe_number(row, columns[0]) is not None
    ]
    rows.sort(key=metric_rank)
    if len(columns) < 2 or not rows:
        return ()
    lead = find_lead(comparison)
    # Without a winner: the first of which anything is known here.
    first = next((one for one in columns[1:] if _present(rows, one)), columns[1])
    winner = lead.place if lead else first.places[0]
    marks = build_marks(comparison)
    own = {
        column.places[0]: replace(
            marks[column.places[0]],
            label=shortened(show_text(column.label), 40),
            name=_panel_title(column),
        )
        for column in columns
    }
    panels = []
    for column in columns[1:]:
        place = column.places[0]
        if len(columns) > MOST_PANELS and place != winner:
            continue
        present = _present(rows, column)
        panels.append(
            MovedPanel(
                mark=own[place],
                others=tuple(own[one.places[0]] for one in columns[1:] if one is not column),
                rows=tuple(
                    _moved(comparison, row, columns, column) for row in present[:MOST_MOVED]
                ),
                more=max(len(present) - MOST_MOVED, 0),
                is_shown=place == winner,
                means=_means_note(columns[0], column),
            )
        )
    return tuple(panels)


def _panel_title(column: RecipeColumn) -> str:
    if column.count < 2:
        return shortened(show_text(column.name), LONGEST_NAME)
    return f"{show_text(column.label)}: mean of {column.count:,} runs"


def _means_note(base: RecipeColumn, column: RecipeColumn) -> str:
    """Say of how many runs the numbers are means; "" where they are not."""
    if base.count < 2 and column.count < 2:
        return ""
    counts = [f"{one.count:,}" if one.count > 1 else "one run" for one in (base, column)]
    return f"Means of replicates: baseline {counts[0]}, candidate {counts[1]}."


def _moved(
    comparison: Comparison, row: Row, columns: Sequence[RecipeColumn], column: RecipeColumn
) -> Moved:
    numbers = [recipe_number(row, one) for one in columns]
    place, index = column.places[0], columns.index(column)
    shown = format_numbers(numbers, baseline=0)
    texts = shown.shown[0], shown.shown[index]
    if max(map(len, texts)) > WIDEST:  # the digits that tell apart runs that are not shown here
        shown = format_numbers((numbers[0], numbers[index]), baseline=0, widest=WIDEST)
        texts = shown.shown[0], shown.shown[1]
    delta = delta_of(numbers[0], numbers[index])
    relative = delta / abs(numbers[0]) if delta is not None and numbers[0] else None
    cell = replace(row.cells[place], delta=delta, relative_change=relative)
    run = comparison.compared[place]
    move = build_move(comparison, row, cell=cell, run=run, decimals=shown.decimals)
    return Moved(
        key=shortened(show_key(row.key), MOST_OF_KEY),
        title=show_text(row.key) if len(row.key) > MOST_OF_KEY else "",
        unit=show_text(row.meaning.unit) if row.meaning else "",
        baseline=texts[0],
        value=texts[1],
        move=move,
        places=_places(row, columns),
        column=place,
        tone=move.tone if move else "",
    )


def _places(row: Row, columns: Sequence[RecipeColumn]) -> tuple[tuple[int, float], ...]:
    """Return where the candidates stand; each row has its own scale."""
    is_lower = row.meaning is not None and row.meaning.direction is Direction.LOWER
    sign = -1.0 if is_lower else 1.0
    base = recipe_number(row, columns[0])
    found = [(one.places[0], delta_of(base, recipe_number(row, one))) for one in columns[1:]]
    deltas = [(place, sign * delta) for place, delta in found if delta is not None]
    largest = max((abs(delta) for _, delta in deltas), default=0.0) or 1.0
    return tuple((place, delta / largest) for place, delta in deltas)
