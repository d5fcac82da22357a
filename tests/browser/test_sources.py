"""Runs of several trackers in one page: the Runs table says which is whose."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect
from rundiff.assembly.build import CompareOptions, compare_merged
from rundiff.render.html import render_html
from rundiff.sources.discover import Loaded
from rundiff.sources.merge import merge_batches

from tests.browser import reports
from tests.browser.watch import Watch, wait_until
from tests.factories import Recorded, make_batch

CELL = '[data-runs] tbody td[data-column="attributes.source"]'


def mixed(*kinds: str) -> str:
    batches = tuple(
        make_batch(Recorded(name=kind, params={"lr": place}, run={"source": kind}))
        for place, kind in enumerate(kinds)
    )
    merged = merge_batches(Loaded(batches=batches, problems=()))
    return render_html(compare_merged(merged, CompareOptions()))


def test_the_source_stands_in_the_table_where_it_tells_runs_apart(
    watch: Watch, tmp_path: Path
) -> None:
    path = reports.write(tmp_path, "mixed", mixed("records", "wandb", "mlflow"))
    server = watch.open(path, javascript=False)
    titles = server.locator(CELL).all_inner_texts()
    assert len(set(titles)) == 3
    page = watch.open(path)
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    assert page.locator(CELL).all_inner_texts() == titles
    page.get_by_role("searchbox", name="Filter runs").fill("wandb")
    expect(page.locator("[data-runs] tbody tr[data-run]")).to_have_count(1)


def test_runs_of_one_tracker_have_no_such_column(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report)
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    assert page.locator('[data-column="attributes.source"]').count() == 0
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("dialog").get_by_text("Experiment", exact=True)).to_be_visible()
    assert page.get_by_role("dialog").get_by_text("Source", exact=True).count() == 0
