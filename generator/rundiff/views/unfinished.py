"""Which runs did not come to their end: a reader must know before trusting who is best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.format import format_count, show_text
from rundiff.views.marks import counted, joined, shortened

if TYPE_CHECKING:
    from rundiff.comparison import Comparison, Run

MOST_NAMED = 2
# By status or state: what is said of one such run, and of several.
_WORDS = {
    "failed": ("failed", "failed"),
    "killed": ("was killed", "were killed"),
    "interrupted": ("was interrupted", "were interrupted"),
    "damaged": ("has a damaged record", "have damaged records"),
    "running": ("is still running", "are still running"),
}


def unfinished_word(run: Run) -> str:
    """Return how a run did not come to its end ("failed", "running"), "" where it did."""
    return next((word for word in (run.status, run.state) if word in _WORDS), "")


def tell_unfinished(comparison: Comparison) -> str:
    """Return ``1 of 18 runs failed: forgot-to-impute.``, "" where all runs came to their end."""
    runs = comparison.runs
    found: dict[str, list[Run]] = {}
    for run in runs:
        if word := unfinished_word(run):
            found.setdefault(word, []).append(run)
    parts = [
        f"{format_count(len(found[word]))} {_WORDS[word][len(found[word]) > 1]}"
        for word in _WORDS
        if word in found
    ]
    if not parts:
        return ""
    if len(parts) > 1:
        return f"Of {counted(len(runs), 'run')} {joined(parts)}."
    ((word, those),) = found.items()
    if len(those) == len(runs):
        return f"{'All runs' if len(runs) > 1 else 'The run'} {_WORDS[word][len(runs) > 1]}."
    names = [shortened(show_text(run.full_name)) for run in those[:MOST_NAMED]]
    if len(those) > MOST_NAMED:
        names.append(f"{format_count(len(those) - MOST_NAMED)} more")
    count = f"{format_count(len(those))} of {counted(len(runs), 'run')}"
    return f"{count} {_WORDS[word][len(those) > 1]}: {joined(names)}."
