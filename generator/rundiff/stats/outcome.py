"""One word for a whole comparison: what a pull request, an exit code and a badge say.

Where there are gates they decide, since somebody agreed on them. Otherwise the verdicts do: all the
metrics that moved in one direction give *better* or *worse*, both give *mixed*, none gives
*equivalent*, unless something is not known yet. A metric that nobody declared good or bad never
decides, nor does a replicate of the baseline.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, VerdictKind
from rundiff.judgement import GateStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.comparison import Comparison
    from rundiff.judgement import Verdict


class Outcome(StrEnum):
    """The word; the first two only where there are gates."""

    PASSED = "passed"
    FAILED = "failed"
    BETTER = "better"
    WORSE = "worse"
    MIXED = "mixed"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    UNJUDGED = "unjudged"


def overall_outcome(comparison: Comparison) -> Outcome:
    """Return the word for the comparison: its gates' if there are any, else its verdicts'."""
    gates = comparison.judgement.gates
    if gates:
        failed = any(gate.status is GateStatus.FAILED for gate in gates)
        return Outcome.FAILED if failed else Outcome.PASSED
    return outcome_of(comparison.verdicts.values())


def outcome_of_run(comparison: Comparison, run_id: str) -> Outcome:
    """Return the word for one candidate by its verdicts alone."""
    return outcome_of(v for v in comparison.verdicts.values() if v.run_id == run_id)


def outcome_of(verdicts: Iterable[Verdict]) -> Outcome:
    """Return the word that several verdicts amount to."""
    kinds = {
        verdict.kind
        for verdict in verdicts
        if verdict.direction is not Direction.UNKNOWN
        and verdict.kind is not VerdictKind.INCOMPARABLE
        and not verdict.is_replicate
    }
    if not kinds:
        return Outcome.UNJUDGED
    if VerdictKind.BETTER in kinds:
        return Outcome.MIXED if VerdictKind.WORSE in kinds else Outcome.BETTER
    if VerdictKind.WORSE in kinds:
        return Outcome.WORSE
    return Outcome.EQUIVALENT if kinds == {VerdictKind.EQUIVALENT} else Outcome.INCONCLUSIVE
