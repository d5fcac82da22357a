"""The t-tests, intervals and permutation tests are scipy's own, to 1e-9."""

import math
import random
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.stats.two_samples import (
    Difference,
    holm,
    interval,
    least_permutation_p,
    mean,
    p_equivalent,
    p_value,
    paired_difference,
    permutation_p_value,
    welch_difference,
)
from scipy import stats

CLOSE = 1e-9
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 6))


def samples(size: int, count: int = 60) -> list[tuple[list[float], list[float]]]:
    """Return pairs of samples of many scales and shifts."""
    chance = random.Random(size)
    found = []
    for _ in range(count):
        scale, shift = 10 ** chance.uniform(-6, 6), chance.uniform(-3, 3)
        first = [chance.gauss(0, scale) for _ in range(size)]
        second = [
            chance.gauss(shift * scale, 2 * scale) for _ in range(size + chance.choice((0, 3)))
        ]
        found.append((first, second))
    return found


@pytest.mark.parametrize("size", [2, 3, 5, 20, 100])
def test_welch_equals_scipy(size: int) -> None:
    for baseline, candidate in samples(size):
        difference = welch_difference(baseline, candidate)
        expected = stats.ttest_ind(candidate, baseline, equal_var=False)
        low, high = expected.confidence_interval(0.95)
        scale = max(abs(low), abs(high))
        assert p_value(difference) == pytest.approx(expected.pvalue, abs=CLOSE, rel=CLOSE)
        assert interval(difference, 0.95) == pytest.approx((low, high), abs=CLOSE * scale)


@pytest.mark.parametrize("size", [2, 3, 5, 20])
def test_paired_equals_scipy(size: int) -> None:
    for baseline, longer in samples(size):
        candidate = longer[:size]
        difference = paired_difference(baseline, candidate)
        expected = stats.ttest_rel(candidate, baseline)
        low, high = expected.confidence_interval(0.9)
        scale = max(abs(low), abs(high))
        assert p_value(difference) == pytest.approx(expected.pvalue, abs=CLOSE, rel=CLOSE)
        assert interval(difference, 0.9) == pytest.approx((low, high), abs=CLOSE * scale)


def test_equivalence_equals_two_one_sided_tests() -> None:
    for baseline, candidate in samples(6):
        margin = 2 * float(np.std(baseline))
        shifted = [stats.ttest_ind([x + m for x in candidate], baseline, equal_var=False,
                                   alternative=side).pvalue
                   for m, side in ((margin, "greater"), (-margin, "less"))]  # fmt: skip
        found = p_equivalent(welch_difference(baseline, candidate), margin)
        assert found == pytest.approx(max(shifted), abs=CLOSE, rel=CLOSE)


@pytest.mark.parametrize("size", [3, 4, 5])
def test_exact_permutation_equals_scipy(size: int) -> None:
    for baseline, longer in samples(size, 5):
        candidate = longer[:size]
        expected = stats.permutation_test(
            (candidate, baseline),
            lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis),
            n_resamples=np.inf,
        )
        found = permutation_p_value(baseline, candidate, is_paired=False)
        # scipy doubles the smaller tail, which is the same for samples of equal size.
        assert found == pytest.approx(expected.pvalue, abs=CLOSE)


def test_random_permutations_are_the_same_every_time() -> None:
    baseline, candidate = [float(x) for x in range(20)], [x + 4.0 for x in range(20)]
    first = permutation_p_value(baseline, candidate, is_paired=False)
    assert first == permutation_p_value(baseline, candidate, is_paired=False)
    exact = stats.ttest_ind(candidate, baseline).pvalue
    assert first == pytest.approx(exact, abs=0.02)


def test_no_spread_is_certain_and_nothing_breaks() -> None:
    same, other = [0.5, 0.5, 0.5], [0.7, 0.7, 0.7]
    assert p_value(welch_difference(same, same)) == 1.0
    assert p_value(welch_difference(same, other)) == 0.0
    assert interval(welch_difference(same, same), 0.95) == (0.0, 0.0)
    assert p_equivalent(welch_difference(same, same), 0.1) == 0.0


