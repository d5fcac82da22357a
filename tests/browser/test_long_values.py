"""Values of thousands of characters: the table shows their beginning, a click copies them whole."""

from pathlib import Path

from playwright.sync_api import Page, expect
from rundiff.budgets import Budgets
from rundiff.render.html import render_html

from tests.browser import reports
from tests.browser.watch import Watch, wait_until
from tests.factories import Recorded, make_comparison

LENGTH = 60_000
VALUES = [f"{'x' * (LENGTH - 1)}{place}" for place in range(3)]


def opened(watch: Watch, folder: Path, **budgets: int) -> Page:
    runs = [
        Recorded(name=f"r{place}", params={"config": value}, metrics={"accuracy": float(place)})
        for place, value in enumerate(VALUES)
    ]
    html = render_html(make_comparison(*runs, budgets=Budgets(**budgets)))  # type: ignore[arg-type]
    page = watch.open(reports.write(folder, "long", html))
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def copied(page: Page, selector: str) -> str:
    page.locator(selector).click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_each_table_copies_the_whole_value(watch: Watch, tmp_path: Path) -> None:
    page = opened(watch, tmp_path)
    runs = '[data-runs] tr[data-run="{}"] td[data-column="params.config"]'
    assert copied(page, runs.format("r1")) == VALUES[1]
    cell = '#params tr[data-key="config"] td[data-run="r2"]'
    expect(page.locator(cell)).to_contain_text("60,000 characters, sha256")
    before = page.locator(cell).inner_html(), page.locator(cell).get_attribute("data-value")
    assert copied(page, cell) == VALUES[2]
    page.locator("#params").get_by_role("button", name="Transpose").click()
    assert copied(page, '#params tr[data-run="r0"] td[data-key="config"]') == VALUES[0]
    page.locator("#params").get_by_role("button", name="Transpose").click()
    # What the script writes is what the server wrote.
    assert before == (
        page.locator(cell).inner_html(),
        page.locator(cell).get_attribute("data-value"),
    )


def test_filters_see_the_whole_value(watch: Watch, tmp_path: Path) -> None:
    page = opened(watch, tmp_path)
    page.get_by_role("searchbox", name="Filter runs").fill("xxx1")
    expect(page.locator("[data-runs] tbody tr[data-run]")).to_have_count(1)


def test_what_is_cut_says_so(watch: Watch, tmp_path: Path) -> None:
    page = opened(watch, tmp_path, bytes=660_000)
    cell = page.locator('#params tr[data-key="config"] td[data-run="r2"]')
    selector = '#params tr[data-key="config"] td[data-run="r2"]'
    assert copied(page, selector) == cell.get_attribute("data-value")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_text(
        "Copied the beginning: the page has no more"
    )
    expect(page.locator("#params tr[data-key='config']")).to_have_attribute("data-differs", "true")
