"""Trends: which params go with the leading metrics over many recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.budgets import OPEN_LINES
from rundiff.comparison import Direction, Section
from rundiff.format import format_number, format_typed_row, show_key, show_text
from rundiff.frozen import dataclass
from rundiff.ranking import metric_rank
from rundiff.views.changes import joined_notes, leading_note
from rundiff.views.marks import counted, shortened

if TYPE_CHECKING:
    from rundiff.comparison import Comparison
    from rundiff.judgement import Trend


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendCell:
    """How strongly one metric goes with a param, and which way; ``tone`` is better, worse or ""."""

    strength: str
    word: str
    tone: str

    @property
    def text(self) -> str:
        """Strength and word in one line."""
        return f"{self.strength} {self.word}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendLine:
    """One param. ``cells`` stand in the order of ``Trends.metrics``; None where nothing is told."""

    key: str
    evidence: str
    cells: tuple[TrendCell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """The params with the strongest trends; the first ``shown`` stand open.

    ``note`` says what is not in it, or "".
    """

    metrics: tuple[str, ...]
    lines: tuple[TrendLine, ...]
    note: str
    shown: int = OPEN_LINES


def build_trends(comparison: Comparison) -> Trends | None:
    """Return the trends, or None where none passed its test."""
    found = comparison.judgement.trends
    if not found:
        return None
    rows = sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank)
    directions = {row.key: row.meaning.direction for row in rows if row.meaning is not None}
    told = {trend.metric for trend in found}
    metrics = [row.key for row in rows if row.key in told]
    recipes: dict[str, int] = {}
    for trend in found:
        recipes[trend.key] = max(trend.recipes, recipes.get(trend.key, 0))
    params = list(recipes)[: comparison.budgets.most_lines]
    left = f"{len(params):,} of {counted(len(recipes), 'param')} with a trend are here"
    by_place = {(trend.key, trend.metric): trend for trend in found}
    return Trends(
        metrics=tuple(shortened(show_text(metric)) for metric in metrics),
        lines=tuple(
            TrendLine(
                key=shortened(show_key(key), 64),
                evidence=counted(recipes[key], "recipe"),
                cells=tuple(
                    _cell(by_place.get((key, metric)), directions.get(metric)) for metric in metrics
                ),
            )
            for key in params
        ),
        note=joined_notes(
            left if len(params) < len(recipes) else "",
            leading_note(comparison),
        ),
    )


def _cell(trend: Trend | None, direction: Direction | None) -> TrendCell | None:
    if trend is None:
        return None
    place = _best_place(trend)
    if place:
        word = f"{'best' if direction else 'lowest'} {place}"
        return TrendCell(strength=f"{trend.share * 100:.0f} %", word=word, tone="")
    strength = f"{abs(trend.strength):.2f}"
    sign = "−" if trend.strength < 0 else "+"
    if not direction:
        word = "rises with it" if trend.strength > 0 else "falls with it"
        return TrendCell(strength=f"{sign}{strength}", word=word, tone="")
    tone = "better" if (trend.strength > 0) == (direction is Direction.HIGHER) else "worse"
    return TrendCell(strength=f"{sign}{strength}", word=f"the higher, the {tone}", tone=tone)


def _best_place(trend: Trend) -> str:
    """Say with which value, or between which numbers, a metric stands best; "" for neither."""
    if trend.best is not None:
        (best,) = format_typed_row([trend.best])
        return f"with {shortened(best, 24)}"
    if trend.between is None:
        return ""
    low, high = (format_number(float(f"{number:.2g}")) for number in trend.between)
    return f"between {low} and {high}" if low != high else f"about {low}"
