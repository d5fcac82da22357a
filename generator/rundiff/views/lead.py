"""Which metric leads, who wins it, and on which data: the facts behind the headline.

The first metric of ``rundiff.ranking`` leads. Candidates are recipes: five seeds are one candidate
with the mean of the five, because the best of them is luck as much as merit. What is better or
worse is the verdict's word wherever there is a verdict, so that the headline never says more than
the tables. The apparent winner is the candidate with the best value of the leading metric among
those that the verdict does not doubt. Where its dataset digests differ from the baseline's, the
best candidate on equal data is named beside it: a number measured on other data says little.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section, VerdictKind
from rundiff.frozen import dataclass
from rundiff.ranking import metric_rank
from rundiff.views.moves import plain_word
from rundiff.views.recipes import build_columns, delta_of, recipe_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison, Row
    from rundiff.judgement import Verdict
    from rundiff.views.recipes import RecipeColumn


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One metric of one candidate against the baseline. ``word``: a verdict's, equal or ""."""

    row: Row
    column: RecipeColumn
    word: str
    value: float | None
    delta: float | None
    relative: float | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The leading metric and its apparent winner."""

    best: Standing
    other_data: tuple[tuple[str, str, str], ...]  # (key, winner's value, baseline's value)
    same_data: Standing | None  # best candidate on the baseline's data, where the winner is not

    @property
    def place(self) -> int:
        """The winner's place among the compared runs: the first of its recipe."""
        return self.best.column.places[0]


def find_lead(comparison: Comparison) -> Lead | None:
    """Return what the headline is about; None where no metric has a direction and a delta."""
    columns = build_columns(comparison)
    rows = [row for row in comparison.sections.get(Section.METRICS, ()) if _can_lead(row, columns)]
    if not rows:
        return None
    row = min(rows, key=metric_rank)
    found = [_standing(comparison, row, columns[0], column) for column in columns[1:]]
    standings = [standing for standing in found if _is_finite(standing.value)]
    best = _best(standings)
    other = data_differences(comparison, best.column)
    same = [one for one in standings if not data_differences(comparison, one.column)]
    return Lead(best=best, other_data=other, same_data=_best(same) if other and same else None)


def data_differences(
    comparison: Comparison, column: RecipeColumn
) -> tuple[tuple[str, str, str], ...]:
    """Return the dataset digests in which a candidate differs from the baseline."""
    found = []
    for row in comparison.sections.get(Section.DATASETS, ()):
        base, cell = row.cells[0], row.cells[column.places[0]]
        is_digest = row.key.rsplit(".", 1)[-1].rsplit(" ", 1)[-1] == "digest"
        if is_digest and base.is_present and cell.is_present and cell.differs:
            found.append((row.key, cell.value, base.value))
    return tuple(found)


def words_of(comparison: Comparison, column: RecipeColumn) -> dict[str, list[Standing]]:
    """Return the metrics of one candidate by their word; those without a word are left out."""
    base = build_columns(comparison)[0]
    found: dict[str, list[Standing]] = {}
    for row in sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank):
        standing = _standing(comparison, row, base, column)
        if standing.word:
            found.setdefault(standing.word, []).append(standing)
    return found


def _standing(
    comparison: Comparison, row: Row, base: RecipeColumn, column: RecipeColumn
) -> Standing:
    before, after = recipe_number(row, base), recipe_number(row, column)
    delta = delta_of(before, after)
    verdict = comparison.verdicts.get((row.key, column.run_id))
    word = plain_word(row, delta)[0]
    if verdict is not None and word:
        word = verdict.kind.value
    return Standing(
        row=row,
        column=column,
        word=word,
        value=after,
        delta=delta,
        relative=delta / abs(before) if delta is not None and before else None,
        verdict=verdict,
    )


def _can_lead(row: Row, columns: Sequence[RecipeColumn]) -> bool:
    has_direction = row.meaning is not None and row.meaning.direction is not Direction.UNKNOWN
    numbers = [recipe_number(row, column) for column in columns]
    return has_direction and _is_finite(numbers[0]) and any(map(_is_finite, numbers[1:]))


def _is_finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def _best(standings: Sequence[Standing]) -> Standing:
    """Return the best value, before it those that are doubted: they win nothing.

    Where some were tested, a single run that is better by tolerance is doubted as well: it does not
    win over replicates that show more and were found inconclusive.
    """
    meaning = standings[0].row.meaning
    sign = -1.0 if meaning is not None and meaning.direction is Direction.HIGHER else 1.0
    is_tested = any(one.verdict and not one.verdict.by_tolerance for one in standings)
    doubted = [
        one.word in (VerdictKind.INCONCLUSIVE.value, VerdictKind.EQUIVALENT.value)
        or (is_tested and one.verdict is not None and one.verdict.by_tolerance)
        for one in standings
    ]
    has_winner = any(
        one.word == VerdictKind.BETTER and not doubt
        for one, doubt in zip(standings, doubted, strict=True)
    )
    ranked = zip(standings, doubted, strict=True)
    return min(ranked, key=lambda pair: (has_winner and pair[1], sign * (pair[0].value or 0.0)))[0]
