"""The Pareto front of a scatter: who is on it, and what is said and drawn of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.charts.front import Point, describe_front, find_front
from rundiff.charts.section import build_charts
from rundiff.comparison import Direction
from rundiff.selected import load_selected

from tests.factories import Recorded, make_comparison

DIRECTIONS = (Direction.HIGHER, Direction.LOWER)
LOWER = (Direction.LOWER, Direction.LOWER)
(WHOLE,) = make_comparison(Recorded(name="whole")).runs
FRONT = "Dashed: the Pareto front,"
NUMBERS = st.integers(0, 6).map(float)


def points_of(pairs: Sequence[tuple[float, float]]) -> list[Point]:
    names = [f"run {at}" for at in range(len(pairs))]
    runs = make_comparison(*(Recorded(name=name) for name in names)).runs
    return [(run, x, y) for run, (x, y) in zip(runs, pairs, strict=True)]


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9),
    st.sampled_from(list(product(DIRECTIONS, DIRECTIONS))),
)
def test_nothing_dominates_the_front_and_all_else_is_dominated(
    pairs: list[tuple[float, float]], directions: tuple[Direction, Direction]
) -> None:
    def cost(pair: tuple[float, float]) -> tuple[float, ...]:
        signs = (-1 if one is Direction.HIGHER else 1 for one in directions)
        return tuple(sign * number for sign, number in zip(signs, pair, strict=True))

    def is_dominated(pair: tuple[float, float]) -> bool:
        mine = cost(pair)
        return any(
            all(a <= b for a, b in zip(cost(other), mine, strict=True)) and cost(other) != mine
            for other in pairs
        )

    found = [point[1:] for point in find_front([(WHOLE, x, y) for x, y in pairs], directions)]
    assert sorted(found) == sorted(pair for pair in pairs if not is_dominated(pair))
    assert [x for x, _ in found] == sorted(x for x, _ in found)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(1, 9), (2, 8), (3, 9)], f"{FRONT} 2 runs that no other dominates: run 0, run 1."),
        ([(1, 1), (2, 8), (3, 9)], "No run is better on either metric than run 0."),
        ([(1, 1), (1, 1), (3, 9)], "No run is better on either metric than run 0 or run 1."),
        ([(n, 9 - n) for n in range(5)], f"{FRONT} 5 runs that no other dominates."),
        ([(1, 1)] * 5, ""),
    ],
)  # fmt: skip
def test_a_front_is_told_by_name_where_it_is_small(
    pairs: list[tuple[float, float]], said: str
) -> None:
    points = points_of(pairs)
    assert describe_front(find_front(points, LOWER), points) == said


def test_a_run_that_crashed_is_not_on_the_front() -> None:
    points = points_of([(1, 9), (2, 8)])
    crashed = [(replace(run, status="failed"), 0.0, 0.0) for run, _, _ in points[:1]]
    front = find_front([*points, *crashed], LOWER)
    assert front == points
    said = f"{FRONT} 2 finished runs that no other dominates: run 0, run 1."
    assert describe_front(front, [*points, *crashed]) == said
    assert describe_front(find_front(crashed, LOWER), crashed) == ""


@pytest.mark.parametrize(("goal", "steps"), [("min", "HV"), ("max", "VH")])
def test_the_front_is_drawn_on_the_side_of_what_it_dominates(goal: str, steps: str) -> None:
    runs = [
        Recorded(name=f"r{at}", metrics={"accuracy": 0.9 + at / 100, "latency": 1.0 + at},
                 goals={"accuracy": "max", "latency": goal})
        for at in range(3)
    ]  # fmt: skip
    comparison = make_comparison(*runs)
    drawn = build_charts(comparison, load_selected(comparison))
    assert drawn is not None
    (chart,) = drawn.section.scatters
    lines = re.findall(r'stroke-dasharray="4 3" d="(M[^"]*)"', chart.svg)
    if goal == "max":  # the last run has the most of both
        assert lines == []
        assert chart.note == "No run is better on either metric than r2."
    else:
        assert re.sub(r"[^A-Z]", "", lines[0]) == "M" + steps * 2


@pytest.mark.parametrize(
    ("keys", "pairs"),
    [
        (("accuracy", "val_loss_epoch", "fit_seconds", "f1"),
         [("val_loss_epoch", "fit_seconds"), ("accuracy", "f1")]),
        (("accuracy", "val_loss_epoch", "f1"), [("val_loss_epoch", "accuracy")]),
        (("fit_seconds", "memory_mb", "f1"), [("f1", "fit_seconds"), ("f1", "memory_mb")]),
        (("fit_seconds", "memory_mb"), [("fit_seconds", "memory_mb")]),
    ],
)  # fmt: skip
def test_quality_stands_by_cost_where_a_cost_was_logged(
    keys: tuple[str, ...], pairs: list[tuple[str, str]]
) -> None:
    goals = {key: "max" if key in ("accuracy", "f1") else "min" for key in keys}
    runs = [
        Recorded(name=f"r{at}", goals=goals,
                 metrics={key: (at * factor) % 11 for factor, key in enumerate(keys, 2)})
        for at in range(5)
    ]  # fmt: skip
    comparison = make_comparison(*runs)
    drawn = build_charts(comparison, load_selected(comparison))
    assert drawn is not None
    assert [(chart.metric, chart.across) for chart in drawn.section.scatters] == pairs


def test_a_run_that_did_not_end_is_in_no_scatter_unless_it_is_compared() -> None:
    def hint(*failed: int, columns: int) -> str:
        runs = [
            Recorded(name=f"r{at}", metrics={"accuracy": at * at % 7, "latency": 1.0 + at},
                     goals={"accuracy": "max", "latency": "min"},
                     run={"status": "failed" if at in failed else "finished"})
            for at in range(14)
        ]  # fmt: skip
        comparison = make_comparison(*runs, columns=columns)
        drawn = build_charts(comparison, load_selected(comparison))
        assert drawn is not None
        return drawn.section.scatters[0].hint

    assert hint(columns=6) == "14 runs"
    assert hint(7, 8, columns=2) == "12 runs, 2 unfinished or without values"
    assert hint(7, 8, columns=14) == "14 runs"
