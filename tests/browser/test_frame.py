"""The frame of the page: bar, rail, theme, menu, chips, export, details, print, sizes."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import reports
from tests.browser.watch import Watch, wait_until

READY = "document.documentElement.dataset.ready !== undefined"


def test_the_theme_button_goes_round(page: Page) -> None:
    button = page.get_by_role("button", name="Theme")
    background = "getComputedStyle(document.body.parentElement).backgroundColor"
    light = page.evaluate(background)
    button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    button.click()
    assert page.evaluate(background) != light
    button.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") is None
    assert page.evaluate(background) == light


def test_controls_of_the_bar_leave_the_page_where_it_is(page: Page) -> None:
    page.evaluate("window.scrollTo(0, 900)")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("searchbox", name="Search rows").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("scrollY") == 900


def test_what_has_the_focus_is_never_under_the_bar(page: Page) -> None:
    page.get_by_role("link", name="Run details").click()
    bar = page.locator("header.topbar").bounding_box()
    assert bar
    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        place = "document.activeElement.getBoundingClientRect()"
        assert page.evaluate(f"{place}.bottom > {bar['height']} || {place}.height === 0")


def test_the_rail_marks_the_section_in_view(page: Page) -> None:
    rail = page.get_by_role("navigation", name="Sections")
    current = rail.locator("[aria-current]")
    expect(current).to_have_text("Overview")
    rail.get_by_role("link", name="Metrics").click()
    expect(current).to_contain_text("Metrics")
    page.mouse.wheel(0, 100_000)
    expect(current).to_have_text("About this report")


def test_what_moved_shows_the_chosen_run(page: Page) -> None:
    chips = page.get_by_role("group", name="Run shown").get_by_role("button")
    target = chips.filter(has_text="deep-lr=0.01")
    target.click()
    expect(target).to_have_attribute("aria-pressed", "true")
    expect(
        page.locator(f"[data-moved-panel='{target.get_attribute('data-moved')}']")
    ).to_be_visible()
    assert page.locator("[data-moved-panel]:visible").count() == 1


def test_all_details_open_and_close(page: Page) -> None:
    blocks = page.locator("#details details.run-block")
    before = blocks.evaluate_all("(all) => all.map((one) => one.open)")
    page.get_by_role("button", name="Open all").click()
    assert all(blocks.evaluate_all("(all) => all.map((one) => one.open)"))
    page.get_by_role("button", name="Close all").click()
    assert not any(blocks.evaluate_all("(all) => all.map((one) => one.open)"))
    blocks.evaluate_all(
        "(all, before) => all.forEach((one, at) => { one.open = before[at]; })", before
    )


def test_paper_has_everything_unfolded_and_the_screen_is_as_before(page: Page) -> None:
    blocks = page.locator("details")
    before = blocks.evaluate_all("(all) => all.map((one) => one.open)")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert all(blocks.evaluate_all("(all) => all.map((one) => one.open)"))
    page.emulate_media(media="print")
    expect(page.locator('tr[data-key="batch"]')).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert blocks.evaluate_all("(all) => all.map((one) => one.open)") == before


@pytest.mark.parametrize("form", ["CSV", "JSON", "Markdown"])
def test_export_saves_what_is_shown(form: str, page: Page, tmp_path: Path) -> None:
    page.get_by_role("searchbox", name="Search rows").fill("seed")
    expect(page.locator('tr[data-key="lr"]')).to_be_hidden()
    page.get_by_role("button", name="Export").press("Enter")
    menu = page.get_by_role("menu", name="Export what is shown")
    expect(menu.get_by_role("menuitem", name="CSV")).to_be_focused()
    with page.expect_download() as download:
        for _ in range(["CSV", "JSON", "Markdown"].index(form)):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    text = file.read_text(encoding="utf-8")
    expect(menu).to_be_hidden()
    if form == "CSV":
        rows = list(csv.reader(io.StringIO(text)))
        assert rows[0] == ["section", "key", *reports.NAMES]
        assert ["params", "seed", "0", "1", "2", "3", "4", "5"] in rows
        assert all(row[1] != "lr" for row in rows)
    elif form == "JSON":
        data = json.loads(text)
        seed = next(row for row in data["rows"] if row["key"] == "seed")
        assert seed["cells"][2] == {"run_id": "deep-lr=0.1", "type": "int", "value": "2"}
    else:
        assert "| params | `seed` | `0` | `1` | `2` | `3` | `4` | `5` |" in text


def test_export_saves_the_runs_table_as_it_stands(page: Page, tmp_path: Path) -> None:
    page.get_by_role("searchbox", name="Filter runs").fill("params.model = 'wide'")
    page.locator('table[data-runs] th[data-column="metrics.auc"]').get_by_role("button").click()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Runs table").click()
    download.value.save_as(tmp_path / "runs.csv")
    text = (tmp_path / "runs.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["attributes.run_name"] for row in rows] == ["wide-lr=0.1", "wide-lr=0.01"]
    assert rows[0]["metrics.auc"] == "0.95"


def test_escape_closes_the_export_menu(page: Page) -> None:
    button = page.get_by_role("button", name="Export")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_the_page_never_scrolls_sideways(width: int, watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, width=width)
    wait_until(page, READY)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    page.locator("#charts").scroll_into_view_if_needed()
    for figure in page.locator("figure[data-chart]").all():
        figure.scroll_into_view_if_needed()
    wait_until(page, "document.querySelectorAll('figure[data-drawn]').length > 3")
    page.get_by_role("combobox", name="Baseline").select_option(reports.NAMES[2])
    page.get_by_role("switch", name="Differences only").click()
    assert page.evaluate(overflow) <= 0


@pytest.mark.parametrize("width", [1110, 1280, 1440])
def test_what_moved_is_not_cut_off(width: int, watch: Watch, tmp_path: Path) -> None:
    page = watch.open(reports.write(tmp_path, "replicates", reports.replicates()), width=width)
    wait_until(page, READY)
    edges = page.locator("[data-moved-panel]:not([hidden]) .moves").evaluate(
        "(table) => [table, table.parentElement].map((node) => node.getBoundingClientRect().right)"
    )
    assert edges[0] <= edges[1] + 0.5


def test_the_sections_are_a_menu_on_a_phone(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, width=390, height=800)
    wait_until(page, READY)
    rail = page.locator("#rail")
    expect(rail).to_be_hidden()
    button = page.get_by_role("button", name="Menu")
    button.click()
    expect(rail).to_be_visible()
    expect(rail.get_by_role("link", name="Overview")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rail).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    rail.get_by_role("link", name="Metrics").click()
    expect(rail).to_be_hidden()
    expect(page.locator("#metrics h2")).to_be_in_viewport()


def test_chips_that_do_not_fit_are_counted(watch: Watch, hostile_report: Path) -> None:
    page = watch.open(hostile_report, width=1440)
    wait_until(page, READY)
    more = page.locator(".more-chips a")
    expect(more).to_be_visible()
    hidden = page.locator(".bar-runs li[hidden]").count()
    expect(more).to_have_text(f"+{hidden}")
    assert (
        hidden + page.locator(".bar-runs [data-chip]:visible").count() == len(reports.HOSTILE) - 1
    )


def test_every_control_is_reached_by_the_keyboard_and_shows_it(page: Page) -> None:
    page.reload()  # the Tab key starts at the top
    wait_until(page, READY)
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => { const e = document.activeElement, host = e.closest(':focus-within'),
              shown = [e, e.closest('.search, .select')].filter(Boolean)
                .some((n) => getComputedStyle(n).outlineStyle !== 'none');
              return [e.getAttribute('aria-label') ?? e.textContent.trim(), shown]; }"""
        )
        seen.add(name)
        assert outline, name
        if name == "Arrange table":
            break
    in_the_bar = {"Baseline", "Differences only", "Search rows", "Columns", "Theme", "Export"}
    assert {"Skip to content", *in_the_bar, "Filter runs"} <= seen


