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
from itertools import combinations, product
from typing import TYPE_CHECKING

from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_RELABELINGS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Candidate minus baseline: its estimate, standard error and degrees of freedom."""

    delta: float
    error: float
    freedom: float


def welch_difference(baseline: Sequence[float], candidate: Sequence[float]) -> Difference:
    """Return the difference of the means of two samples of at least two values each."""
    first = _variance(baseline) / len(baseline)
    second = _variance(candidate) / len(candidate)
    error = math.sqrt(first + second)
    freedom = math.inf
    if first + second > 0:
        # Shares of the sum: squares of the variances themselves could underflow.
        one, two = first / (first + second), second / (first + second)
        freedom = 1 / (one**2 / (len(baseline) - 1) + two**2 / (len(candidate) - 1))
    return Difference(delta=mean(candidate) - mean(baseline), error=error, freedom=freedom)


def paired_difference(baseline: Sequence[float], candidate: Sequence[float]) -> Difference:
    """Return the mean difference of pairs; at least two pairs."""
    pairs = [after - before for before, after in zip(baseline, candidate, strict=True)]
    error = math.sqrt(_variance(pairs) / len(pairs))
    return Difference(delta=mean(pairs), error=error, freedom=len(pairs) - 1)


def mean_difference(values: Sequence[float]) -> Difference:
    """Return the mean of one sample, to be bounded like a difference."""
    error = math.sqrt(_variance(values) / len(values))
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
    baseline: Sequence[float], candidate: Sequence[float], *, is_paired: bool, seed: int = 0
) -> float:
    """Return the share of relabelings whose means differ at least as much as they do.

    With more than 20,000 relabelings so many are drawn at random from a fixed seed, and the one
    that was seen counts as one of them, so that p is never 0.
    """
    if is_paired:
        pairs = [after - before for before, after in zip(baseline, candidate, strict=True)]
        return _flipped_p_value(pairs, seed)
    return _relabeled_p_value(baseline, candidate, seed)


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
    largest = max(map(abs, values))
    if not math.isfinite(largest):
        return math.fsum(values) / len(values)
    # A power of two, so that scaling loses nothing.
    scale = 2.0 ** (math.frexp(largest)[1] - 1)
    return math.fsum(value / scale for value in values) / len(values) * scale


def _variance(values: Sequence[float]) -> float:
    center = mean(values)
    return math.fsum((value - center) ** 2 for value in values) / (len(values) - 1)


def _tail(statistic: float, freedom: float) -> float:
    from scipy.special import ndtr, stdtr

    return float(ndtr(statistic) if math.isinf(freedom) else stdtr(freedom, statistic))


def _relabeled_p_value(baseline: Sequence[float], candidate: Sequence[float], seed: int) -> float:
    together = [*baseline, *candidate]
    size, total = len(candidate), math.fsum(together)
    seen = _spread(math.fsum(candidate), total, size, len(baseline))
    if math.comb(len(together), size) <= MOST_RELABELINGS:
        sums: Iterator[float] = (math.fsum(chosen) for chosen in combinations(together, size))
        return _share(seen, (_spread(part, total, size, len(baseline)) for part in sums))
    chance = random.Random(seed)  # noqa: S311 - a fixed seed: same input, same bytes
    drawn = (math.fsum(chance.sample(together, size)) for _ in range(MOST_RELABELINGS - 1))
    spreads = (_spread(part, total, size, len(baseline)) for part in drawn)
    return _share(seen, (seen, *spreads))


def _flipped_p_value(pairs: Sequence[float], seed: int) -> float:
    seen = abs(math.fsum(pairs))
    if 2 ** len(pairs) <= MOST_RELABELINGS:
        signs = product((1, -1), repeat=len(pairs))
        return _share(
            seen, (abs(math.fsum(map(float.__mul__, pairs, map(float, s)))) for s in signs)
        )
    chance = random.Random(seed)  # noqa: S311 - a fixed seed: same input, same bytes
    sums = (
        abs(math.fsum(pair if chance.random() < 0.5 else -pair for pair in pairs))
        for _ in range(MOST_RELABELINGS - 1)
    )
    return _share(seen, (seen, *sums))


def _spread(part: float, total: float, size: int, rest: int) -> float:
    """Return how far apart the means are when the candidates add up to ``part``."""
    return abs(part / size - (total - part) / rest)


def _share(seen: float, spreads: Iterator[float] | tuple[float, ...]) -> float:
    # The tolerance keeps a relabeling with the same mean, but for rounding, among the "at least".
    least = seen * (1 - 1e-12)
    flags = [spread >= least for spread in spreads]
    return sum(flags) / len(flags)
