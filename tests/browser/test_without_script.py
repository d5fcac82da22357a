"""The page without JavaScript: complete, with nothing on it that does not work."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.watch import Watch


@pytest.mark.parametrize("width", [390, 1440])
def test_everything_but_interaction_is_there(width: int, watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, javascript=False, width=width)
    rows = page.locator("tr[data-section][data-key]")
    assert rows.count() == 20
    for row in rows.all():
        expect(row).to_be_visible()
    assert page.locator("table[data-runs] tbody tr").count() == 6
    assert page.locator("figure[data-chart] svg[data-static]:visible").count() >= 4
    for control in page.locator("[data-control], button[data-moved]").all():
        expect(control).to_be_hidden()
    assert page.locator("[data-moved-panel]:visible").count() >= 1


def test_links_lead_to_the_details_of_a_run(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, javascript=False)
    page.locator("#params thead th a").nth(2).click()
    expect(page.locator("#run-2 summary")).to_be_in_viewport()


def test_the_theme_of_the_system_is_followed(watch: Watch, small_report: Path) -> None:
    color = {}
    for theme in ("light", "dark"):
        page = watch.open(small_report, javascript=False, theme=theme)
        page.screenshot()
        color[theme] = page.locator("html").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert color["light"] != color["dark"]
