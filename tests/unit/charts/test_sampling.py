"""Downsampled curves keep what the eye sees: ends and extremes of every pixel column."""

from __future__ import annotations

import math
from array import array
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rundiff.charts import sampling
from rundiff.charts.sampling import (
    MOST_STRETCHES,
    column_ends,
    extent_of,
    finite_values,
    low_high,
    m4,
)

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


Interval = tuple[float, float]


def raster(xs: list[float], ys: list[float], columns: int) -> list[list[Interval]]:
    """Return what a drawn line covers in each pixel column, as intervals that do not touch.

    A line is drawn between neighbours that are both finite, and covers in a column all heights
    between where it enters and leaves it.
    """
    first, last = xs[0], xs[-1]
    width = (last - first) / columns
    covered: list[list[Interval]] = [[] for _ in range(columns)]
    for (x0, y0), (x1, y1) in pairwise(zip(xs, ys, strict=True)):
        if not (math.isfinite(y0) and math.isfinite(y1)):
            continue
        begin, end = column_of(x0, xs, columns), column_of(x1, xs, columns)
        for column in range(begin, end + 1):
            left = (
                y0
                if column == begin
                else y0 + (y1 - y0) * ((first + column * width - x0) / (x1 - x0))
            )
            right = (
                y1
                if column == end
                else y0 + (y1 - y0) * ((first + (column + 1) * width - x0) / (x1 - x0))
            )
            covered[column].append((min(left, right), max(left, right)))
    return [merged(each) for each in covered]


def column_of(x: float, xs: list[float], columns: int) -> int:
    edges = [xs[0] + (xs[-1] - xs[0]) * column / columns for column in range(1, columns)]
    return sum(edge <= x for edge in edges)


def merged(intervals: list[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return found


@st.composite
def shapes(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    """Return a line as runs log them: noise, slopes and plateaus with spikes, gaps, infinities."""
    ys: list[float] = []
    for _ in range(draw(st.integers(1, 6))):
        length, level = draw(st.integers(1, 60)), draw(st.floats(-100, 100))
        slope, noise = draw(st.floats(-1, 1)), draw(st.sampled_from([0.0, 0.1, 30.0]))
        chance = draw(st.randoms(use_true_random=False))
        ys += [level + slope * at + noise * chance.uniform(-1, 1) for at in range(length)]
    odd = st.sampled_from([math.nan, math.inf, -math.inf, 1e6, -1e6])
    for _ in range(draw(st.integers(0, 5))):
        at, length = draw(st.integers(0, len(ys) - 1)), draw(st.integers(1, 12))
        ys[at : at + length] = [draw(odd)] * len(ys[at : at + length])
    gaps = draw(
        st.lists(st.sampled_from([1.0, 1.0, 2.0, 17.5]), min_size=len(ys), max_size=len(ys))
    )
    return list(accumulate(gaps)), ys


@settings(max_examples=150)
@given(shapes(), st.integers(1, 30))
def test_the_sampled_line_covers_the_same_pixels(
    shape: tuple[list[float], list[float]], columns: int
) -> None:
    xs, ys = shape
    if len(xs) < 2:
        return
    kept = m4(xs, ys, columns)
    sampled = raster([xs[at] for at in kept], [ys[at] for at in kept], columns)
    assert sampled == raster(xs, ys, columns)


def test_gaps_of_a_column_stay_where_nothing_else_covers_them() -> None:
    ys = [0.0, 1.0, math.nan, 8.0, 9.0, math.nan, 4.0, 5.0, math.nan, 0.2, 0.8, math.nan, 0.0, 1.0]
    kept = m4([float(at) for at in range(len(ys))], ys, 1)
    assert [ys[at] for at in kept if math.isfinite(ys[at])] == [0, 1, 8, 9, 4, 5, 0, 1]


def test_a_line_of_gaps_does_not_defeat_the_sampling() -> None:
    ys = [math.nan if at % 3 == 2 else float(at % 3 + at) for at in range(30_000)]
    kept = m4([float(at) for at in range(len(ys))], ys, 10)
    assert len(kept) <= 10 * (MOST_STRETCHES + 4) * 4


@given(values, st.integers(1, 20))
def test_lowest_and_highest_of_each_column_and_both_ends_survive(
    ys: list[float], columns: int
) -> None:
    xs = [float(index) for index in range(len(ys))]
    kept = low_high(xs, ys, columns)
    assert kept == sorted(set(kept))
    assert (kept[0], kept[-1]) == (0, len(ys) - 1)
    if len(ys) <= 2 * columns or not all(map(math.isfinite, ys)):
        return
    ends = [*column_ends(xs, columns), (len(ys), len(ys))]
    for (begin, end), (_, after) in pairwise(ends):
        # A slope that goes on into the next column has its end there.
        near = [ys[at] for at in kept if begin <= at < after]
        assert min(near) <= min(ys[begin:end])
        assert max(near) >= max(ys[begin:end])


def test_a_slope_costs_one_point_a_column() -> None:
    xs = [float(index) for index in range(1_000)]
    assert low_high(xs, xs, 10) == [*range(0, 1_000, 100), 999]
