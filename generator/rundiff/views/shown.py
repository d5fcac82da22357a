"""One row of a comparison as plain text: what the terminal, Markdown and LaTeX print of it.

The page has its own, richer view; both take every digit from ``format``, so they agree.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section, VerdictKind
from rundiff.format import (
    format_delta,
    format_exact,
    format_numbers,
    format_relative,
    format_typed_row,
    show_text,
)
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison, Row
    from rundiff.judgement import Verdict

SECTION_TITLES = {
    Section.PARAMS: "Parameters",
    Section.METRICS: "Metrics",
    Section.TAGS: "Tags",
    Section.DATASETS: "Datasets",
    Section.ARTIFACTS: "Artifacts",
    Section.ENVIRONMENT: "Environment",
}
EMPTY_NAME = "(empty name)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """One cell. ``delta`` and ``relative`` are "" for the baseline and where there is none."""

    text: str
    delta: str
    relative: str
    verdict: str  # "better", "worse, by tolerance", … or ""
    is_best: bool
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """One key with its cells in the order of ``Comparison.compared``."""

    key: str
    cells: tuple[ShownCell, ...]
    differs: bool


def show_name(name: str) -> str:
    """Return a key or run name as it is shown; an empty one is said in words."""
    return show_text(name) if name else EMPTY_NAME


def elide_apart(texts: Sequence[str], length: int) -> tuple[str, ...]:
    """Return texts of at most ``length`` characters, shortened in the middle.

    Unequal texts that would look the same carry a digest of the whole text instead of their end.
    """
    short = [_elide(text, length) for text in texts]
    wholes = Counter(shown for shown, _ in set(zip(short, texts, strict=True)))
    return tuple(
        shown if wholes[shown] == 1 else f"{text[: length - 10]}…#{_digest(text)}"
        for shown, text in zip(short, texts, strict=True)
    )


def _elide(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = (length - 1) // 2
    return f"{text[:head]}…{text[-(length - 1 - head) :]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def build_shown_row(row: Row, comparison: Comparison) -> ShownRow:
    """Return the row as text, with the verdict words of the comparison."""
    decimals: int | None = None
    if row.section is Section.METRICS:
        numbers = format_numbers([cell.number for cell in row.cells], baseline=0)
        values = [cell.value for cell in row.cells]
        texts, decimals = tuple(map(format_exact, values, numbers.shown)), numbers.decimals
    else:
        texts = format_typed_row(
            [(cell.type if cell.is_present else "missing", cell.value) for cell in row.cells]
        )
    cells = []
    for index, (run, cell, text) in enumerate(
        zip(comparison.compared, row.cells, texts, strict=True)
    ):
        has_delta = index > 0 and row.section is Section.METRICS
        verdict = comparison.verdicts.get((row.key, run.run_id)) if has_delta else None
        cells.append(
            ShownCell(
                text=text,
                delta=format_delta(cell.delta, decimals) if has_delta else "",
                relative=format_relative(cell.relative_change) if has_delta else "",
                verdict=verdict_words(verdict),
                is_best=cell.is_best,
                differs=cell.differs,
            )
        )
    return ShownRow(key=show_name(row.key), cells=tuple(cells), differs=row.differs)


def verdict_words(verdict: Verdict | None) -> str:
    """Return the verdict as a reader sees it; "" where nothing can be said."""
    if verdict is None:
        return ""
    if verdict.is_replicate:
        return "replicate"
    if verdict.kind is VerdictKind.INCONCLUSIVE and verdict.direction is Direction.UNKNOWN:
        return ""
    if verdict.by_tolerance and verdict.kind in (VerdictKind.BETTER, VerdictKind.WORSE):
        return f"{verdict.kind}, by tolerance"
    return str(verdict.kind)
