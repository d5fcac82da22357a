"""The first line of a summary: the outcome in one word, and what decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.comparison import Section, VerdictKind
from rundiff.judgement import GateStatus
from rundiff.stats.outcome import Outcome, outcome_of_run, overall_outcome
from rundiff.views.gates import what_failed
from rundiff.views.lead import find_lead
from rundiff.views.marks import counted
from rundiff.views.recipes import build_metric_row, moving_columns
from rundiff.views.summary_parts import Piece, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.comparison import Comparison
    from rundiff.views.recipes import RecipeColumn

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


def build_headline(comparison: Comparison) -> tuple[Piece, ...]:
    """Return outcome and reason; with names of 32 characters it stays far below 300."""
    if len(comparison.compared) < 2:
        count = len(comparison.runs)
        return (Piece("Nothing to compare yet", "bold"), plain(f": {counted(count, 'run')}"))
    outcome = overall_outcome(comparison)
    return (Piece(_WORDS[outcome], "bold"), plain(": "), *_why(comparison, outcome))


def _why(comparison: Comparison, outcome: Outcome) -> Iterator[Piece]:
    gates = comparison.judgement.gates
    if gates:
        failed = [gate for gate in gates if gate.status is GateStatus.FAILED]
        waived = sum(gate.status is GateStatus.WAIVED for gate in gates)
        passed = counted(len(gates) - len(failed) - waived, "gate")
        every = counted(len(gates), "gate")
        yield plain(f"{len(failed):,} of {every} failed" if failed else f"{passed} passed")
        if waived:
            yield plain(f", {waived} waived")
        if failed:
            first = next((gate for gate in failed if gate.metric), None)
            if first is not None:
                yield plain("; ")
                yield Piece(first.metric, "name")
                yield plain(f" {what_failed(comparison, first)}")
        else:
            yield from _winner(comparison, moving_columns(comparison))
        return
    columns = moving_columns(comparison)
    verdicts = comparison.verdicts.values()
    if verdicts and all(verdict.is_replicate for verdict in verdicts):
        yield plain("all runs repeat the baseline's recipe, so what differs is noise between them")
        return
    if len(columns) > 2:
        yield plain(
            f"{', '.join(_counts(comparison, columns[1:]))} of {len(columns) - 1} candidates"
        )
        yield from _winner(comparison, columns)
        return
    own = [verdict for verdict in verdicts if verdict.run_id == columns[-1].run_id]
    kinds = [verdict.kind for verdict in own]
    counts = [f"{kinds.count(kind):,} {kind}" for kind in VerdictKind if kind in kinds]
    yield plain(", ".join(counts) if counts else "no metric in common")
    wanted = VerdictKind.WORSE if outcome in (Outcome.WORSE, Outcome.MIXED) else VerdictKind.BETTER
    yield from _metric(comparison, columns, next((v.key for v in own if v.kind is wanted), ""))


def _winner(comparison: Comparison, columns: Sequence[RecipeColumn]) -> Iterator[Piece]:
    """Yield by how much the baseline is beaten on the leading metric, and by whom of several."""
    lead = find_lead(comparison)
    if lead is None or lead.best.word != VerdictKind.BETTER:
        return
    best = lead.best.column
    yield from _metric(comparison, (columns[0], best), lead.best.row.key)
    if len(columns) > 2:
        yield plain(" with ")
        yield Piece(best.label if best.count > 1 else best.name, "name")
    if lead.other_data:
        yield plain(", measured on other data")


def _counts(comparison: Comparison, candidates: Sequence[RecipeColumn]) -> Iterator[str]:
    words = [outcome_of_run(comparison, column.run_id) for column in candidates]
    for outcome in Outcome:
        if outcome in words:
            yield f"{words.count(outcome):,} {outcome}"


def _metric(
    comparison: Comparison, columns: Sequence[RecipeColumn], wanted: str
) -> Iterator[Piece]:
    """Yield a metric with its change in the candidate."""
    rows = comparison.sections.get(Section.METRICS, ())
    row = next((row for row in rows if row.key == wanted), None)
    if row is None or len(columns) < 2:
        return
    before, after = build_metric_row(row, columns[:2], comparison).cells
    yield plain("; ")
    yield Piece(row.key, "name")
    yield plain(f" {before.text} → {after.text}")
    if after.delta:
        yield plain(f" ({', '.join(part for part in (after.delta, after.relative) if part)})")
