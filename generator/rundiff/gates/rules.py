"""Applies the rules of a gate file to every candidate.

The decision table:

================  ======  ==========  ================  ============  ==============  =====
``must``          better  equivalent  inconclusive      incomparable  missing or NaN  worse
================  ======  ==========  ================  ============  ==============  =====
not-worse         pass    pass        policy: pass      policy: fail  policy: fail    fail
proven-not-worse  pass    pass        fail, or proven   policy: fail  policy: fail    fail
better            pass    fail        fail              policy: fail  policy: fail    fail
================  ======  ==========  ================  ============  ==============  =====

*policy* is what ``inconclusive``, ``incomparable`` and ``missing`` say; the default is shown.
``min`` and ``max`` look at the candidate's number alone, whatever the baseline is; both bounds are
allowed values. *proven*: a one-sided test rules out that the candidate is worse by the tolerance
(with too few runs for a test: no run of it is). *pareto*: the candidate is dominated when some of
the metrics are worse and none is better. A gate fails or passes once for all runs of one recipe.

A missing number never passes by accident, since a run that crashed before it logged its accuracy
is no improvement; of a recipe every run needs one. That an inconclusive result passes ``not-worse``
is on purpose: otherwise a change for the better that is not proven yet would fail where no change
passes.
"""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Direction, Section, VerdictKind
from rundiff.format import format_numbers
from rundiff.judgement import GateResult, GateStatus
from rundiff.stats.tolerance import exceeds_tolerance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from rundiff.comparison import Comparison, Row, Run
    from rundiff.gates.file import GateFile, MetricRule, Waiver
    from rundiff.judgement import Estimate, Verdict


class _Finding(NamedTuple):
    """What one rule says of one candidate, before waivers."""

    metric: str
    kind: str  # must, min, max, pareto
    rule: str
    is_passed: bool
    reason: str
    value: float | None
    baseline: float | None


class _Candidate(NamedTuple):
    """The runs of one recipe, and what they are on average where they are several."""

    runs: tuple[Run, ...]
    means: Mapping[str, Estimate]


class _Standing(NamedTuple):
    """One metric of one candidate. ``absence`` says why it has no number, "" where it has one."""

    verdict: Verdict | None
    value: float | None
    absence: str


def apply_gates(
    comparison: Comparison,
    gates: GateFile,
    *,
    today: date,
    blessed: frozenset[str] = frozenset(),
) -> tuple[GateResult, ...]:
    """Return the result of every rule for every candidate recipe, in the order of the file.

    ``blessed`` are the runs of a baseline file. They, and runs that only repeat the baseline with
    other seeds, are no candidates.
    """
    results: list[GateResult] = []
    keys = dict.fromkeys((*(rule.key for rule in gates.rules), *gates.pareto))
    rows = {row.key: row for row in comparison.sections.get(Section.METRICS, ())}
    unknown = {key: _nobody_has(key, rows) for key in keys if key not in rows}
    for candidate in _candidates(comparison, blessed):
        run, others = candidate.runs[0], len(candidate.runs) - 1
        name = run.full_name if not others else f"{run.full_name} and {others} more"
        standings = {
            key: _Standing(None, None, unknown[key])
            if key in unknown
            else _standing(comparison, rows[key], candidate)
            for key in keys
        }
        for finding in _findings(gates, standings, round(1 - comparison.judgement.confidence, 12)):
            status, reason = _waived(finding, gates.waivers, run, today)
            metric = finding.metric or "pareto"
            results.append(
                GateResult(
                    name=f"{metric}: {finding.rule}",
                    metric=finding.metric,
                    rule=finding.rule,
                    run_id=run.run_id,
                    run_name=name,
                    status=status,
                    reason=reason,
                    value=finding.value,
                    baseline=finding.baseline,
                )
            )
    return tuple(results)


