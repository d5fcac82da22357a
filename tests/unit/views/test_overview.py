"""What changed and what moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rundiff.views.marks import counted, plain
from rundiff.views.overview import Overview, build_overview

from tests.factories import Recorded, make_comparison


def overview(*runs: Recorded) -> Overview:
    return build_overview(make_comparison(*runs))


def test_what_changed_groups_runs_by_their_new_value() -> None:
    view = overview(
        Recorded(name="a", params={"alpha": 1}),
        Recorded(name="b", params={"alpha": 2}),
        Recorded(name="c", params={"alpha": 2}),
        Recorded(name="d", params={}),
    )
    (group,) = view.changed
    (row,) = group.rows
    assert (row.key, row.old) == ("alpha", "1")
    found = {new.shown: [mark.name for mark in new.marks] for new in row.new}
    assert found == {"2": ["b", "c"], "–": ["d"]}


def test_what_moved_puts_better_to_the_right() -> None:
    view = overview(
        Recorded(name="a", metrics={"loss": 1.0, "accuracy": 0.5}),
        Recorded(name="b", metrics={"loss": 0.5, "accuracy": 0.4}),
        Recorded(name="c", metrics={"loss": 2.0, "accuracy": 0.6}),
    )
    rows = {row.key: dict(row.places) for panel in view.panels[:1] for row in panel.rows}
    assert rows["loss"] == {1: 0.5, 2: -1.0}
    assert rows["accuracy"][1] < 0 < rows["accuracy"][2]


def test_one_panel_is_open_the_winner() -> None:
    view = overview(
        Recorded(name="a", metrics={"accuracy": 0.5}),
        Recorded(name="b", metrics={"accuracy": 0.4}),
        Recorded(name="c", metrics={"accuracy": 0.6}),
    )
    assert [panel.mark.name for panel in view.panels if panel.is_shown] == ["c"]


def test_without_a_winner_the_panel_that_is_open_has_something_to_show() -> None:
    view = overview(
        Recorded(name="a", metrics={"size": 1}),
        Recorded(name="b", metrics={"other": 1}),
        Recorded(name="c", metrics={"size": 2}),
    )
    assert [panel.mark.name for panel in view.panels if panel.is_shown] == ["c"]


def test_above_six_runs_one_panel_with_marks() -> None:
    runs = [Recorded(name=f"r{i}", metrics={"accuracy": i / 10}) for i in range(8)]
    view = overview(*runs)
    assert len(view.panels) == 1
    assert len(view.panels[0].others) == 6


def test_long_values_that_differ_only_in_the_middle_are_told_apart() -> None:
    head, tail = "x" * 60, "y" * 60
    view = overview(
        Recorded(name="a", params={"p": f"{head}1{tail}"}),
        Recorded(name="b", params={"p": f"{head}2{tail}"}),
    )
    (row,) = view.changed[0].rows
    assert row.old != row.new[0].shown


def test_what_is_missing_is_told_before_what_is_only_worth_knowing() -> None:
    comparison = make_comparison(Recorded(name="a"), problems=[("f", "one"), ("f", "two")])
    first, second = comparison.problems
    notice = replace(first, severity="notice")
    view = build_overview(replace(comparison, problems=(notice, second)))
    assert view.problems == "1 problem, 1 notice"
    assert [told.message for told in view.notices] == ["two", "one"]
    assert view.has_errors
    assert not build_overview(replace(comparison, problems=(notice,))).has_errors


def test_problems_are_counted_and_the_first_two_told() -> None:
    comparison = make_comparison(
        Recorded(name="a"), problems=[("f", "one"), ("f", "two"), ("f", "three")]
    )
    view = build_overview(comparison)
    assert (view.problems, view.more_notices) == ("3 problems", 1)
    assert [notice.message for notice in view.notices] == ["one", "two"]


def test_a_notice_names_its_file_and_alike_ones_are_told_once() -> None:
    problems = [("runs/a/metrics.csv", "empty"), ("runs/b/metrics.csv", "empty"), ("c.json", "odd")]
    view = build_overview(make_comparison(Recorded(name="a"), problems=problems))
    told = [(notice.place, notice.message) for notice in view.notices]
    assert told == [("metrics.csv and 1 more", "empty"), ("c.json", "odd")]
    assert view.more_notices == 0


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        ([{"a": 1, "b": 2}, {"a": 1, "b": 2}], "All two metrics are the same in every run."),
        ([{"a": 1}, {"a": 1}], "The one metric is the same in every run."),
        ([{}, {"a": 1}], "No metric that differs is known of the baseline."),
        ([{}, {}], "No metric was logged."),
    ],
)
def test_where_nothing_moved_it_is_said_why(metrics: list[dict[str, float]], told: str) -> None:
    view = overview(
        *(
            Recorded(name=f"r{at}", params={"x": at}, metrics=each)
            for at, each in enumerate(metrics)
        )
    )
    assert view.panels == ()
    assert plain(view.unmoved).startswith(told)


@pytest.mark.parametrize(
    ("count", "noun", "told"),
    [(2, "more key", "2 more keys"), (2, "entry", "2 entries"), (0, "day", "no days"),
     (1, "key", "1 key")],
)  # fmt: skip
def test_nouns_are_counted_as_in_english(count: int, noun: str, told: str) -> None:
    assert counted(count, noun) == told


def test_a_recipe_of_which_one_run_has_a_metric_stands_with_its_number() -> None:
    view = overview(
        *(
            Recorded(name=f"{lr}-{seed}", params={"lr": lr, "seed": seed},
                     metrics={"m": 1.0, "late": 5.0 * lr} if seed else {"m": 1.0})
            for lr in (1, 2)
            for seed in (0, 1)
        )
    )  # fmt: skip
    (panel,) = view.panels
    assert [(row.key, row.baseline, row.value) for row in panel.rows] == [("late", "5", "10")]


def test_numbers_too_wide_for_what_moved_are_in_scientific_notation() -> None:
    view = overview(
        Recorded(name="a", metrics={"bytes": 8_044_822_699.0, "steps": 100_000}),
        Recorded(name="b", metrics={"bytes": 8_031_064_714.0, "steps": 1_200_000}),
    )
    rows = {row.key: row for panel in view.panels for row in panel.rows}
    assert (rows["bytes"].baseline, rows["bytes"].value) == ("8.04e9", "8.03e9")
    move = rows["bytes"].move
    assert move is not None
    assert move.delta == "−1.38e7"
    assert rows["steps"].value == "1,200,000"
