"""Runs that did not come to their end are named on the first screen and in every summary."""

from __future__ import annotations

import pytest
from rundiff.comparison import Comparison
from rundiff.render.terminal import render_diff
from rundiff.views.headline import build_headline
from rundiff.views.marks import plain
from rundiff.views.summary import build_summary
from rundiff.views.summary_parts import DETAILS
from rundiff.views.unfinished import tell_unfinished

from tests.factories import Recorded, make_comparison


def comparison_of(*statuses: str) -> Comparison:
    return make_comparison(
        *(
            Recorded(name=f"r{at}", metrics={"loss": 1.0 + at}, run={"status": status})
            for at, status in enumerate(statuses)
        )
    )


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["finished", "finished"], ""),
        (["finished", "failed", "finished"], "1 of 3 runs failed: r1."),
        (["finished", "failed", "failed"], "2 of 3 runs failed: r1 and r2."),
        (
            ["finished", "killed", "killed", "killed"],
            "3 of 4 runs were killed: r1, r2 and 1 more.",
        ),
        (["finished", "failed", "killed"], "Of 3 runs 1 failed and 1 was killed."),
        (["failed", "failed"], "All runs failed."),
        (["failed"], "The run failed."),
    ],
)
def test_runs_that_did_not_finish_are_counted_and_named(statuses: list[str], told: str) -> None:
    assert tell_unfinished(comparison_of(*statuses)) == told


def test_every_summary_says_so() -> None:
    comparison = comparison_of("finished", "finished", "failed")
    told = "1 of 3 runs failed: r2."
    assert plain(build_headline(comparison)[1]).endswith(f" {told}")
    about = build_summary(comparison, DETAILS[0]).about
    assert told in ["".join(piece.text for piece in line) for line in about]
    assert told in render_diff(comparison).splitlines()[1]