def waiver_warnings(gates: GateFile, *, today: date) -> tuple[str, ...]:
    """Return a sentence for each waiver that has expired."""
    return tuple(
        f"The waiver for '{waiver.metric or 'pareto'}' expired on {waiver.expires.isoformat()}: "
        f"{waiver.reason}"
        for waiver in gates.waivers
        if waiver.expires < today
    )


def _candidates(comparison: Comparison, blessed: frozenset[str]) -> Iterator[_Candidate]:
    groups = {
        run_id: group for group in comparison.judgement.replicates for run_id in group.run_ids
    }
    own = groups.get(comparison.baseline.run_id)
    repeats = blessed.union(own.run_ids if own else ())
    found: dict[tuple[str, ...], list[Run]] = {}
    for run in comparison.compared[1:]:
        if run.run_id not in repeats:
            group = groups.get(run.run_id)
            found.setdefault(group.run_ids if group else (run.run_id,), []).append(run)
    for runs in found.values():
        group = groups.get(runs[0].run_id)
        yield _Candidate(tuple(runs), dict(group.estimates) if group else {})


def _standing(comparison: Comparison, row: Row, candidate: _Candidate) -> _Standing:
    """Return what is known of a metric; with one run of a recipe missing, the whole is."""
    numbers = [row.cells[comparison.compared.index(run)].number for run in candidate.runs]
    verdicts = (comparison.verdicts.get((row.key, run.run_id)) for run in candidate.runs)
    missing = numbers.count(None)
    value = candidate.means[row.key].mean if row.key in candidate.means else numbers[0]
    absence = ""
    if missing:
        of = f" in {missing} of {len(numbers)} runs" if missing < len(numbers) else ""
        absence = f"The metric is missing{of}."
    elif value is not None and math.isnan(value):
        absence = "The metric is NaN."
    return _Standing(next(filter(None, verdicts), None), value, absence)


def _nobody_has(key: str, metrics: Iterable[str]) -> str:
    close = get_close_matches(key, metrics, n=1)
    nearest = f"; the nearest is '{close[0]}'" if close else ""
    return f"No run has this metric{nearest}."


def _findings(
    gates: GateFile, standings: Mapping[str, _Standing], alpha: float
) -> Iterator[_Finding]:
    for rule in gates.rules:
        verdict, value, absence = standings[rule.key]
        before = verdict.baseline.mean if verdict else None
        if rule.must:
            is_passed, reason = (
                _policy(rule.missing, absence) if absence else _must(rule, verdict, alpha)
            )
            text = f'must = "{rule.must}"'
            yield _Finding(rule.key, "must", text, is_passed, reason, value, before)
        for kind, bound in (("min", rule.minimum), ("max", rule.maximum)):
            if bound is not None:
                is_passed, reason = (
                    _policy(rule.missing, absence)
                    if value is None or absence
                    else _bound(kind, bound, value)
                )
                text = f"{kind} = {bound!r}"
                yield _Finding(rule.key, kind, text, is_passed, reason, value, before)
    if gates.pareto:
        is_passed, reason = _pareto({key: standings[key] for key in gates.pareto})
        yield _Finding("", "pareto", "not dominated by the baseline", is_passed, reason, None, None)


_ACCEPTED = {
    "not-worse": {VerdictKind.BETTER, VerdictKind.EQUIVALENT},
    "proven-not-worse": {VerdictKind.BETTER, VerdictKind.EQUIVALENT},
    "better": {VerdictKind.BETTER},
}


def _must(rule: MetricRule, verdict: Verdict | None, alpha: float) -> tuple[bool, str]:
    if verdict is None:
        return _policy(rule.missing, "The metric is missing in the baseline.")
    if verdict.kind is VerdictKind.INCOMPARABLE:
        return _policy(rule.incomparable, verdict.reason)
    if verdict.kind is not VerdictKind.INCONCLUSIVE:
        return verdict.kind in _ACCEPTED[rule.must], verdict.reason
    return _unproven(rule, verdict, alpha)


