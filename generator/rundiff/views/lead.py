"""Which metric leads, who wins it, and on which data: the facts behind the headline.

The first metric of ``rundiff.ranking`` leads. The apparent winner is the candidate with
the best value of the leading metric. Where its dataset digests differ from the baseline's, the best
candidate on equal data is named beside it, because a number measured on other data says little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.ranking import metric_rank
from rundiff.views.moves import plain_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Cell, Comparison, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The leading metric and its apparent winner; ``column`` is the winner's place in the table."""

    row: Row
    column: int
    word: str  # better, worse or equal, against the baseline
    other_data: tuple[tuple[str, str, str], ...]  # (key, winner's value, baseline's value)
    same_data_column: int | None  # best candidate on the baseline's data, where the winner is not


def find_lead(comparison: Comparison) -> Lead | None:
    """Return what the headline is about; None where no metric has a direction and a delta."""
    rows = [row for row in comparison.sections.get(Section.METRICS, ()) if _can_lead(row)]
    if not rows:
        return None
    row = min(rows, key=metric_rank)
    columns = [index for index, cell in enumerate(row.cells) if index and _is_finite(cell)]
    winner = _best(row, columns)
    other = data_differences(comparison, winner)
    same = [index for index in columns if not data_differences(comparison, index)]
    return Lead(
        row=row,
        column=winner,
        word=plain_word(row, row.cells[winner].delta)[0],
        other_data=other,
        same_data_column=_best(row, same) if other and same else None,
    )


def data_differences(comparison: Comparison, column: int) -> tuple[tuple[str, str, str], ...]:
    """Return the dataset digests in which a column differs from the baseline."""
    found = []
    for row in comparison.sections.get(Section.DATASETS, ()):
        base, cell = row.cells[0], row.cells[column]
        is_digest = row.key.rsplit(".", 1)[-1].rsplit(" ", 1)[-1] == "digest"
        if is_digest and base.is_present and cell.is_present and cell.differs:
            found.append((row.key, cell.value, base.value))
    return tuple(found)


def words_of(comparison: Comparison, column: int) -> dict[str, list[Row]]:
    """Return the metrics of one candidate by their plain word: better, worse, equal."""
    found: dict[str, list[Row]] = {"better": [], "worse": [], "equal": []}
    for row in comparison.sections.get(Section.METRICS, ()):
        word = plain_word(row, row.cells[column].delta)[0]
        if word:
            found[word].append(row)
    return found


def _can_lead(row: Row) -> bool:
    has_direction = row.meaning is not None and row.meaning.direction is not Direction.UNKNOWN
    return has_direction and _is_finite(row.cells[0]) and any(map(_is_finite, row.cells[1:]))


def _is_finite(cell: Cell) -> bool:
    return cell.is_present and cell.number is not None and math.isfinite(cell.number)


def _best(row: Row, columns: Sequence[int]) -> int:
    is_higher = row.meaning is not None and row.meaning.direction is Direction.HIGHER
    sign = -1.0 if is_higher else 1.0
    return min(columns, key=lambda index: (sign * (row.cells[index].number or 0.0), index))
