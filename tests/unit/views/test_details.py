"""Run details: what one run logged, and how much of it."""

from __future__ import annotations

from rundiff.budgets import MOST_ENTRIES
from rundiff.selected import load_selected
from rundiff.views.details import build_details

from tests.factories import Recorded, make_comparison


def test_a_run_is_said_to_have_what_it_logged_although_not_all_is_listed() -> None:
    count = MOST_ENTRIES + 40
    params = {f"p{place}": place for place in range(count)}
    comparison = make_comparison(Recorded(name="a", params=params))
    (block,) = build_details(comparison, load_selected(comparison)).blocks
    assert sum(listing.left_out for listing in block.lists) > 0
    assert f"{count} params" in block.summary
