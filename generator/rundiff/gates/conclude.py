"""From a comparison to a concluded one: verdicts as the gate file wants them, then its rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.errors import KeyNotFoundError, SelectionError
from rundiff.gates.rules import apply_gates, waiver_warnings
from rundiff.stats.judge import JudgeOptions, judge

if TYPE_CHECKING:
    from datetime import date

    from rundiff.comparison import Comparison
    from rundiff.gates.file import GateFile


_NO_RULE = "no rule is in it, so nothing can fail; a metric needs must, min or max"


def judge_options(gates: GateFile, options: JudgeOptions) -> JudgeOptions:
    """Return how to judge by a gate file; what was asked for on the command line goes before it."""
    by_file = replace(
        options,
        confidence=gates.confidence,
        test=gates.test,
        seed_keys=gates.seed_keys,
        guard=gates.guard,
        gate_tolerances={rule.key: rule.tolerance for rule in gates.rules if rule.tolerance},
    )
    return replace(by_file, **{name: getattr(options, name) for name in options.asked})


def conclude(
    comparison: Comparison, options: JudgeOptions, *, gates: GateFile | None, today: date
) -> Comparison:
    """Return the comparison with its verdicts and, with a gate file, what its rules say.

    Raises KeyNotFoundError for a tolerance of a metric that no run has, and SelectionError where a
    gate file has no candidate to judge, or not all of them can be: gates that nobody was held to
    must not look passed.
    """
    metrics = [row.key for row in comparison.sections.get(Section.METRICS, ())]
    for metric in options.tolerances:
        if metric not in metrics:
            raise KeyNotFoundError("metric", metric, metrics)
    if gates is None:
        return judge(comparison, options)
    left = sum(run.color is None for run in comparison.runs)
    if left:
        raise SelectionError(
            f"{gates.name}: {left} runs would not be judged, since they do not stand side by side; "
            "choose candidates with --run or --where, or raise --columns"
        )
    judged = judge(comparison, judge_options(gates, options))
    repeats = options.blessed.union(
        *(group.run_ids for group in judged.judgement.replicates if group.is_baseline)
    )
    if all(run.run_id in repeats for run in comparison.compared[1:]):
        raise SelectionError(
            f"{gates.name}: there is no candidate to judge beside the baseline and its replicates"
        )
    judgement = replace(
        judged.judgement,
        gates=apply_gates(judged, gates, today=today, blessed=options.blessed),
        gate_source=gates.name,
        warnings=(
            *judged.judgement.warnings,
            *waiver_warnings(gates, today=today),
            *([] if gates.can_fail else [f"{gates.name}: {_NO_RULE}"]),
        ),
    )
    return replace(judged, judgement=judgement)
