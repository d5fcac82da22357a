"""Charts of a hundred runs: some in front, the others as a band, each as a line when ticked."""

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_charts import drawn, figure, poll
from tests.browser.watch import Watch, wait_until

READY = "document.documentElement.dataset.ready !== undefined"
LINES = "plot.data.filter((t) => t.mode === 'lines' && t.line.width > 0).length"
BANDS = "plot.data.filter((t) => t.fill === 'tonexty').length"


@pytest.fixture
def sweep(watch: Watch, sweep_report: Path) -> Page:
    page = watch.open(sweep_report, height=1_400)
    wait_until(page, READY)
    return page


def points_note(chart: Locator) -> str:
    return chart.locator("[data-slot=points]").inner_text()


def tick_one_more(page: Page) -> str:
    """Tick a run that is no column; return its position."""
    position = page.locator("[data-pick]:not(:checked)").nth(3).get_attribute("data-pick")
    page.locator(f'[data-pick="{position}"]').check()
    return position or ""


def test_the_columns_stand_in_front_of_a_band_of_the_others(sweep: Page) -> None:
    chart = figure(sweep, "line", "val/accuracy")
    assert chart.locator("[data-plot]").get_attribute("data-lines") == "8"
    assert drawn(chart, BANDS) == 2  # the range and the middle half
    worst = chart.locator(".annotation-text", has_text="worst")
    expect(worst).to_have_count(1)
    # Eight columns and the worst run; the best is a column.
    assert drawn(chart, LINES) == 9
    expect(sweep.get_by_role("list", name="Bands")).to_contain_text("range of 92 other runs")
    # The baseline is drawn over all other lines.
    last = "plot.data.filter((t) => t.mode === 'lines' && t.line.width > 0).at(-1).line.color"
    assert drawn(chart, last) == drawn(chart, "plot.data.at(-1).marker.line.color")


def test_ticking_a_run_that_is_no_column_draws_its_curve(sweep: Page) -> None:
    chart = figure(sweep, "line", "val/loss")
    before = points_note(chart)
    position = tick_one_more(sweep)
    chart.scroll_into_view_if_needed()
    poll(sweep, chart, "plot.dataset.lines", "9")
    traces = drawn(
        chart, "plot.data.filter((t) => t.mode === 'lines' && t.line.dash === 'dash').length"
    )
    assert traces >= 1
    after = points_note(chart)
    assert after != before
    assert "of ticked runs lowest and highest of" in after
    expect(sweep.locator(f'[data-slot=legend] [data-position="{position}"]')).to_be_visible()


def test_a_chart_counts_the_points_that_it_draws(sweep: Page) -> None:
    chart = figure(sweep, "line", "val/loss")
    tick_one_more(sweep)
    chart.scroll_into_view_if_needed()
    poll(sweep, chart, "plot.dataset.lines", "9")
    shown, logged = re.findall(r"[\d,]+", points_note(chart))[:2]
    count = (
        "plot.data.filter((t) => t.mode === 'lines' && t.line.width > 1)"
        ".reduce((sum, t) => sum + t.x.length, 0)"
    )
    assert int(shown.replace(",", "")) == drawn(chart, count)
    assert int(logged.replace(",", "")) > int(shown.replace(",", ""))


def test_a_chart_of_which_every_point_is_drawn_says_nothing(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    assert chart.locator("[data-slot=points]").inner_text() == ""


def test_forty_ticked_runs_stay_thin_lines_before_the_band(sweep: Page) -> None:
    sweep.get_by_role("checkbox", name="Compare all runs shown here").check()
    chart = figure(sweep, "line", "val/accuracy")
    poll(sweep, chart, "plot.dataset.lines", "40")
    widths = drawn(chart, "plot.data.filter((t) => t.mode === 'lines').map((t) => t.line.width)")
    assert max(widths) < 1.5
    assert chart.locator(".annotation-text", has_text="run-").count() == 0


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_without_script_the_band_stands_in_the_static_picture(
    watch: Watch, sweep_report: Path, width: int, theme: Literal["light", "dark"]
) -> None:
    page = watch.open(sweep_report, width=width, theme=theme, javascript=False)
    chart = page.locator('figure.line[data-metric="val/accuracy"]')
    assert chart.locator("path.r").count() >= 2
    assert chart.locator("path.q").count() == 1
    assert chart.locator("text", has_text="worst").count() == 1
    band = chart.locator("path.r").first
    fill = band.evaluate("(node) => getComputedStyle(node).fill")
    quiet = chart.locator("path.q").evaluate("(node) => getComputedStyle(node).stroke")
    assert fill == quiet
    about = page.locator('#about [data-left-out="points"]')
    expect(about.locator("code")).to_have_text(re.compile(r"rundiff report runs --max-points \d+"))
