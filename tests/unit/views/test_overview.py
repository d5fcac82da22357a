"""What changed and what moved."""

from __future__ import annotations

from dataclasses import replace

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
    assert view.notices == ("two", "one")


def test_problems_are_counted_and_the_first_two_told() -> None:
    comparison = make_comparison(
        Recorded(name="a"), problems=[("f", "one"), ("f", "two"), ("f", "three")]
    )
    view = build_overview(comparison)
    assert (view.problems, view.more_notices) == ("3 problems", 1)
    assert view.notices == ("one", "two")
