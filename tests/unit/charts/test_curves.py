"""The curves of a page stay within their points, in the declared order."""

from __future__ import annotations

import math

import pytest
from rundiff.budgets import (
    FEWEST_COLUMNS,
    FEWEST_OTHER_COLUMNS,
    MOST_OTHER_POINTS,
    MOST_POINTS,
    Budgets,
)
from rundiff.charts.curves import Curves, choose_curves
from rundiff.charts.envelope import build_envelope
from rundiff.comparison import Comparison, Series

from tests.factories import Recorded, make_comparison

KEYS = ["loss", "score"]


def noisy(seed: int, length: int) -> list[float]:
    return [math.sin(seed + step * (step % 7)) for step in range(length)]


def comparison_of(runs: int, length: int, **budgets: int) -> Comparison:
    recorded = [
        Recorded(name=f"r{place:03}", metrics={key: noisy(place, length) for key in KEYS})
        for place in range(runs)
    ]
    return make_comparison(*recorded, columns=8, budgets=Budgets(**budgets))  # type: ignore[arg-type]


def curves_of(runs: int, length: int, **budgets: int) -> Curves:
    return choose_curves(comparison_of(runs, length, **budgets), KEYS)


def test_few_points_are_all_there_and_exact() -> None:
    curves = curves_of(3, 50)
    assert curves.points == 300
    assert (curves.columns, curves.other_columns) == (0, 0)
    assert all(curve.is_exact for curve in curves.own)


def test_by_default_compared_runs_and_others_have_a_room_each() -> None:
    curves = curves_of(40, 2_000)
    own = sum(len(curve.kept) for curve in curves.own)
    others = sum(len(curve.kept) for curve in curves.others)
    assert MOST_POINTS / 2 < own <= MOST_POINTS
    assert 0 < others <= MOST_OTHER_POINTS
    assert len({curve.series.run_id for curve in curves.others}) == 32


@pytest.mark.parametrize("points", [1, 10, 63, 64, 500, 1_000, 2_000, 7_777, 20_000, 24_000])
def test_points_are_never_more_than_asked_for(points: int) -> None:
    curves = curves_of(30, 400, points=points)
    assert curves.points <= points
    assert points < 64 or curves.points > points / 3


def test_curves_get_coarser_before_any_is_left_out() -> None:
    own, others = 8 * 2, 22 * 2
    floor = own * 4 * FEWEST_COLUMNS + others * (2 * FEWEST_OTHER_COLUMNS + 2)
    whole = curves_of(30, 400, points=floor)
    assert (len(whole.own), len(whole.others)) == (own, others)
    tighter = curves_of(30, 400, points=own * 4 * FEWEST_COLUMNS + others * FEWEST_OTHER_COLUMNS)
    assert len(tighter.own) == own
    assert 0 < len(tighter.others) < others
    tightest = curves_of(30, 400, points=100)
    assert len(tightest.own) == own
    assert tightest.others == ()


def test_a_budget_for_all_points_brings_all_back() -> None:
    curves = curves_of(30, 400, points=30 * 400 * 2)
    assert curves.points == 30 * 400 * 2
    assert (curves.columns, curves.other_columns) == (0, 0)
    assert all(curve.is_exact for curve in (*curves.own, *curves.others))


def test_a_line_full_of_gaps_stays_within_its_points() -> None:
    gaps = [math.nan if step % 3 == 0 else float(step % 3 + step) for step in range(5_000)]
    comparison = make_comparison(
        Recorded(name="a", metrics={"loss": gaps}), budgets=Budgets(points=300)
    )
    assert choose_curves(comparison, ["loss"]).points <= 300


def test_the_envelope_holds_every_point_of_every_run() -> None:
    series = [
        Series(
            run_id=f"r{place}",
            key="loss",
            steps=[float(step) for step in range(0, 300, place + 1)],
            times=[],
            values=noisy(place, len(range(0, 300, place + 1))),
        )
        for place in range(9)
    ]
    envelope = build_envelope("loss", series)
    assert envelope is not None
    assert envelope.runs == 9
    assert (envelope.steps[0], envelope.steps[-1]) == (0.0, 299.0)
    values = [value for one in series for value in one.values]
    assert (min(envelope.low), max(envelope.high)) == (min(values), max(values))
    for low, first, last, high in zip(
        envelope.low, envelope.first_quarter, envelope.last_quarter, envelope.high, strict=True
    ):
        assert low <= first <= last <= high


def test_gaps_and_lone_steps_make_no_envelope() -> None:
    lone = Series(run_id="a", key="x", steps=[3.0], times=[], values=[1.0])
    nothing = Series(run_id="b", key="x", steps=[1.0, 2.0], times=[], values=[math.nan] * 2)
    assert build_envelope("x", [lone]) is None
    assert build_envelope("x", [nothing]) is None