@given(st.lists(numbers, min_size=2, max_size=8), st.lists(numbers, min_size=2, max_size=8))
def test_p_values_are_probabilities(baseline: list[float], candidate: list[float]) -> None:
    difference = welch_difference(baseline, candidate)
    low, high = interval(difference, 0.95)
    assert 0 <= p_value(difference) <= 1
    assert low <= difference.delta <= high


def test_a_mean_beyond_the_range_of_doubles_is_found() -> None:
    assert mean([1.5e308, 1.5e308]) == 1.5e308
    assert mean([1e-320, 3e-320]) == pytest.approx(2e-320, rel=1e-3)


@pytest.mark.parametrize(
    ("given_p", "expected"),
    [
        ((), ()),
        ((0.03,), (0.03,)),
        ((0.01, 0.04, 0.03), (0.03, 0.06, 0.06)),
        ((0.5, 0.9), (1.0, 1.0)),
        ((0.02, 0.02), (0.04, 0.04)),
    ],
)
def test_holm(given_p: tuple[float, ...], expected: tuple[float, ...]) -> None:
    assert holm(given_p) == pytest.approx(expected)


def _shift(difference: Difference, by: float) -> Difference:
    return Difference(
        delta=difference.delta + by, error=difference.error, freedom=difference.freedom
    )


@pytest.mark.parametrize("make", [welch_difference, paired_difference])
def test_a_larger_difference_has_a_smaller_p_value(
    make: Callable[[Sequence[float], Sequence[float]], Difference],
) -> None:
    start = make([0.1, 0.2, 0.3], [0.15, 0.3, 0.32])
    found = [p_value(_shift(start, by)) for by in (0, 0.1, 0.2, 0.4)]
    assert found == sorted(found, reverse=True)
    assert not any(map(math.isnan, found))


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_numbers_at_the_ends_of_the_doubles_are_tested_like_any(scale: float) -> None:
    """Their squares are no doubles."""
    before, after = [1.0, 2.0, 3.5], [2.0, 3.1, 4.0]
    usual = welch_difference(before, after)
    found = welch_difference([x * scale for x in before], [x * scale for x in after])
    assert p_value(found) == pytest.approx(p_value(usual))
    assert found.error / scale == pytest.approx(usual.error)


def permuted_exactly(before: Sequence[float], after: Sequence[float]) -> float:
    first, second = ([round(x * 10_000) for x in side] for side in (before, after))
    total = sum(first) + sum(second)
    seen = abs(sum(second) * 2 - total)
    apart = [abs(sum(chosen) * 2 - total) for chosen in combinations(first + second, len(second))]
    return sum(one >= seen for one in apart) / len(apart)


def test_relabelings_that_differ_as_much_are_counted_however_doubles_round() -> None:
    """Accuracies of four digits tie often, and in doubles their sums do not."""
    chance = random.Random(1)
    for _ in range(200):
        before, after = ([round(0.9 + chance.randint(0, 9) / 1e4, 4) for _ in range(3)]
                         for _ in range(2))  # fmt: skip
        found = permutation_p_value(before, after, is_paired=False)
        assert found == permuted_exactly(before, after)


def test_pairs_that_differ_as_much_are_counted_however_doubles_round() -> None:
    before, after = [0.9008, 0.9006, 0.9005], [0.901, 0.9009, 0.9002]  # +2, +3 and −3
    assert permutation_p_value(before, after, is_paired=True) == 1.0


@pytest.mark.parametrize("is_paired", [False, True])
@pytest.mark.parametrize("count", [3, 4, 5])
def test_the_least_p_value_is_that_of_samples_far_apart(count: int, *, is_paired: bool) -> None:
    before, after = [1.0 * x for x in range(count)], [100.0 + x for x in range(count)]
    found = permutation_p_value(before, after, is_paired=is_paired)
    assert found == pytest.approx(least_permutation_p(count, count, is_paired=is_paired))
    if not is_paired:
        more = permutation_p_value(before, [*after, 200.0], is_paired=False)
        assert more == pytest.approx(least_permutation_p(count, count + 1, is_paired=False))
