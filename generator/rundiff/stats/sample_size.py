"""How many runs settle a question: the power of a two-sided t-test.

By the noncentral t distribution: https://en.wikipedia.org/wiki/Noncentral_t-distribution#Use_in_power_analysis
"""

from __future__ import annotations

import math

POWER = 0.8
MOST_RUNS = 10_000


def t_test_power(effect: float, n: int, *, alpha: float, is_paired: bool = False) -> float:
    """Return the chance to find a true effect with ``n`` runs on each side.

    ``effect`` is the true difference in standard deviations of one run (paired: of one
    difference).
    """
    from scipy.special import nctdtr, stdtrit

    freedom = n - 1 if is_paired else 2 * (n - 1)
    shift = effect * math.sqrt(n if is_paired else n / 2)
    if shift > 35:  # beyond what the noncentral t is computed for; the chance is 1
        return 1.0
    critical = float(stdtrit(freedom, 1 - alpha / 2))
    return float(1 - nctdtr(freedom, shift, critical) + nctdtr(freedom, shift, -critical))


def runs_needed(effect: float, *, alpha: float, is_paired: bool = False) -> int | None:
    """Return the least n on each side that finds the effect with a chance of 80 %.

    None where more than ten thousand would be needed, or there is no effect to find.
    """
    if not effect > 0:
        return None
    low, high = 1, 2
    while t_test_power(effect, high, alpha=alpha, is_paired=is_paired) < POWER:
        low, high = high, high * 2
        if low >= MOST_RUNS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if t_test_power(effect, middle, alpha=alpha, is_paired=is_paired) < POWER:
            low = middle
        else:
            high = middle
    return high if high <= MOST_RUNS else None
