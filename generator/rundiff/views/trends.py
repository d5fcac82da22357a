"""Trends: which params go with the leading metrics over many recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.format import format_typed_row, show_text
from rundiff.frozen import dataclass
from rundiff.ranking import metric_rank
from rundiff.views.marks import counted, shortened

if TYPE_CHECKING:
    from rundiff.comparison import Comparison
    from rundiff.judgement import Trend

MOST_PARAMS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendCell:
    """How strongly one metric goes with a param, and which way; ``tone`` is better, worse or ""."""

    strength: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendLine:
    """One param. ``cells`` stand in the order of ``Trends.metrics``; None where nothing is told."""

    key: str
    evidence: str
    cells: tuple[TrendCell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """The params with the strongest trends."""

    metrics: tuple[str, ...]
    lines: tuple[TrendLine, ...]


def build_trends(comparison: Comparison) -> Trends | None:
    """Return the trends, or None where none passed its test."""
    found = comparison.judgement.trends
    if not found:
        return None
    rows = sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank)
    directions = {row.key: row.meaning.direction for row in rows if row.meaning is not None}
    told = {trend.metric for trend in found}
    metrics = [row.key for row in rows if row.key in told]
    params = list(dict.fromkeys(trend.key for trend in found))[:MOST_PARAMS]
    by_place = {(trend.key, trend.metric): trend for trend in found}
    return Trends(
        metrics=tuple(shortened(show_text(metric)) for metric in metrics),
        lines=tuple(
            TrendLine(
                key=shortened(show_text(key), 64),
                evidence=counted(
                    max(trend.recipes for trend in found if trend.key == key), "recipe"
                ),
                cells=tuple(
                    _cell(by_place.get((key, metric)), directions.get(metric)) for metric in metrics
                ),
            )
            for key in params
        ),
    )


def _cell(trend: Trend | None, direction: Direction | None) -> TrendCell | None:
    if trend is None:
        return None
    if trend.best is not None:
        (best,) = format_typed_row([trend.best])
        return TrendCell(
            strength=f"{trend.strength * 100:.0f} %",
            word=f"{'best' if direction else 'lowest'} with {shortened(best, 24)}",
            tone="",
        )
    strength = f"{abs(trend.strength):.2f}"
    sign = "−" if trend.strength < 0 else "+"
    if not direction:
        word = "rises with it" if trend.strength > 0 else "falls with it"
        return TrendCell(strength=f"{sign}{strength}", word=word, tone="")
    tone = "better" if (trend.strength > 0) == (direction is Direction.HIGHER) else "worse"
    return TrendCell(strength=f"{sign}{strength}", word=f"the higher, the {tone}", tone=tone)
