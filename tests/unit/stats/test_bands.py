"""The band of replicates: its interval at each step, and an honest count of the runs in it."""

import math

import numpy as np
import pytest
from rundiff.comparison import Series
from rundiff.judgement import Band
from rundiff.stats.bands import MOST_STEPS, build_band
from scipy import stats

from tests.factories import Recorded, make_comparison


def band(*curves: list[float], steps: list[list[float]] | None = None) -> Band | None:
    histories = [
        Series(
            run_id=f"r{place}",
            key="m",
            steps=(steps[place] if steps else list(range(len(values)))),
            times=[-1] * len(values),
            values=values,
        )
        for place, values in enumerate(curves)
    ]
    return build_band("m", "r0", histories, confidence=0.95)


def test_the_interval_is_scipys() -> None:
    curves = [[1.0, 2.0, 4.0], [1.5, 2.5, 3.0], [0.5, 2.2, 3.7], [1.1, 2.1, 3.9]]
    found = band(*curves)
    assert found is not None
    for place in range(3):
        values = [curve[place] for curve in curves]
        low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
        assert (found.low[place], found.high[place]) == pytest.approx((low, high), abs=1e-9)
    assert found.counts == (4, 4, 4)
    assert found.note == ""


def test_a_mean_that_rises_only_because_runs_end_says_so() -> None:
    """The bad runs end early; what is left looks better, and no run ever improved."""
    good, bad = [0.9] * 10, [0.1] * 4
    found = band(good, good, good, bad, bad)
    assert found is not None
    assert found.counts == (5, 5, 5, 5, 3, 3, 3, 3, 3, 3)
    assert found.note == "5 runs until step 3, 3 at the end"
    assert found.high[3] > found.high[4] == found.low[4] == 0.9


def test_with_fewer_than_three_runs_left_there_is_no_interval() -> None:
    found = band([1.0] * 5, [2.0] * 5, [3.0] * 2)
    assert found is not None
    assert found.counts == (3, 3, 2, 2, 2)
    assert all(map(math.isnan, found.low[2:]))


def test_two_runs_have_no_band() -> None:
    assert band([1.0] * 5, [2.0] * 5) is None


def test_runs_that_log_at_other_steps_keep_their_last_value() -> None:
    found = band([1.0, 3.0], [1.0, 3.0], [1.0, 2.0, 3.0], steps=[[0, 10], [0, 10], [0, 5, 10]])
    assert found is not None
    assert list(found.steps) == [0, 5, 10]
    low, high = stats.t.interval(0.95, 2, 4 / 3, stats.sem([1.0, 1.0, 2.0]))
    assert (found.low[1], found.high[1]) == pytest.approx((low, high))


def test_values_that_are_no_numbers_are_left_out() -> None:
    found = band([1.0, math.nan, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, math.inf])
    assert found is not None
    assert found.counts == (3, 3, 2)


def test_long_histories_are_thinned_with_every_end_kept() -> None:
    found = band([0.0] * 5_000, [1.0] * 3_333, [2.0] * 5_000)
    assert found is not None
    assert len(found.steps) <= MOST_STEPS + 6
    assert {0, 3_332, 4_999} <= set(found.steps)


def test_runs_that_are_no_columns_count_too() -> None:
    runs = [
        Recorded(name=f"{recipe}{seed}", params={"recipe": recipe, "seed": seed},
                 metrics={"m": [float(seed), 1.0 + seed, 2.0 + seed]})
        for recipe in ("a", "b")
        for seed in range(4)
    ]  # fmt: skip
    comparison = make_comparison(*runs, columns=2)
    assert [max(found.counts) for found in comparison.bands["m"]] == [4, 4]
    ids = {run.run_id for run in comparison.compared}
    assert {found.run_id for found in comparison.bands["m"]} <= ids
    alone = make_comparison(Recorded(name="x", metrics={"m": [1.0, 2.0]}), Recorded(name="y"))
    assert alone.bands == {}


@pytest.mark.parametrize("ends", [(1.7e308, 1.6e308, -1.7e308), (1.7e308, 1.6e308, 1.2e308)])
def test_an_interval_beyond_the_doubles_is_none(ends: tuple[float, ...]) -> None:
    found = band(*([1.0, end] for end in ends))
    assert found is not None
    assert (found.low[0], found.high[0]) == (1.0, 1.0)
    assert math.isnan(found.low[1])
    assert math.isnan(found.high[1])
