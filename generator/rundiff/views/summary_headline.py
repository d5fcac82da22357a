"""The first line of a summary: the outcome in one word, and what decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Section, VerdictKind
from rundiff.format import format_numbers
from rundiff.judgement import GateStatus
from rundiff.stats.outcome import Outcome, outcome_of_run, overall_outcome
from rundiff.views.shown import build_shown_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rundiff.comparison import Comparison
    from rundiff.judgement import GateResult

_WORDS = {
    Outcome.PASSED: "✅ Passed",
    Outcome.FAILED: "❌ Failed",
    Outcome.BETTER: "✅ Better",
    Outcome.WORSE: "❌ Worse",
    Outcome.MIXED: "⚠️ Mixed",
    Outcome.EQUIVALENT: "✅ Equivalent",
    Outcome.INCONCLUSIVE: "❔ Not known yet",
    Outcome.UNJUDGED: "Compared",
}
_NAME = 32


class Piece(NamedTuple):
    """A piece of text and how it stands.

    ``style``: plain or bold (our own words only), struck (our own numbers, not to be relied on),
    code (a name from a record), shown (a value already made visible), sentence (prose that may
    quote a record).
    """

    text: str
    style: str = "plain"


def plain(text: str) -> Piece:
    """Return our own words as they stand."""
    return Piece(text)


def build_headline(comparison: Comparison) -> tuple[Piece, ...]:
    """Return outcome and reason; with names of 32 characters it stays far below 300."""
    if len(comparison.compared) < 2:
        count = len(comparison.runs)
        return (Piece("Nothing to compare yet", "bold"), plain(f": {count} run{'s'[: count != 1]}"))
    outcome = overall_outcome(comparison)
    return (Piece(_WORDS[outcome], "bold"), plain(": "), *_why(comparison, outcome))


def _why(comparison: Comparison, outcome: Outcome) -> Iterator[Piece]:
    gates = comparison.judgement.gates
    if gates:
        failed = [gate for gate in gates if gate.status is GateStatus.FAILED]
        waived = sum(gate.status is GateStatus.WAIVED for gate in gates)
        passed = _gates(len(gates) - len(failed) - waived)
        yield plain(
            f"{len(failed)} of {_gates(len(gates))} failed" if failed else f"{passed} passed"
        )
        if waived:
            yield plain(f", {waived} waived")
        yield from _gate(next((gate for gate in failed if gate.metric), None))
        return
    candidates = comparison.compared[1:]
    if len(candidates) > 1:
        yield plain(", ".join(_counts(comparison)))
        yield plain(f" of {len(candidates)} candidates" if candidates else "")
        return
    kinds = [verdict.kind for verdict in comparison.verdicts.values()]
    counts = [f"{kinds.count(kind):,} {kind}" for kind in VerdictKind if kind in kinds]
    yield plain(", ".join(counts) if counts else "no metric in common")
    wanted = VerdictKind.WORSE if outcome in (Outcome.WORSE, Outcome.MIXED) else VerdictKind.BETTER
    yield from _metric(
        comparison, [v.key for v in comparison.verdicts.values() if v.kind is wanted]
    )


def _gate(gate: GateResult | None) -> Iterator[Piece]:
    """Yield the numbers that the first failed gate looked at."""
    if gate is None:
        return
    yield plain("; ")
    yield Piece(gate.metric, "name")
    shown = format_numbers((gate.baseline, gate.value), baseline=0).shown
    yield plain(f" {shown[0]} → {shown[1]}" if gate.baseline is not None else f" {shown[1]}")


def _gates(count: int) -> str:
    return f"{count} gate{'s'[: count != 1]}"


def _counts(comparison: Comparison) -> Iterator[str]:
    words = [outcome_of_run(comparison, run.run_id) for run in comparison.compared[1:]]
    for outcome in Outcome:
        if outcome in words:
            yield f"{words.count(outcome):,} {outcome}"


def _metric(comparison: Comparison, keys: list[str]) -> Iterator[Piece]:
    """Yield the first of the metrics with its change in the first candidate."""
    wanted = next((key for key in keys if key), None)
    rows = comparison.sections.get(Section.METRICS, ())
    row = next((row for row in rows if row.key == wanted), None)
    if row is None:
        return
    cells = build_shown_row(row, comparison).cells
    yield plain("; ")
    yield Piece(row.key, "name")
    yield plain(f" {cells[0].text} → {cells[1].text}")
    if cells[1].delta:
        yield plain(f" ({', '.join(part for part in (cells[1].delta, cells[1].relative) if part)})")
