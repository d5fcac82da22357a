"""A question with its test run, before it is known how many questions are asked together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.comparison import Direction
from rundiff.frozen import dataclass
from rundiff.judgement import Estimate, Statistics
from rundiff.stats.sample_size import runs_needed
from rundiff.stats.two_samples import (
    Difference,
    interval,
    is_testable,
    mean,
    mean_difference,
    p_above,
    p_equivalent,
    p_value,
    paired_difference,
    permutation_p_value,
    welch_difference,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.stats.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The runs of one recipe that have a number for the metric."""

    estimate: Estimate
    seeds: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A case before it is known how many are judged together."""

    case: Case
    difference: Difference | None
    test: str
    p_value: float
    spread: float  # standard deviation of one run (paired: of one difference)


def run_test(case: Case, sides: tuple[Side, Side], test: str) -> Question:
    """Return the case tested: paired where both sides have the same seeds, otherwise by Welch."""
    before, after = case.baseline.values, case.candidate.values
    order = _pairing(*sides)
    if order is not None:
        after = tuple(after[index] for index in order)
        difference = paired_difference(before, after)
        spread = difference.error * math.sqrt(len(before))
    else:
        difference = welch_difference(before, after)
        deviations = (mean_difference(one).error * math.sqrt(len(one)) for one in (before, after))
        spread = math.hypot(*deviations) / math.sqrt(2)
    if test == "permutation":
        name = "permutation test" if order is None else "paired permutation test"
        p = permutation_p_value(before, after, is_paired=order is not None)
    else:
        name = "Welch's t-test" if order is None else "paired t-test"
        p = p_value(difference)
    return Question(
        case=replace(case, delta=difference.delta),
        difference=difference,
        test=name,
        p_value=p,
        spread=spread,
    )


def with_statistics(question: Question, p_adjusted: float, count: int, confidence: float) -> Case:
    """Return the case with its statistics, corrected for ``count`` tests asked together."""
    case, difference = question.case, question.difference
    assert difference is not None
    low, high = interval(difference, confidence)
    statistics = Statistics(
        test=question.test,
        p_value=question.p_value,
        p_adjusted=p_adjusted,
        judged_together=count,
        confidence=confidence,
        low=low,
        high=high,
        p_equivalence=p_equivalent(difference, case.margin) if case.margin else None,
        p_not_worse=_p_not_worse(difference, case),
    )
    more = None
    if case.margin and question.spread > 0:
        needed = runs_needed(
            case.margin / question.spread,
            alpha=case.alpha / count,
            is_paired=question.test.startswith("paired"),
        )
        more = max(needed - min(case.baseline.n, case.candidate.n), 1) if needed else None
    return replace(case, statistics=statistics, more_runs=more)


def _p_not_worse(difference: Difference, case: Case) -> float | None:
    if case.direction is Direction.UNKNOWN:
        return None
    gain = difference
    if case.direction is Direction.LOWER:
        gain = replace(difference, delta=-difference.delta)
    return p_above(gain, -case.margin)


def _pairing(before: Side, after: Side) -> tuple[int, ...] | None:
    """Return the order of the candidate's runs that matches the baseline's seeds, if they do."""
    if not all(before.seeds) or len(set(before.seeds)) < len(before.seeds):
        return None
    places = {seed: index for index, seed in enumerate(after.seeds)}
    if len(places) < len(after.seeds) or places.keys() != set(before.seeds):
        return None
    return tuple(places[seed] for seed in before.seeds)


def build_estimate(seeds: Sequence[Mapping[str, float]], confidence: float) -> Estimate:
    """Return the mean over seeds, each with its runs' values, and its interval.

    A seed counts once, with the mean of its runs: the same seed again is not one more finding, and
    counted as one, 3 seeds run twice are called different by chance in 21 % of all cases, not in 5.
    Infinities and NaN stay.
    """
    numbers = tuple(_mean(tuple(runs.values())) for runs in seeds)
    low = high = None
    if len(numbers) > 1 and is_testable(numbers):
        low, high = interval(mean_difference(numbers), confidence)
    return Estimate(
        mean=_mean(numbers),
        n=len(numbers),
        low=low,
        high=high,
        values=numbers,
        run_ids=tuple(run_id for runs in seeds for run_id in runs),
    )


def _mean(numbers: Sequence[float]) -> float:
    """Return the mean; of infinite values the infinity that they share, otherwise NaN."""
    if all(map(math.isfinite, numbers)):
        return mean(numbers)
    special = {number for number in numbers if not math.isfinite(number)}
    return special.pop() if len(special) == 1 and not any(map(math.isnan, numbers)) else math.nan
