"""Two samples against each other: t-tests, a permutation test, equivalence, intervals.

Only ``scipy.special`` is used, for the t distribution: importing ``scipy.stats`` costs about ten
times as much, and every formula here is one line. Tests compare p-values and intervals with
``scipy.stats`` to 1e-9. Sums are exact (``math.fsum``), so the order of runs does not matter.

Formulas:

- Welch's t-test: https://en.wikipedia.org/wiki/Welch%27s_t-test
- paired t-test: https://en.wikipedia.org/wiki/Paired_difference_test
- equivalence by two one-sided tests: https://en.wikipedia.org/wiki/Equivalence_test#TOST_procedure
- permutation test: https://en.wikipedia.org/wiki/Permutation_test; exact, over all relabelings,
  where there are at most 20,000
- Holm: https://en.wikipedia.org/wiki/Holm%E2%80%93Bonferroni_method
"""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import chain, combinations, product
from operator import mul
from typing import TYPE_CHECKING

from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_RELABELINGS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Candidate minus baseline: its estimate, standard error and degrees of freedom."""

    delta: float
    error: float
    freedom: float


def is_testable(values: Sequence[float]) -> bool:
    """Tell whether the values and the differences between them are finite, as all here must be."""
    return all(map(math.isfinite, values)) and math.isfinite(max(values) - min(values))


def welch_difference(baseline: Sequence[float], candidate: Sequence[float]) -> Difference:
    """Return the difference of the means of two samples of at least two values each."""
    scale = _scale((*baseline, *candidate))
    first = _variance(baseline, scale) / len(baseline)
    second = _variance(candidate, scale) / len(candidate)
    freedom = math.inf
    if first + second > 0:
        # Shares of the sum: squares of the variances themselves could underflow.
        one, two = first / (first + second), second / (first + second)
        freedom = 1 / (one**2 / (len(baseline) - 1) + two**2 / (len(candidate) - 1))
    return Difference(
        delta=mean(candidate) - mean(baseline),
        error=math.sqrt(first + second) * scale,
        freedom=freedom,
    )


def paired_difference(baseline: Sequence[float], candidate: Sequence[float]) -> Difference:
    """Return the mean difference of pairs; at least two pairs."""
    return mean_difference(
        [after - before for before, after in zip(baseline, candidate, strict=True)]
    )


def mean_difference(values: Sequence[float]) -> Difference:
    """Return the mean of one sample, to be bounded like a difference."""
    scale = _scale(values)
    error = math.sqrt(_variance(values, scale) / len(values)) * scale
    return Difference(delta=mean(values), error=error, freedom=len(values) - 1)


def p_value(difference: Difference) -> float:
    """Return the two-sided p-value of "there is no difference"."""
    if difference.error == 0:
        return 1.0 if difference.delta == 0 else 0.0
    return 2 * _tail(-abs(difference.delta) / difference.error, difference.freedom)


def p_equivalent(difference: Difference, margin: float) -> float:
    """Return the p-value of "the difference is at least the margin", the larger of both sides."""
    opposite = Difference(
        delta=-difference.delta, error=difference.error, freedom=difference.freedom
    )
    return max(p_above(difference, -margin), p_above(opposite, -margin))


def p_above(difference: Difference, bound: float) -> float:
    """Return the one-sided p-value of "the difference is at most the bound"."""
    if difference.error == 0:
        return 0.0 if difference.delta > bound else 1.0
    return _tail((bound - difference.delta) / difference.error, difference.freedom)


def interval(difference: Difference, confidence: float) -> tuple[float, float]:
    """Return the two-sided confidence interval of the difference."""
    if difference.error == 0:
        return difference.delta, difference.delta
    from scipy.special import stdtrit

    reach = float(stdtrit(difference.freedom, (1 + confidence) / 2)) * difference.error
    return difference.delta - reach, difference.delta + reach


def permutation_p_value(
    baseline: Sequence[float], candidate: Sequence[float], *, is_paired: bool
) -> float:
    """Return the share of relabelings whose means differ at least as much as they do.

    With more than 20,000 relabelings so many are drawn at random from a fixed seed, and the one
    that was seen counts as one of them, so that p is never 0.
    """
    before, after = _whole_numbers(baseline, candidate)
    if is_paired:
        return _flipped_p_value([two - one for one, two in zip(before, after, strict=True)])
    return _relabeled_p_value(before, after)


def least_permutation_p(baseline: int, candidate: int, *, is_paired: bool) -> float:
    """Return the least p-value that a permutation test can give with so many runs."""
    if is_paired:
        return 2.0 ** (1 - baseline)
    mirrored = 2 if baseline == candidate else 1  # both labels swapped differ as much
    return mirrored / math.comb(baseline + candidate, candidate)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the p-values adjusted for having looked at all of them."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    order = sorted(range(len(p_values)), key=lambda index: (p_values[index], index))
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean, exact to the last rounding and safe from overflow."""
    if min(values) == max(values):
        return values[0]  # exactly, so that equal values have no spread
    scale = _scale(values)
    return math.fsum(value / scale for value in values) / len(values) * scale


