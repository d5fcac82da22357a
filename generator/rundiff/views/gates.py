"""Gates and replicates: rules that passed or failed, and runs that repeat each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.comparison import Section, VerdictKind
from rundiff.format import format_number, format_numbers, show_text
from rundiff.frozen import dataclass
from rundiff.judgement import GateStatus
from rundiff.ranking import metric_rank
from rundiff.views.marks import Sentence, Span, counted, shortened
from rundiff.views.recipes import WIDEST, format_half, half_width, recipe_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Comparison
    from rundiff.judgement import Estimate, GateResult, Replicates

_TONES = {GateStatus.PASSED: "better", GateStatus.FAILED: "worse", GateStatus.WAIVED: ""}
MOST_METRICS, MOST_GROUPS = 4, 8
ROUGH = 1e-3  # where what a mean may be off is at least so much of it, both are short


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
    """Runs that differ in nothing but seed-like keys, with their means over ``Gates.metrics``."""

    name: str
    title: str
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
    note: str  # what a mean's ± is, and how many groups are not shown
    metrics: tuple[str, ...]
    rule: str


def build_gates(comparison: Comparison) -> Gates | None:
    """Return gates and replicates, or None where there are neither."""
    judged = comparison.judgement
    groups = [group for group in judged.replicates if len(group.run_ids) > 1]
    failed = sum(gate.status is GateStatus.FAILED for gate in judged.gates)
    words = "all passed" if not failed else f"{failed} failed"
    metrics = _leading_metrics(comparison, groups)
    groups = groups if metrics else []  # a table of names alone tells nothing
    compared = {run.run_id for run in comparison.compared}
    groups.sort(key=lambda group: (not group.is_baseline, compared.isdisjoint(group.run_ids)))
    if not judged.gates and not groups:
        return None
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
        replicates=_lines(groups[:MOST_GROUPS], metrics, recipe_labels(comparison)),
        note=_note(groups, judged.confidence),
        metrics=tuple(show_text(key) for key in metrics),
        rule=show_text(judged.replicate_rule),
    )


def _note(groups: Sequence[Replicates], confidence: float) -> str:
    """Say what stands behind a mean's ±, and how many groups are not shown."""
    are_known = any(half_width(each) is not None for group in groups for _, each in group.estimates)
    level = f"{format_number(round(100 * confidence, 6))} %"
    more = len(groups) - MOST_GROUPS
    parts = [
        f"Means ± half of their {level} interval." if are_known else "",
        f"{counted(more, 'more group')} of replicates." if more > 0 else "",
    ]
    return " ".join(part for part in parts if part)


def gate_sentence(comparison: Comparison) -> Sentence:
    """Return the headline where there are gates: somebody agreed on them, so they decide."""
    gates = comparison.judgement.gates
    if not gates:
        return ()
    failed = [gate for gate in gates if gate.status is GateStatus.FAILED]
    waived = sum(gate.status is GateStatus.WAIVED for gate in gates)
    if not failed:
        aside = f" ({waived} waived)" if waived else ""
        every = "The gate" if len(gates) == 1 else f"All {len(gates):,} gates"
        return (Span(text=f"{every} passed{aside}.", tone="better"),)
    head = Span(text=f"{len(failed):,} of {counted(len(gates), 'gate')} failed", tone="worse")
    first = next((gate for gate in failed if gate.metric), None)
    if first is None:
        return (head, Span(text="."))
    name = shortened(show_text(first.metric))
    return (head, Span(text=f": {name} {what_failed(comparison, first)}."))


def what_failed(comparison: Comparison, gate: GateResult) -> str:
    """Return what a failed gate found, to stand behind the name of its metric."""
    if gate.value is None:
        return "is missing"
    verdict = comparison.verdicts.get((gate.metric, gate.run_id))
    is_delta = gate.rule.startswith("must")
    if is_delta and verdict is not None and verdict.kind is VerdictKind.INCOMPARABLE:
        return "is not comparable"
    shown = format_numbers((gate.baseline, gate.value), baseline=0).shown
    return f"{shown[0]} → {shown[1]}" if gate.baseline is not None else shown[1]


def _leading_metrics(comparison: Comparison, groups: Sequence[Replicates]) -> list[str]:
    known = {key for group in groups for key, _ in group.estimates}
    rows = [row for row in comparison.sections.get(Section.METRICS, ()) if row.key in known]
    return [row.key for row in sorted(rows, key=metric_rank)[:MOST_METRICS]]


def _lines(
    groups: Sequence[Replicates], metrics: Sequence[str], labels: Mapping[str, str]
) -> tuple[ReplicateLine, ...]:
    columns = [_column([dict(group.estimates).get(key) for group in groups]) for key in metrics]
    return tuple(
        ReplicateLine(
            name=shortened(show_text(labels.get(group.run_ids[0], group.name)))
            + (" · baseline" if group.is_baseline else ""),
            title=show_text(group.name),
            count=counted(len(group.run_ids), "run"),
            varying=", ".join(show_text(key).removeprefix("params.") for key in group.varying),
            estimates=tuple(column[index] for column in columns),
        )
        for index, group in enumerate(groups)
    )


def _column(estimates: Sequence[Estimate | None]) -> list[str]:
    """Return mean ± half the width of its interval, in digits common to the column."""
    means = [None if estimate is None else estimate.mean for estimate in estimates]
    halves = [half_width(estimate) for estimate in estimates]
    is_rough = all(
        half is None or mean is None or half >= ROUGH * abs(mean)
        for half, mean in zip(halves, means, strict=True)
    )
    row = format_numbers(means, widest=WIDEST if is_rough else None)
    texts = []
    for half, mean in zip(halves, row.shown, strict=True):
        texts.append(mean if half is None else f"{mean} ± {format_half(half)}")
    return texts
