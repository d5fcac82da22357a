"""What a reader chose lives in the address: it survives a reload, and links keep it."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.watch import Watch, go, wait_until

READY = "document.documentElement.dataset.ready !== undefined"


def test_every_choice_survives_a_reload(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report)
    wait_until(page, READY)
    page.get_by_role("switch", name="Differences only").click()
    page.get_by_role("searchbox", name="Search rows").fill("lr")
    page.get_by_role("combobox", name="Baseline").select_option("deep-lr=0.1")
    page.locator("#metrics").get_by_role("button", name="Transpose").click()
    page.locator('table[data-runs] th[data-column="metrics.auc"]').get_by_role("button").click()
    page.get_by_role("searchbox", name="Filter runs").fill("params.seed < 5")
    page.get_by_role("textbox", name="Column filter: Status").fill("fin")
    page.get_by_role("button", name="Theme").click()
    page.locator("button[data-moved='3']").click()
    tools = page.locator("[data-slot=chart-controls]")
    tools.get_by_role("combobox", name="X").select_option("wall")
    page.wait_for_timeout(100)  # the search waits for a pause in typing

    page.reload()
    wait_until(page, READY)
    expect(page.get_by_role("switch", name="Differences only")).to_have_attribute(
        "aria-checked", "false"
    )
    expect(page.get_by_role("searchbox", name="Search rows")).to_have_value("lr")
    chosen = page.get_by_role("combobox", name="Baseline").locator("option:checked")
    expect(chosen).to_have_text("deep-lr=0.1")
    transpose = page.locator("#metrics").get_by_role("button", name="Transpose")
    expect(transpose).to_have_attribute("aria-pressed", "true")
    sorted_head = page.locator('table[data-runs] th[data-column="metrics.auc"]')
    expect(sorted_head).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("searchbox", name="Filter runs")).to_have_value("params.seed < 5")
    expect(page.get_by_role("textbox", name="Column filter: Status")).to_have_value("fin")
    assert page.locator("table[data-runs] tbody tr").count() == 5
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    expect(page.locator("button[data-moved='3']")).to_have_attribute("aria-pressed", "true")
    expect(tools.get_by_role("combobox", name="X")).to_have_value("wall")
    assert page.evaluate("location.hash.length") < 2_000


def test_an_empty_fragment_is_the_report_as_it_was_written(page: Page) -> None:
    go(page, "d=0&b=2&q=zzz&r=0.1&t=0&s=0-")
    assert page.locator("#params thead th[data-key]").count() > 0
    go(page, "")
    expect(page.get_by_role("switch", name="Differences only")).to_have_attribute(
        "aria-checked", "true"
    )
    assert page.locator("#params thead th[data-run]").count() == 6
    expect(page.get_by_role("searchbox", name="Search rows")).to_have_value("")


def test_a_link_to_a_run_opens_its_block_and_keeps_the_state(page: Page) -> None:
    page.get_by_role("switch", name="Differences only").click()
    block = page.locator("#run-3")
    expect(block).not_to_have_attribute("open", "")
    page.locator("#params thead th[data-position='3'] a").click()
    expect(block).to_have_attribute("open", "")
    expect(block).to_be_in_viewport()
    assert page.evaluate("location.hash") == "#run-3&d=0"
    go(page, "metrics")
    expect(page.locator("#metrics h2")).to_be_in_viewport()
    assert page.evaluate("location.hash") == "#metrics&d=0"


def test_a_shared_address_scrolls_to_its_place(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, fragment="run-4&d=0")
    wait_until(page, READY)
    expect(page.locator("#run-4")).to_have_attribute("open", "")
    expect(page.locator("#run-4 summary")).to_be_in_viewport()
    expect(page.locator('tr[data-key="batch"]')).to_be_visible()


def test_nonsense_in_the_address_is_no_harm(page: Page) -> None:
    for fragment in (
        "b=zzz&r=zzz-zzzz&c=zz&g=9~x9",
        "q=%E0%A4%A",
        "__proto__=1&constructor=2",
        "=&=&",
    ):
        go(page, fragment)
        assert page.locator("#params thead th[data-run]").count() >= 1
    go(page, "")
