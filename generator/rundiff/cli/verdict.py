"""How a command ends: what could not be read, on stderr, and the exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rundiff.judgement import GateStatus
from rundiff.render.terminal import plain_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison, Problem

DONE, ERROR, GATE_FAILED = 0, 1, 3
_SHOWN = 5


def exit_code(comparison: Comparison, *, is_strict: bool, is_told: bool = False) -> int:
    """Say what could not be read, unless the same terminal shows it already.

    Returns 3 for a failed gate, 1 for problems if strict, else 0.
    """
    if not is_told:
        _report_problems(comparison.problems)
        _report_gates(comparison)
    if comparison.judgement.has_failed:
        return GATE_FAILED
    return strict_code(comparison.problems, is_strict=is_strict)


def strict_code(problems: Sequence[Problem], *, is_strict: bool) -> int:
    """Return 1 if anything could not be read and that matters, otherwise 0."""
    return ERROR if is_strict and any(row.severity == "error" for row in problems) else DONE


def _report_gates(comparison: Comparison) -> None:
    judgement = comparison.judgement
    for warning in judgement.warnings:
        print(plain_line(f"warning: {warning}"), file=sys.stderr)
    for gate in judgement.gates:
        if gate.status is not GateStatus.PASSED:
            line = f"gate {gate.status}: {gate.name} ({gate.run_name}): {gate.reason}"
            print(plain_line(line), file=sys.stderr)


def _report_problems(problems: Sequence[Problem]) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    for problem in errors[:_SHOWN]:
        line = "" if problem.line is None else f":{problem.line}"
        place = f"{problem.location}{line}: " if problem.location else ""
        print(plain_line(f"{place}{problem.message}"), file=sys.stderr)
    if len(errors) > _SHOWN:
        print(f"and {len(errors) - _SHOWN} more problems, listed in the report", file=sys.stderr)