def _scale(values: Sequence[float]) -> float:
    """Return what to measure the values in, lest squares or sums of them leave the doubles.

    It is a power of two, so that scaling loses nothing.
    """
    return float(2.0 ** (math.frexp(max(map(abs, values)))[1] - 1))


def _variance(values: Sequence[float], scale: float) -> float:
    center = mean(values)
    return math.fsum(((value - center) / scale) ** 2 for value in values) / (len(values) - 1)


def _tail(statistic: float, freedom: float) -> float:
    from scipy.special import ndtr, stdtr

    return float(ndtr(statistic) if math.isinf(freedom) else stdtr(freedom, statistic))


def _whole_numbers(*samples: Sequence[float]) -> list[list[int]]:
    """Return the numbers, in decimals as people wrote them, in a unit in which all are whole.

    Sums of doubles are off in the last place, and a relabeling with the same means is then found
    to differ less: 0.9008 + 0.9003 + 0.9009 against 0.9 · 3 + 0.002 made p 0.75 instead of 0.9.
    """
    exact = [[Fraction(repr(value)) for value in sample] for sample in samples]
    unit = math.lcm(*(value.denominator for sample in exact for value in sample))
    return [[int(value * unit) for value in sample] for sample in exact]


def _relabeled_p_value(baseline: Sequence[int], candidate: Sequence[int]) -> float:
    together = [*baseline, *candidate]
    size, count, total = len(candidate), len(together), sum(together)

    def apart(chosen: Sequence[int]) -> int:
        """Return how far apart the means are, in a unit common to all relabelings."""
        return abs(sum(chosen) * count - total * size)

    seen = apart(candidate)
    if math.comb(count, size) <= MOST_RELABELINGS:
        return _share(seen, map(apart, combinations(together, size)))
    chance = random.Random(0)  # noqa: S311 - a fixed seed: same input, same bytes
    drawn = (apart(chance.sample(together, size)) for _ in range(MOST_RELABELINGS - 1))
    return _share(seen, chain((seen,), drawn))


def _flipped_p_value(pairs: Sequence[int]) -> float:
    seen = abs(sum(pairs))
    if 2 ** len(pairs) <= MOST_RELABELINGS:
        signs = product((1, -1), repeat=len(pairs))
        return _share(seen, (abs(sum(map(mul, pairs, chosen))) for chosen in signs))
    chance = random.Random(0)  # noqa: S311 - a fixed seed: same input, same bytes
    sums = (
        abs(sum(pair if chance.random() < 0.5 else -pair for pair in pairs))
        for _ in range(MOST_RELABELINGS - 1)
    )
    return _share(seen, chain((seen,), sums))


def _share(seen: int, relabeled: Iterable[int]) -> float:
    flags = [one >= seen for one in relabeled]
    return sum(flags) / len(flags)