def _unproven(rule: MetricRule, verdict: Verdict, alpha: float) -> tuple[bool, str]:
    """Return what an inconclusive verdict means for the rule."""
    if _is_nan(verdict.baseline.mean):
        return _policy(rule.missing, verdict.reason)
    if verdict.direction is Direction.UNKNOWN:
        return False, f"{verdict.reason} Declare the direction in the gate file."
    if rule.must == "proven-not-worse":
        is_proven = _is_proven(verdict, alpha)
        return is_proven, f"{verdict.reason} It is not worse." if is_proven else verdict.reason
    policy = rule.inconclusive if rule.must == "not-worse" else "fail"
    return _policy(policy, verdict.reason)


def _is_proven(verdict: Verdict, alpha: float) -> bool:
    """Return whether the candidate is not worse by more than the tolerance, as far as runs tell."""
    if verdict.statistics is not None:
        p = verdict.statistics.p_not_worse
        return p is not None and p <= alpha
    sign = 1 if verdict.direction is Direction.HIGHER else -1
    return not any(
        sign * (after - before) < 0 and exceeds_tolerance(before, after, verdict.tolerance)
        for before in verdict.baseline.values
        for after in verdict.candidate.values
    )


def _bound(kind: str, bound: float, value: float) -> tuple[bool, str]:
    is_passed = value >= bound if kind == "min" else value <= bound
    relation = {(True, "min"): "at least", (True, "max"): "at most",
                (False, "min"): "below", (False, "max"): "above"}[is_passed, kind]  # fmt: skip
    numbers = format_numbers((value, bound)).shown
    return is_passed, f"{numbers[0]} is {relation} {numbers[1]}."


def _pareto(standings: Mapping[str, _Standing]) -> tuple[bool, str]:
    judged = {
        key: verdict
        for key, (verdict, _, absence) in standings.items()
        if verdict
        and not absence
        and verdict.kind is not VerdictKind.INCOMPARABLE
        and not _is_nan(verdict.baseline.mean)
    }
    unknown = [key for key in standings if key not in judged]
    if unknown:
        return False, f"Not to be judged without {_listed(unknown)}."
    undirected = [
        key
        for key, verdict in judged.items()
        if verdict.kind is VerdictKind.INCONCLUSIVE and verdict.direction is Direction.UNKNOWN
    ]
    if undirected:
        return False, f"Declare the direction of {_listed(undirected)} in the gate file."
    worse = [key for key, verdict in judged.items() if verdict.kind is VerdictKind.WORSE]
    better = [key for key, verdict in judged.items() if verdict.kind is VerdictKind.BETTER]
    if worse and not better:
        return False, f"Worse in {_listed(worse)} and better in nothing."
    if worse:
        return True, f"Worse in {_listed(worse)}, but better in {_listed(better)}."
    return True, f"Better in {_listed(better)}." if better else "Worse in nothing."


def _is_nan(number: float | None) -> bool:
    return number is None or math.isnan(number)


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(f"'{key}'" for key in keys)


def _policy(policy: str, reason: str) -> tuple[bool, str]:
    is_passed = policy == "pass"
    return is_passed, f"{reason} The gate file lets this pass." if is_passed else reason


def _waived(
    finding: _Finding, waivers: Sequence[Waiver], run: Run, today: date
) -> tuple[GateStatus, str]:
    if finding.is_passed:
        return GateStatus.PASSED, finding.reason
    for waiver in waivers:
        if (
            waiver.metric == finding.metric
            and waiver.rule in ("", finding.kind)
            and waiver.run in ("", run.name, run.run_id)
            and today <= waiver.expires
        ):
            until = f"waived until {waiver.expires.isoformat()}: {waiver.reason}"
            return GateStatus.WAIVED, f"{finding.reason} ({until})"
    return GateStatus.FAILED, finding.reason
