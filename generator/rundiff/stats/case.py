"""One question, whether one metric of one candidate got better, and its answer.

``Case`` holds all that is known about it; ``conclude`` answers. With three runs or more on both
sides the answer is statistical; with fewer it is the tolerance's, and says so: two values give a
t-test so little to go on that "better" would be a word for luck. With two runs of a recipe their
values must at least not overlap.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, VerdictKind
from rundiff.format import format_delta, format_number, format_numbers
from rundiff.frozen import dataclass
from rundiff.stats.tolerance import exceeds_tolerance
from rundiff.stats.two_samples import least_permutation_p

if TYPE_CHECKING:
    from rundiff.judgement import Estimate, Statistics

ENOUGH_RUNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known. ``statistics`` only with enough runs; ``margin`` is the tolerance's size."""

    key: str
    run_id: str
    direction: Direction
    tolerance: str
    tolerance_origin: str
    margin: float
    value_name: str
    baseline: Estimate
    candidate: Estimate
    delta: float | None
    broken: str  # why the two cannot be compared, as a clause; "" where they can
    same_recipe: tuple[str, ...] | None  # the seed-like keys, if both are of one recipe
    statistics: Statistics | None
    more_runs: int | None
    alpha: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Verdict and reason. ``by_tolerance``: no statistics decided."""

    kind: VerdictKind
    reason: str
    by_tolerance: bool


def conclude(case: Case) -> Answer:
    """Answer the question."""
    if case.broken:
        return _answer(VerdictKind.INCOMPARABLE, f"Not comparable: {case.broken}.")
    before, after = case.baseline.mean, case.candidate.mean
    if before is None or after is None or math.isnan(before) or math.isnan(after):
        side = "baseline" if before is None or math.isnan(before) else "candidate"
        return _answer(VerdictKind.INCONCLUSIVE, f"The {side} has no number here, but NaN.")
    if case.statistics is not None:
        return _by_statistics(case, case.statistics, (before, after))
    return _by_tolerance(case, before, after)


def _answer(kind: VerdictKind, reason: str, *, by_tolerance: bool = True) -> Answer:
    return Answer(kind=kind, reason=reason, by_tolerance=by_tolerance)


def _by_tolerance(case: Case, before: float, after: float) -> Answer:
    numbers = format_numbers([before, after], baseline=0).shown
    pair = f"{_sides(case)}: {numbers[1]} against {numbers[0]}"
    limit = f"the tolerance {case.tolerance}" if case.tolerance else ""
    if before == after:
        return _answer(VerdictKind.EQUIVALENT, f"{pair}, no difference.")
    if _is_within(case):
        return _answer(VerdictKind.EQUIVALENT, f"{pair}, within {limit}.")
    if case.same_recipe is not None:
        keys = ", ".join(f"'{key}'" for key in case.same_recipe)
        noise = f"one recipe, in which only {keys} differs: this is noise between its runs"
        return _answer(VerdictKind.INCONCLUSIVE, f"{pair}; {noise}.")
    if case.direction is Direction.UNKNOWN:
        unknown = "nobody said whether higher or lower is better"
        return _answer(VerdictKind.INCONCLUSIVE, f"{pair}; {unknown}.")
    if _overlap(case):
        is_enough = min(case.baseline.n, case.candidate.n) >= ENOUGH_RUNS
        noun = _noun(case.baseline, case.candidate)
        needed = "finite numbers" if is_enough else f"{ENOUGH_RUNS} {noun} on each side"
        overlap = f"the runs overlap, and a test needs {needed}"
        return _answer(VerdictKind.INCONCLUSIVE, f"{pair}; {overlap}.")
    beyond = f"beyond {limit}" if limit else "no tolerance is declared, so any difference counts"
    return _answer(_better_or_worse(case, after - before), f"{pair}, {beyond}.")


def _by_statistics(case: Case, found: Statistics, means: tuple[float, float]) -> Answer:
    level = f"{found.confidence * 100:g} %"
    bounds = f"{level} interval {_signed(found.low)} to {_signed(found.high)}"
    corrected = f", Holm over {found.judged_together}" if found.judged_together > 1 else ""
    test = f"{bounds}, {found.test}, {_chance(found.p_adjusted)}{corrected}"
    change = f"{_sides(case)}: {_signed(case.delta or 0.0)} ({test})"
    if case.delta == 0 and found.low == found.high:
        return _statistical(VerdictKind.EQUIVALENT, f"{_sides(case)}: no difference in any run.")
    is_large = exceeds_tolerance(*means, case.tolerance)
    is_proven = found.p_equivalence is not None and found.p_equivalence <= case.alpha
    if is_proven or (found.low == found.high and not is_large):  # nothing varies from run to run
        return _statistical(
            VerdictKind.EQUIVALENT, f"{change}; within the tolerance {case.tolerance}."
        )
    is_significant = found.p_adjusted <= case.alpha
    if is_significant and is_large and case.direction is Direction.UNKNOWN:
        unknown = "nobody said whether higher or lower is better"
        return _statistical(VerdictKind.INCONCLUSIVE, f"{change}; {unknown}.")
    if is_significant and is_large:
        return _statistical(_better_or_worse(case, case.delta or 0.0), f"{change}.")
    return _statistical(VerdictKind.INCONCLUSIVE, f"{change}; {_what_would_settle(case, found)}.")


def _statistical(kind: VerdictKind, reason: str) -> Answer:
    return _answer(kind, reason, by_tolerance=False)


def _what_would_settle(case: Case, found: Statistics) -> str:
    if found.p_value <= case.alpha < found.p_adjusted:
        # Its interval, which is of one test, leaves 0 out: without a word they contradict.
        alone, tests = _chance(found.p_value), f"{found.judged_together} tests"
        return f"{alone} alone, which is not enough among {tests}"
    if "permutation" in found.test:
        counts = case.baseline.n, case.candidate.n
        least = least_permutation_p(*counts, is_paired=found.test.startswith("paired"))
        if least > case.alpha:
            return f"so few runs cannot give less than {_chance(least)} by permutation"
    if not case.margin:
        return "with a declared tolerance this could also be called equivalent"
    if case.more_runs is None:
        return f"a difference of {format_number(case.margin)} would need more than 10,000 runs"
    runs = "run" if case.more_runs == 1 else "runs"
    return (
        f"about {case.more_runs:,} more {runs} on each side would settle "
        f"a difference of {format_number(case.margin)}"
    )


def _is_within(case: Case) -> bool:
    """Return whether no run of one side is further from one of the other than the tolerance."""
    return not any(
        exceeds_tolerance(before, after, case.tolerance)
        for before in case.baseline.values
        for after in case.candidate.values
    )


def _better_or_worse(case: Case, delta: float) -> VerdictKind:
    is_better = (delta > 0) == (case.direction is Direction.HIGHER)
    return VerdictKind.BETTER if is_better else VerdictKind.WORSE


def _overlap(case: Case) -> bool:
    before, after = case.baseline.values, case.candidate.values
    return min(after) <= max(before) and min(before) <= max(after)


def _sides(case: Case) -> str:
    """Return what stands against what, with the name of the value unless it is the last one."""
    if case.candidate.n == case.baseline.n == 1:
        sides = "One number against one number"
    else:
        sides = f"{_mean_of(case.candidate).capitalize()} against {_mean_of(case.baseline)}"
    return sides if case.value_name in ("", "last") else f"{sides} ({case.value_name})"


def _mean_of(side: Estimate) -> str:
    return "one run" if side.n == 1 else f"the mean of {side.n:,} {_noun(side)}"


def _noun(*sides: Estimate) -> str:
    """Return what is counted: runs, or seeds where several runs have the same one."""
    return "runs" if all(side.n == len(side.run_ids) for side in sides) else "seeds"


def _chance(p: float) -> str:
    return f"p = {format_number(p)}" if p >= 0.0001 else "p below 0.0001"


def _signed(number: float) -> str:
    return format_delta(number, None)
