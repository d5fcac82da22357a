"""Downsampled curves keep what the eye sees: ends and extremes of every pixel column."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.charts import sampling
from rundiff.charts.sampling import extent_of, finite_values, m4

values = st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=400)


@given(values, st.integers(1, 20))
def test_first_last_and_extremes_survive(ys: list[float], columns: int) -> None:
    xs = [float(index) for index in range(len(ys))]
    kept = m4(xs, ys, columns)
    assert kept == sorted(set(kept))
    assert kept[0] == 0
    assert kept[-1] == len(ys) - 1
    finite = [value for value in ys if math.isfinite(value)]
    if finite:
        left = [ys[index] for index in kept if math.isfinite(ys[index])]
        assert (min(left), max(left)) == (min(finite), max(finite))
    assert any(map(math.isnan, ys)) == any(math.isnan(ys[index]) for index in kept)


def test_few_points_all_stay() -> None:
    assert m4([0.0, 1.0, 2.0], [5.0, 6.0, 7.0], 10) == [0, 1, 2]


def test_each_column_keeps_its_spike() -> None:
    ys = [0.0] * 1000
    ys[123], ys[777] = 9.0, -9.0
    kept = m4([float(index) for index in range(1000)], ys, 10)
    assert {123, 777} <= set(kept)
    assert len(kept) <= 40


def test_one_step_logged_many_times_is_reduced_by_position() -> None:
    kept = m4([1.0] * 500, [float(index % 7) for index in range(500)], 5)
    assert len(kept) <= 20
    assert (kept[0], kept[-1]) == (0, 499)


@given(
    st.lists(
        st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf]),
        min_size=1, max_size=400, unique_by=repr,
    ),
    st.integers(1, 20),
)  # fmt: skip
def test_long_series_keep_the_same_points(ys: list[float], columns: int) -> None:
    xs = array("d", range(len(ys)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sampling, "LONG", 1)
        for given_ys in (array("d", ys), memoryview(array("d", ys))):
            assert m4(xs, given_ys, columns) == m4(xs, ys, columns)
            assert list(finite_values(given_ys)) == [each for each in ys if math.isfinite(each)]
            if all(map(math.isfinite, ys)):
                assert extent_of(given_ys) == (min(ys), max(ys))
