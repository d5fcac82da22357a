"""The Runs table: whose row stands first."""

from __future__ import annotations

import math

from rundiff.selected import load_selected
from rundiff.selection.choose import SelectionOptions
from rundiff.views.runs import Runs, build_runs
from rundiff.views.unfinished import tell_unfinished

from tests.factories import Recorded, make_comparison

LOSSES = {"a": 0.5, "b": math.nan, "c": 0.2, "d": math.inf, "e": 0.4}


def runs_of(
    goal: str = "min",
    columns: int | None = 2,
    selection: SelectionOptions = SelectionOptions(),  # noqa: B008
) -> Runs:
    runs = [
        Recorded(name=name, metrics={"loss": loss}, goals={"loss": goal})
        for name, loss in LOSSES.items()
    ]
    without = Recorded(name="none", metrics={"other": 1})
    comparison = make_comparison(without, *runs, columns=columns, selection=selection)
    return build_runs(comparison, load_selected(comparison))


def names(view: Runs) -> str:
    return " ".join(row.mark.name for row in view.rows)


def test_of_many_runs_the_best_stand_first_and_those_without_a_number_last() -> None:
    lowest, highest = runs_of(), runs_of("max")
    assert (names(lowest), lowest.columns[0].order) == ("c e a d b none", "ascending")
    assert (names(highest), highest.columns[0].order) == ("d a e c b none", "descending")


def test_runs_that_are_all_columns_stay_in_their_order() -> None:
    view = runs_of(columns=None)
    assert (names(view), view.columns[0].order) == ("none a b c d e", "")


def test_an_order_that_was_asked_for_counts() -> None:
    view = runs_of(selection=SelectionOptions(order_by=("attributes.run_name DESC",)))
    assert (names(view), view.columns[0].order) == ("none e d c b a", "")


def test_what_a_run_cost_stands_beside_what_it_reached_if_that_was_logged() -> None:
    def columns(**metrics: float) -> list[str]:
        comparison = make_comparison(Recorded(name="a", metrics=metrics))
        view = build_runs(comparison, load_selected(comparison))
        return [column.title for column in view.columns]

    scores = {f"score_{name}": 1.0 for name in "abcd"}
    assert columns(**scores, zeta=1.0) == list(scores)
    assert columns(**scores, zeta=1.0, seconds=2.0, wait_seconds=1.0)[-1] == "seconds"


def test_columns_in_which_no_run_has_anything_are_left_out() -> None:
    def shown(**run: object) -> tuple[bool, bool, bool]:
        unknown = {"status": "", "start_time": None, "end_time": None}
        comparison = make_comparison(Recorded(name="a", metrics={"x": 1}, run=unknown | run))
        view = build_runs(comparison, load_selected(comparison))
        return view.has_status, view.has_took, view.has_started

    assert shown() == (False, False, False)
    assert shown(status="failed", start_time=1) == (True, False, True)
    assert shown(start_time=1, end_time=2) == (False, True, True)


def test_runs_of_one_name_are_told_apart_wherever_they_are_named() -> None:
    comparison = make_comparison(
        *(
            Recorded(name="train", run_id=run_id, metrics={"x": 1}, run={"status": status})
            for run_id, status in (("aaaaaaa1", "finished"), ("bbbbbbb2", "failed"))
        ),
        Recorded(name="other", metrics={"x": 2}),
        columns=2,
    )
    view = build_runs(comparison, load_selected(comparison))
    told = {row.mark.full_name for row in view.rows}
    assert told == {"train (aaaaaa)", "train (bbbbbb)", "other"}
    assert tell_unfinished(comparison) == "1 of 3 runs failed: train (bbbbbb)."