def test_every_printed_page_of_the_runs_table_has_its_heads(
    watch: Watch, sweep_report: Path, tmp_path: Path
) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler) is not installed")
    page = watch.open(sweep_report)
    wait_until(page, READY)
    page.pdf(path=tmp_path / "page.pdf")
    command = ["pdftotext", "-layout", str(tmp_path / "page.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pages = [text for text in text.split("\f") if text.count("finished") > 5]
    assert len(pages) > 2
    assert all("Status" in text and "val/accuracy" in text for text in pages)


def test_printed_pages_say_where_they_came_from(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, fragment="metrics")
    wait_until(page, READY)
    rules = page.evaluate(
        "document.adoptedStyleSheets.flatMap((sheet) =>"
        " Array.from(sheet.cssRules, (rule) => rule.cssText)).join(' ')"
    )
    digest = page.locator("[data-digest]").inner_text()
    assert len(digest) == 16
    assert f'"{small_report.resolve().as_uri()} · data sha256 {digest}"' in rules
    page.emulate_media(media="print")
    expect(page.locator("tr[data-key=batch]")).to_be_visible()
    expect(page.locator("header.topbar").get_by_role("switch")).to_be_hidden()


def test_what_is_cut_to_the_right_fades(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, width=1024)
    wait_until(page, READY)
    frame = page.locator("#runs .scroll")
    mask = "(frame) => getComputedStyle(frame).maskImage"
    assert "gradient" in frame.evaluate(mask)
    frame.evaluate("(frame) => frame.scrollTo(frame.scrollWidth, 0)")
    wait_until(
        page, "getComputedStyle(document.querySelector('#runs .scroll')).maskImage === 'none'"
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page.locator("#tags .scroll").evaluate(mask) == "none"


@pytest.mark.parametrize("width", [1440, 1280, 1100, 390])
def test_verdicts_of_what_moved_are_inside_the_page(
    width: int, watch: Watch, tmp_path: Path
) -> None:
    page = watch.open(reports.write(tmp_path, "wide", reports.wide()), width=width)
    wait_until(page, READY)
    frame = page.locator(".moved").bounding_box()
    assert frame
    for word in page.locator(".moved .word:visible").all():
        box = word.bounding_box()
        assert box
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1


def test_the_scale_of_what_moved_is_as_wide_as_its_bars(watch: Watch, tmp_path: Path) -> None:
    page = watch.open(reports.write(tmp_path, "wide", reports.wide()), width=1024)
    wait_until(page, READY)
    panel = page.locator("[data-moved-panel]:not([hidden])")
    better = panel.locator("thead .scale span").last.bounding_box()
    middle = panel.locator("thead .scale span").nth(1).bounding_box()
    bar = panel.locator(".moved-bar path.z").first.bounding_box()
    assert better
    assert middle
    assert bar
    assert abs(middle["x"] + middle["width"] / 2 - bar["x"]) < 12
    assert better["x"] + better["width"] - bar["x"] < 120


def test_what_can_be_unfolded_has_a_mark(watch: Watch, tmp_path: Path) -> None:
    page = watch.open(reports.write(tmp_path, "wide", reports.wide()))
    wait_until(page, READY)
    summaries = page.locator("main summary:visible").all()
    assert summaries
    for summary in summaries:
        says = summary.evaluate(
            """(node) => [getComputedStyle(node, "::before").content !== "none", node.textContent,
                getComputedStyle(node).textDecorationLine]"""
        )
        assert says[0] or "⋯" in says[1] or says[2] == "underline", says
