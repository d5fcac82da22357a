"""The page at the width of a phone: one row stays, and one run stands beside the baseline."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import reports
from tests.browser.watch import Watch, go, wait_until

READY = "document.documentElement.dataset.ready !== undefined"


@pytest.fixture
def phone(watch: Watch, small_report: Path) -> Iterator[Page]:
    """The small report on a phone."""
    page = watch.open(small_report, width=390, height=800)
    wait_until(page, READY)
    yield page
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def shown_heads(page: Page, section: str) -> list[str | None]:
    heads = page.locator(f"#{section} thead th[data-run]:visible")
    return [head.get_attribute("data-run") for head in heads.all()]


def test_title_and_tools_stay_and_the_rest_of_the_bar_goes(phone: Page) -> None:
    phone.locator("#metrics").scroll_into_view_if_needed()
    title = phone.get_by_role("heading", level=1)
    expect(title).to_be_in_viewport()
    for name in ("Menu", "Columns", "Theme", "Export"):
        expect(phone.get_by_role("button", name=name, exact=True).first).to_be_in_viewport()
    expect(phone.get_by_role("combobox", name="Baseline")).not_to_be_in_viewport()
    expect(phone.get_by_role("searchbox", name="Search rows")).not_to_be_in_viewport()
    bottom = title.evaluate("(title) => title.parentElement.getBoundingClientRect().bottom")
    assert bottom <= 50


def test_the_menu_closes_when_the_reader_goes_elsewhere(phone: Page) -> None:
    button = phone.get_by_role("button", name="Menu")
    menu = phone.get_by_role("navigation", name="Sections")
    button.click()
    expect(menu).to_be_visible()
    phone.get_by_role("heading", level=1).click()
    expect(menu).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    menu.get_by_role("link", name="Metrics").click()
    expect(menu).to_be_hidden()


def test_tables_show_the_baseline_and_the_run_that_is_chosen(phone: Page) -> None:
    chooser = phone.locator("#params").get_by_role("combobox", name="Candidate shown")
    chooser.select_option("deep-lr=0.01")
    for section in ("params", "metrics", "tags"):
        assert shown_heads(phone, section) == ["wide-lr=0.1", "deep-lr=0.01"], section
    frame = phone.locator("#params .scroll")
    assert frame.evaluate("(frame) => frame.scrollWidth - frame.clientWidth") <= 0
    others = phone.locator("#metrics").get_by_role("combobox", name="Candidate shown")
    expect(others).to_have_value(chooser.input_value())
    expect(phone.locator("button[data-moved][aria-pressed=true]")).to_have_text("deep-lr=0.01")
    phone.reload()
    wait_until(phone, READY)
    assert shown_heads(phone, "params") == ["wide-lr=0.1", "deep-lr=0.01"]
    phone.set_viewport_size({"width": 1200, "height": 800})
    assert len(shown_heads(phone, "params")) == len(reports.NAMES)


def test_the_page_speaks_of_one_run_when_a_choice_is_taken_back(
    watch: Watch, small_report: Path
) -> None:
    page = watch.open(small_report, fragment="m=1", width=390, height=800)
    wait_until(page, READY)
    chooser = page.locator("#params").get_by_role("combobox", name="Candidate shown")
    pressed = page.locator("button[data-moved][aria-pressed=true]")
    assert chooser.input_value() == pressed.get_attribute("data-moved") == "1"
    go(page, "")
    assert chooser.input_value() == pressed.get_attribute("data-moved") != "1"


def test_arrows_walk_over_the_columns_that_are_not_shown(phone: Page) -> None:
    phone.locator("#params").get_by_role("combobox", name="Candidate shown").select_option(
        "deep-lr=0.001"
    )
    stop = phone.locator("#params td[tabindex='0']")
    cells = stop.locator("xpath=..").locator("td:visible")
    stop.focus()
    phone.keyboard.press("ArrowRight")
    expect(cells.last).to_be_focused()
    expect(cells.last).to_have_attribute("data-run", "deep-lr=0.001")


def test_the_turned_over_table_has_all_runs(phone: Page) -> None:
    phone.locator("#tags").get_by_role("button", name="Transpose").click()
    assert phone.locator("#tags tbody th[data-run]:visible").count() == len(reports.NAMES)
