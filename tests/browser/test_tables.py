"""The comparison tables: fold, search, turn over, another baseline, other runs, copy."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from rundiff.assembly.build import CompareOptions, build_comparison
from rundiff.render.html import render_html

from tests.browser import reports
from tests.browser.watch import Watch, go, wait_until

# What a reader takes from a row; the last of a cell is its verdict.
READ_ROWS = """() => Array.from(document.querySelectorAll('tr[data-section][data-key]'), (row) => [
  row.dataset.section, row.dataset.key, row.dataset.differs, row.querySelector('th').textContent,
  Array.from(row.querySelectorAll('td'), (cell) => [
    cell.dataset.run, cell.dataset.type, cell.dataset.value,
    cell.querySelector('.v').textContent, cell.querySelector('.note:not(.says)')?.textContent ?? '',
    Array.from(cell.querySelectorAll('.d > :nth-child(-n+2)'), (part) => part.textContent),
    cell.classList.contains('differs'), cell.querySelectorAll('mark').length,
    (cell.querySelector('.says') ?? cell.querySelector('.d > :nth-child(3)'))?.textContent ?? '',
  ]),
])"""


def row(page: Page, section: str, key: str) -> Locator:
    return page.locator(f'tr[data-section="{section}"][data-key="{key}"]')


def read_rows(page: Page) -> dict[tuple[str, str], Any]:
    return {(section, key): rest for section, key, *rest in page.evaluate(READ_ROWS)}


def choose_runs(page: Page, *names: str) -> None:
    for box in page.get_by_role("checkbox", name="Compare ").all():
        name = (box.get_attribute("aria-label") or "").removeprefix("Compare ")
        if name != "all runs shown here":
            box.set_checked(name in names)


def test_identical_rows_are_folded_until_asked_for(page: Page) -> None:
    identical = row(page, "params", "batch")
    expect(row(page, "params", "lr")).to_be_visible()
    expect(identical).to_be_hidden()
    fold = page.locator("#params").get_by_role("button", name="identical")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.click()
    expect(identical).to_be_visible()
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(row(page, "metrics", "auc")).to_be_visible()
    fold.press("Enter")
    expect(identical).to_be_hidden()


def test_the_switch_shows_every_row(page: Page) -> None:
    switch = page.get_by_role("switch", name="Differences only")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    for hidden in page.locator("tr[data-differs=false]").all():
        expect(hidden).to_be_visible()
    switch.press("Space")
    expect(row(page, "params", "batch")).to_be_hidden()


def test_search_finds_keys_and_values_in_folded_rows_too(page: Page) -> None:
    search = page.get_by_role("searchbox", name="Search rows")
    search.fill("BATCH")
    expect(row(page, "params", "batch")).to_be_visible()
    expect(row(page, "params", "lr")).to_be_hidden()
    expect(page.locator("#tags").get_by_text("Nothing here holds")).to_be_visible()
    search.fill("vision")
    expect(row(page, "tags", "team")).to_be_visible()
    expect(row(page, "params", "batch")).to_be_hidden()
    search.fill("")
    expect(row(page, "params", "lr")).to_be_visible()
    expect(row(page, "params", "batch")).to_be_hidden()


@pytest.mark.parametrize("baseline", [2, 5])
def test_another_baseline_reads_as_the_server_would_write_it(
    baseline: int, page: Page, watch: Watch, tmp_path: Path
) -> None:
    file = reports.write(tmp_path, "other", reports.small(baseline))
    expected = read_rows(watch.open(file))
    before = read_rows(page)
    page.get_by_role("combobox", name="Baseline").select_option(reports.NAMES[baseline])
    found = read_rows(page)
    assert found.keys() == expected.keys()
    for key, (*about, cells) in expected.items():
        assert found[key][:-1] == about, key
        for (*mine, word), (*theirs, verdict) in zip(found[key][-1], cells, strict=True):
            assert mine == theirs, key
            assert word == verdict or (word == "not judged" and mine[0] == "crashed"), key
    assert page.get_by_role("note").get_by_text("against wide-lr=0.1").count() == 1
    page.get_by_role("button", name="Back to the report's own").click()
    assert read_rows(page) == before


def test_values_that_are_shown_in_part_look_alike_against_another_baseline(
    watch: Watch, tmp_path: Path
) -> None:
    expected = read_rows(watch.open(reports.write(tmp_path, "b", reports.lengthy("b"))))
    page = watch.open(reports.write(tmp_path, "a", reports.lengthy()))
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    page.get_by_role("combobox", name="Baseline").select_option("b")
    assert read_rows(page) == expected
    shown = row(page, "params", "prompt").locator(".v").all_text_contents()
    assert len(set(shown)) == 3
    assert len(row(page, "params", "data").locator(".v").first.inner_text()) == 8


def test_another_baseline_says_what_only_the_command_can_judge(
    watch: Watch, tmp_path: Path
) -> None:
    file = reports.write(tmp_path, "replicates", reports.replicates())
    page = watch.open(file, permissions=["clipboard-read", "clipboard-write"])
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    page.get_by_role("combobox", name="Baseline").select_option("deep-s0")
    cells = row(page, "metrics", "accuracy").locator("td")
    word = ".says, .d > :nth-child(3):not(.note)"
    words = {
        cell.get_attribute("data-run"): cell.locator(word).all_inner_texts() for cell in cells.all()
    }
    assert words["base-s0"] == ["not judged"]
    assert words["deep-s1"] == ["replicate"]
    assert words["alone"] == ["↑ better"]
    note = page.get_by_role("note").filter(has_text="not judged")
    expect(note.locator("code")).to_have_text("rundiff report runs --baseline deep-s0")
    note.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied the command")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "rundiff report runs --baseline deep-s0"


def test_a_section_in_which_nothing_differs_has_no_empty_head(watch: Watch, tmp_path: Path) -> None:
    page = watch.open(reports.write(tmp_path, "replicates", reports.replicates()))
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    head = page.locator("#tags thead")
    expect(head).to_be_hidden()
    page.locator("#tags").get_by_role("button", name="identical").click()
    expect(head).to_be_visible()


def test_a_rebuilt_table_is_the_servers_table(page: Page) -> None:
    before = page.evaluate("document.querySelector('table[data-comparison=params]').outerHTML")
    page.get_by_role("combobox", name="Baseline").select_option(reports.NAMES[1])
    page.evaluate("document.querySelector('table[data-comparison=params]').dataset.seen = ''")
    page.get_by_role("combobox", name="Baseline").select_option(reports.NAMES[0])
    page.evaluate("delete document.querySelector('table[data-comparison=params]').dataset.seen")
    # The roving tab stop may have moved; everything else is as it was.
    strip = '(html) => html.replace(/ (tabindex|style|hidden|aria-expanded)="[^"]*"/g, \'\')'
    after = page.evaluate("document.querySelector('table[data-comparison=params]').outerHTML")
    assert page.evaluate(strip, after) == page.evaluate(strip, before)


def test_best_and_worst_are_said_and_missing_looks_missing(page: Page) -> None:
    page.get_by_role("combobox", name="Baseline").select_option(reports.NAMES[1])
    cells = row(page, "metrics", "final accuracy").locator("td")
    assert cells.filter(has_text="best").get_attribute("data-run") == "deep-lr=0.01"
    missing = row(page, "metrics", "auc").locator("td[data-type=missing]")
    assert missing.get_attribute("data-value") == ""
    expect(missing).to_have_text("–")
    depth = row(page, "params", "depth").locator(".v").all_inner_texts()
    assert len(set(depth)) == 6, depth


def test_transpose_turns_a_table_over_in_place(page: Page) -> None:
    section = page.locator("#metrics")
    button = section.get_by_role("button", name="Transpose")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    heads = section.locator("thead th[data-key]")
    assert "final accuracy" in [head.get_attribute("data-key") for head in heads.all()]
    assert section.locator("tbody tr[data-run]").count() == 6
    cell = section.locator('tr[data-run="wide-lr=0.01"] td[data-key="final accuracy"]')
    assert cell.get_attribute("data-value") == "0.932"
    expect(cell).to_contain_text("+0.022")
    page.get_by_role("searchbox", name="Search rows").fill("auc")
    expect(heads.filter(has_text="auc")).to_be_visible()
    expect(heads.filter(has_text="fit_seconds")).to_be_hidden()
    page.get_by_role("searchbox", name="Search rows").fill("")
    button.click()
    expect(row(page, "metrics", "auc")).to_be_visible()


def test_selected_runs_narrow_every_table(page: Page) -> None:
    choose_runs(page, "wide-lr=0.1", "deep-lr=0.1")
    heads = page.locator("#params thead th[data-run]")
    assert [head.get_attribute("data-run") for head in heads.all()] == [
        "wide-lr=0.1",
        "deep-lr=0.1",
    ]
    expect(row(page, "params", "lr")).to_have_attribute("data-differs", "false")
    expect(row(page, "params", "model")).to_have_attribute("data-differs", "true")
    expect(page.locator("#params [data-count=differ]")).to_have_text(
        str(page.locator("#params tr[data-differs=true]").count())
    )
    expect(page.locator(".bar-runs [data-chip]")).to_have_count(1)


def test_what_is_said_of_a_choice_of_runs_is_what_stands_there(page: Page) -> None:
    page.get_by_role("checkbox", name="Compare wide-lr=0.1", exact=True).uncheck()
    assert page.locator("#params thead th[data-run]").count() == 6  # it is the baseline
    expect(page.get_by_role("status").filter(has_text="runs compared")).to_have_text(
        "6 runs compared"
    )


def test_the_way_back_to_the_reports_own_runs_keeps_the_focus_in_the_page(page: Page) -> None:
    page.get_by_role("combobox", name="Baseline").select_option(reports.NAMES[1])
    page.get_by_role("button", name="Back to the report's own").press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_runs_beyond_the_columns_come_from_the_island(watch: Watch, many_report: Path) -> None:
    page = watch.open(many_report, fragment="r=0.2.4")
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    heads = page.locator("#metrics thead th[data-run]")
    assert [head.inner_text().strip() for head in heads.all()] == [
        "run-00000",
        "run-00002",
        "run-00004",
    ]
    values = row(page, "params", "seed").locator("td")
    assert [value.get_attribute("data-value") for value in values.all()] == ["0", "2", "4"]


def test_a_click_copies_the_exact_value(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row(page, "metrics", "final accuracy").locator("td").nth(3).click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_text("Copied 0.9451")
    assert page.evaluate("navigator.clipboard.readText()") == "0.9451"


def test_the_keyboard_walks_through_cells_and_copies(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    section = page.locator("#tags")
    section.get_by_role("button", name="Transpose").focus()
    page.keyboard.press("Tab")  # the table's own scroll box
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.tagName") == "A":
        page.keyboard.press("Tab")
    focused = "document.activeElement.dataset.run"
    assert page.evaluate(focused) == "wide-lr=0.1"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "deep-lr=0.01"
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_text("Copied audio")
    assert page.evaluate("navigator.clipboard.readText()") == "audio"
    assert page.locator("#tags td[tabindex='0']").count() == 1


def test_arrows_walk_into_the_identical_rows_that_are_shown(page: Page) -> None:
    stop = page.locator("#params td[tabindex='0']")
    stop.focus()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    key = "document.activeElement.closest('tr').dataset.key"
    assert page.evaluate(key) == "command"  # the last row that differs
    page.locator("#params").get_by_role("button", name="identical").click()
    page.locator("#params td[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(key) == "batch"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(key) == "command"


def test_a_search_leaves_a_cell_for_the_tab_key_in_a_table_that_is_turned_over(page: Page) -> None:
    page.locator("#params").get_by_role("button", name="Transpose").click()
    page.get_by_role("searchbox", name="Search rows").fill("dropout")
    expect(page.locator("#params thead th[data-key='dropout']")).to_be_visible()
    expect(page.locator("#params thead th[data-key='lr']")).to_be_hidden()
    expect(page.locator("#params td[tabindex='0']:visible")).to_have_count(1)


@pytest.mark.parametrize("runs", ["", "r=0.1.2"], ids=["in a frame", "with room for all columns"])
def test_the_head_of_a_tall_table_stays_in_view(runs: str, page: Page) -> None:
    go(page, runs)
    page.get_by_role("switch", name="Differences only").click()
    page.set_viewport_size({"width": 1440, "height": 420})
    last = page.locator("#params tbody.identical tr").last
    last.scroll_into_view_if_needed()
    name = page.locator("#params thead th[data-position='2'] a")
    expect(name).to_be_in_viewport(ratio=1)
    bar = page.locator("header.topbar").bounding_box()
    head = page.locator("#params thead th[data-position='2']").bounding_box()
    assert bar
    assert head
    assert abs(head["y"] - bar["y"] - bar["height"]) <= 2
    page.emulate_media(media="print")
    paper = page.locator("#params").evaluate(
        """(section) => section.querySelector("thead").getBoundingClientRect().bottom
          - section.querySelector("tbody").getBoundingClientRect().top"""
    )
    assert paper <= 1  # on paper the head stands over its rows
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_hover_shows_the_exact_value(page: Page) -> None:
    cell = row(page, "metrics", "train/loss").locator("td").nth(1)
    cell.hover()
    assert (cell.get_attribute("title") or "").startswith(cell.get_attribute("data-value") or "?")


def test_the_differing_part_of_a_long_value_is_marked(page: Page) -> None:
    marks = row(page, "params", "command").locator("mark").all_inner_texts()
    assert any("0.01" in mark for mark in marks)
    page.get_by_role("combobox", name="Baseline").select_option(reports.NAMES[1])
    assert row(page, "params", "command").locator("mark").count() > 0


def test_a_long_table_is_whole_although_it_is_laid_out_late(watch: Watch, tmp_path: Path) -> None:
    path = reports.write(tmp_path, "long", reports.long(200))
    page = watch.open(path, fragment="environment-title")
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    last = row(page, "params", "p199")
    assert "p199" in page.locator("#params").inner_text()
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
    expect(row(page, "params", "p000")).not_to_be_in_viewport()
    page.get_by_role("searchbox", name="Search rows").fill("p007")
    expect(row(page, "params", "p007")).to_be_visible()
    expect(last).to_be_hidden()
    page.emulate_media(media="print")
    scroll = page.locator("#params .scroll")
    assert scroll.evaluate("box => getComputedStyle(box).contentVisibility") == "visible"


def test_metric_cells_have_two_lines_and_turn_over_on_their_decimal_points(page: Page) -> None:
    """Six runs in DejaVu, the widest font that one meets."""
    heights = page.locator("#metrics td .d").evaluate_all(
        "(nodes) => nodes.map((node) => node.getBoundingClientRect().height)"
    )
    assert heights
    assert max(heights) < 20
    page.locator("#metrics").get_by_role("button", name="Transpose").click()
    shown = page.locator('#metrics td[data-key="fit_seconds"] .v').all_inner_texts()
    assert len({len(text) - text.index(".") for text in shown}) == 1


def test_a_command_line_comes_last(page: Page) -> None:
    keys = page.locator('#params tr[data-differs="true"]').evaluate_all(
        "(rows) => rows.map((row) => row.dataset.key)"
    )
    assert keys[-1] == "command"
    page.get_by_role("combobox", name="Baseline").select_option(index=2)
    keys = page.locator('#params tr[data-differs="true"]').evaluate_all(
        "(rows) => rows.map((row) => row.dataset.key)"
    )
    assert keys[-1] == "command"


def test_paper_has_no_column_over_another(page: Page) -> None:
    """On screen the baseline stays beside the keys; a page of A4 on its side is as wide."""
    page.emulate_media(media="print")
    left = "(cells) => cells.map((cell) => cell.getBoundingClientRect().left)"
    row = page.locator('#params tr[data-key="lr"]')
    lefts = row.locator("> *").evaluate_all(left)
    rights = row.locator("> *").evaluate_all(left.replace(".left", ".right"))
    assert all(right <= after + 1 for right, after in zip(rights[:-1], lefts[1:], strict=True))
    page.emulate_media(media="screen")


def test_artifacts_stand_side_by_side(watch: Watch, report_folder: Path, repository: Path) -> None:
    runs = str(repository / "sample_runs" / "runs")
    html = render_html(build_comparison([runs], CompareOptions()))
    page = watch.open(reports.write(report_folder, "samples", html))
    pictures = row(page, "artifacts", "plots/confusion.png").get_by_role("link")
    texts = row(page, "artifacts", "report/summary.json").get_by_role("link")
    expect(pictures).to_have_count(5)
    expect(texts).to_contain_text(["22", "22", "18", "6", "10"])
    assert (
        min(pictures.locator("img").evaluate_all("all => all.map((one) => one.naturalWidth)")) > 0
    )
    page.get_by_label("Baseline").select_option(label="mlp-wide-s4")
    expect(pictures).to_have_count(5)
    pictures.and_(page.get_by_label("plots/confusion.png of mlp-narrow-s2")).click()
    block = page.locator(".run-block", has_text="mlp-narrow-s2")
    expect(block).to_have_attribute("open", "")
    expect(block.locator("img")).to_be_in_viewport()
