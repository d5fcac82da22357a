"""Which histories are read beside those of the compared runs, and that the others are counted."""

from __future__ import annotations

from dataclasses import replace

from rundiff.assembly.others import choose_others
from rundiff.budgets import MOST_OTHER_RUNS, MOST_READ_POINTS, Budgets
from rundiff.sources.discover import Loaded
from rundiff.sources.merge import MergedRuns, merge_batches

from tests.factories import Recorded, make_batch, make_comparison, make_merged

ROW = [1.0] * 5_000


def merged_of(count: int, *, location: str = "runs") -> tuple[MergedRuns, list[str]]:
    """Return runs that say they have 5,000 points each."""
    names = [f"r{place:04}" for place in range(count)]
    batch = make_batch(*(Recorded(name=name, metrics={"loss": ROW}) for name in names))
    batch = replace(batch, location=location)
    return merge_batches(Loaded(batches=(batch,), problems=())), names


def test_so_many_points_are_read_from_the_best_and_from_all_over_the_rest() -> None:
    merged, names = merged_of(400)
    others = choose_others(merged, names, names[:8], Budgets())
    most = MOST_READ_POINTS // len(ROW)
    assert len(others.run_ids) == most
    assert list(others.run_ids) == sorted(others.run_ids)  # in the order of the ranking
    assert others.run_ids[:40] == tuple(names[8:48])
    assert names[-1] in others.run_ids  # the worst
    late = [name for name in others.run_ids if name >= "r0100"]
    assert len(late) > most / 3
    unread = others.unread["loss"]
    assert (unread.curves, unread.is_counted) == (392 - most, True)
    assert unread.points == unread.curves * len(ROW)


def test_no_more_runs_are_opened_than_pay() -> None:
    names = [f"r{place:05}" for place in range(MOST_OTHER_RUNS + 30)]
    merged = make_merged(*(Recorded(name=name, metrics={"x": [1.0, 2.0]}) for name in names))
    others = choose_others(merged, names, names[:8], Budgets())
    assert len(others.run_ids) == MOST_OTHER_RUNS
    assert others.unread["x"].curves == 22
    assert len(choose_others(merged, names, names[:8], Budgets(points=10**6)).run_ids) == 1_022


def test_behind_a_network_nothing_is_read_unasked() -> None:
    merged, names = merged_of(20, location="https://tracker.example/api")
    others = choose_others(merged, names, names[:8], Budgets())
    assert others.run_ids == ()
    assert others.unread["loss"].curves == 12
    assert len(choose_others(merged, names, names[:8], Budgets(points=10**6)).run_ids) == 12


def test_without_runs_beyond_the_columns_nothing_is_looked_for() -> None:
    merged, names = merged_of(3)
    assert choose_others(merged, names, names, Budgets()) == ((), {})


def test_what_draws_no_page_reads_no_other_histories() -> None:
    runs = [Recorded(name=f"r{place}", metrics={"x": [1.0, 2.0]}) for place in range(12)]
    assert set(make_comparison(*runs).others) == {"x"}
    assert make_comparison(*runs, has_others=False).others == {}
