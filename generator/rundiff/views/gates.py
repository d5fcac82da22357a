"""Gates and replicates: rules that passed or failed, and runs that repeat each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rundiff.format import format_number, show_text
from rundiff.judgement import GateStatus
from rundiff.views.marks import RunMark, build_mark, counted

if TYPE_CHECKING:
    from rundiff.comparison import Comparison
    from rundiff.judgement import Replicates

_TONES = {GateStatus.PASSED: "better", GateStatus.FAILED: "worse", GateStatus.WAIVED: ""}
MOST_ESTIMATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLine:
    """One rule applied to one candidate."""

    status: str
    tone: str
    name: str
    run: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateLine:
    """Runs that differ in nothing but seed-like keys, with their means."""

    name: str
    runs: tuple[RunMark, ...]
    count: str
    varying: str
    estimates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The two quiet tables of the Overview; either may be empty."""

    source: str
    summary: str
    has_failed: bool
    gates: tuple[GateLine, ...]
    replicates: tuple[ReplicateLine, ...]
    rule: str


def build_gates(comparison: Comparison) -> Gates | None:
    """Return gates and replicates, or None where there are neither."""
    judged = comparison.judgement
    groups = [group for group in judged.replicates if len(group.run_ids) > 1]
    if not judged.gates and not groups:
        return None
    failed = sum(gate.status is GateStatus.FAILED for gate in judged.gates)
    words = "all passed" if not failed else f"{failed} failed"
    return Gates(
        source=show_text(judged.gate_source),
        summary=f"{counted(len(judged.gates), 'gate')}, {words}" if judged.gates else "",
        has_failed=judged.has_failed,
        gates=tuple(
            GateLine(
                status=gate.status.value,
                tone=_TONES[gate.status],
                name=show_text(gate.name),
                run=show_text(gate.run_name),
                reason=show_text(gate.reason),
            )
            for gate in judged.gates
        ),
        replicates=tuple(_line(comparison, group) for group in groups),
        rule=show_text(judged.replicate_rule),
    )


def _line(comparison: Comparison, group: Replicates) -> ReplicateLine:
    by_id = {run.run_id: run for run in comparison.runs}
    return ReplicateLine(
        name=show_text(group.name),
        runs=tuple(build_mark(by_id[one]) for one in group.run_ids[:12] if one in by_id),
        count=counted(len(group.run_ids), "run"),
        varying=", ".join(show_text(key) for key in group.varying),
        estimates=tuple(
            f"{show_text(key)} {format_number(estimate.mean)}"
            + (
                f" [{format_number(estimate.low)}, {format_number(estimate.high)}]"
                if estimate.low is not None and estimate.high is not None
                else ""
            )
            for key, estimate in group.estimates[:MOST_ESTIMATES]
        ),
    )
