"""The words under a number: delta, relative change, arrow and verdict.

One function says them for the whole page, so that tables, Overview and charts cannot disagree.
Where ``comparison.verdicts`` knows the pair, its kind is the word and its reason the title;
otherwise the word is the plain direction of the delta, and only where the metric has one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, VerdictKind
from rundiff.format import format_delta, format_relative, show_text
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from rundiff.comparison import Cell, Comparison, Row, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What happened to one metric of one candidate. ``tone``: better, worse or ""."""

    delta: str
    relative: str
    arrow: str
    word: str
    tone: str
    reason: str
    is_struck: bool


def build_move(
    comparison: Comparison, row: Row, *, cell: Cell, run: Run, decimals: int | None
) -> Move | None:
    """Return the line under a candidate's number; None for the baseline and what has no delta."""
    if run.color == 0 or not cell.is_present:
        return None
    verdict = comparison.verdicts.get((row.key, run.run_id))
    if cell.delta is None and verdict is None:
        return None
    word, tone = plain_word(row, cell.delta)
    reason, is_struck = "", False
    if verdict is not None:
        is_moot = verdict.by_tolerance and verdict.direction is Direction.UNKNOWN
        word = "" if is_moot and verdict.kind is VerdictKind.INCONCLUSIVE else verdict.kind.value
        tone = word if verdict.kind in (VerdictKind.BETTER, VerdictKind.WORSE) else ""
        is_plain = verdict.by_tolerance and verdict.kind in (VerdictKind.BETTER, VerdictKind.WORSE)
        reason = "" if is_plain or not word else show_text(verdict.reason)
        is_struck = verdict.kind is VerdictKind.INCOMPARABLE
        if verdict.is_replicate:  # of the baseline: nothing to be better or worse
            word, tone, reason, is_struck = "replicate", "", show_text(verdict.reason), False
    delta = cell.delta
    return Move(
        delta=format_delta(delta, decimals),
        relative="" if is_struck else format_relative(cell.relative_change),
        arrow=arrow_of(delta) if tone else "",
        word=word,
        tone=tone,
        reason=reason,
        is_struck=is_struck,
    )


def arrow_of(delta: float | None) -> str:
    """Return ↑, ↓ or nothing."""
    if delta is None or math.isnan(delta) or delta == 0:
        return ""
    return "↑" if delta > 0 else "↓"


def plain_word(row: Row, delta: float | None) -> tuple[str, str]:
    """Return word and tone of a delta by the metric's direction alone."""
    direction = row.meaning.direction if row.meaning else Direction.UNKNOWN
    if delta is None or math.isnan(delta):
        return "", ""
    if delta == 0:
        return "equal", ""
    if direction is Direction.UNKNOWN:
        return "", ""
    word = "better" if (delta > 0) == (direction is Direction.HIGHER) else "worse"
    return word, word
