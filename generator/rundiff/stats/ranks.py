"""Rank statistics in plain Python: core needs no scipy for them, and ranks make them exact.

A rank is a whole or a half number, so sums of their products are exact in doubles up to a hundred
thousand values, whatever their order.
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def rank(numbers: Sequence[float]) -> list[float]:
    """Return the rank of each number from 1; equal numbers share the mean of their ranks."""
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    ranks = [0.0] * len(numbers)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and numbers[order[end]] == numbers[order[start]]:
            end += 1
        for place in order[start:end]:
            ranks[place] = (start + 1 + end) / 2
        start = end
    return ranks


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Spearman's correlation of two lists of ranks; 0 where either is constant.

    https://en.wikipedia.org/wiki/Spearman%27s_rank_correlation_coefficient
    """
    spread = math.sqrt(_scatter(one, one) * _scatter(other, other))
    return _scatter(one, other) / spread if spread else 0.0


def p_of_correlation(strength: float, count: int) -> float:
    """Return the two-sided chance of such a correlation of unrelated ranks: ρ·√(n−1) is normal."""
    return math.erfc(abs(strength) * math.sqrt(count - 1) / math.sqrt(2))


def group_share(groups: Sequence[Sequence[int]], ranks: Sequence[float]) -> float:
    """Return the share of the ranks' variance between groups of places; 0 where ranks are equal.

    It is H/(n−1) of Kruskal and Wallis, with their correction for ties
    (https://en.wikipedia.org/wiki/Kruskal%E2%80%93Wallis_test).
    """
    total = _scatter(ranks, ranks)
    if not total:
        return 0.0
    sums = [(sum(ranks[place] for place in group), len(group)) for group in groups]
    between = math.fsum(one * one / count for one, count in sums) - _centre(len(ranks))
    return min(max(between / total, 0.0), 1.0)


def p_of_groups(share: float, count: int, groups: int) -> float:
    """Return the chance of such a share where groups mean nothing: H is chi-square."""
    return chi_square_above(share * (count - 1), groups - 1)


def chi_square_above(value: float, freedom: int) -> float:
    """Return the chance that a chi-square variable of whole degrees of freedom exceeds a value.

    In closed form: https://dlmf.nist.gov/8.4 (8.4.10 and its half-integer counterpart 8.4.13).
    """
    half = value / 2
    if half <= 0:
        return 1.0
    first = 0.5 if freedom % 2 else 0.0
    powers = (first + step for step in range(freedom // 2))
    logs = (power * math.log(half) - half - math.lgamma(power + 1) for power in powers)
    tail = math.fsum(map(math.exp, logs))
    return min(tail + (math.erfc(math.sqrt(half)) if first else 0.0), 1.0)


def _scatter(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the sum of products about the mean, which of ranks is always (n+1)/2."""
    return float(sum(map(mul, one, other))) - _centre(len(one))


def _centre(count: int) -> float:
    return count * ((count + 1) / 2) ** 2
