"""The Runs table: sort, filter, choose, order, pin and resize columns, select, long tables."""

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import reports
from tests.browser.watch import Watch, go, wait_until


def table(page: Page) -> Locator:
    return page.locator("table[data-runs]")


def names(page: Page) -> list[str]:
    return [
        cell.get_attribute("data-value") or ""
        for cell in table(page).locator('tbody th[data-column="attributes.run_name"]').all()
    ]


def values(page: Page, column: str) -> list[str]:
    cells = table(page).locator(f'tbody td[data-column="{column}"]').all()
    return [
        cell.get_attribute("data-value") or cell.get_attribute("data-type") or "" for cell in cells
    ]


def head(page: Page, column: str) -> Locator:
    return table(page).locator(f'thead th[data-column="{column}"]')


def test_sort_puts_nan_and_missing_last_in_both_directions(page: Page) -> None:
    accuracy = head(page, "metrics.final accuracy")
    accuracy.get_by_role("button").click()
    expect(accuracy).to_have_attribute("aria-sort", "descending")  # the best first
    expected = ["0.9451", "0.945", "0.932", "0.91", "0.91", "NaN"]
    assert values(page, "metrics.final accuracy") == expected
    accuracy.get_by_role("button").click()
    expect(accuracy).to_have_attribute("aria-sort", "ascending")
    assert values(page, "metrics.final accuracy") == [
        "0.91",
        "0.91",
        "0.932",
        "0.945",
        "0.9451",
        "NaN",
    ]
    accuracy.get_by_role("button").click()
    assert table(page).locator("[aria-sort]").count() == 0
    assert names(page) == [*reports.NAMES]
    head(page, "metrics.auc").get_by_role("button").click()
    assert values(page, "metrics.auc")[-1] == "missing"
    head(page, "metrics.auc").get_by_role("button").click()
    assert values(page, "metrics.auc")[-1] == "missing"


def test_shift_adds_a_second_sort_by_keyboard(page: Page) -> None:
    head(page, "params.model").get_by_role("button").press("Enter")
    head(page, "metrics.fit_seconds").get_by_role("button").focus()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    assert names(page) == [
        "crashed",
        "deep-lr=0.001",
        "deep-lr=0.01",
        "deep-lr=0.1",
        "wide-lr=0.01",
        "wide-lr=0.1",
    ]
    assert table(page).locator("[aria-sort]").count() == 1
    expect(head(page, "params.model")).to_have_attribute("aria-sort", "ascending")
    focused = "document.activeElement.closest('th').dataset.column"
    assert page.evaluate(focused) == "metrics.fit_seconds"


def test_filters_under_the_heads(page: Page) -> None:
    page.get_by_role("textbox", name="Column filter: final accuracy").fill("> 0.93")
    assert names(page) == ["wide-lr=0.01", "deep-lr=0.1", "deep-lr=0.01"]
    page.get_by_role("textbox", name="Column filter: Run").fill("deep")
    assert names(page) == ["deep-lr=0.1", "deep-lr=0.01"]
    expect(page.get_by_role("status").filter(has_text="of 6 runs")).to_contain_text("2 of 6 runs")
    page.get_by_role("textbox", name="Column filter: final accuracy").fill("")
    page.get_by_role("textbox", name="Column filter: Run").fill("")
    assert len(names(page)) == 6


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("metrics.auc >= 0.94 and params.model = 'wide'", ["wide-lr=0.1", "wide-lr=0.01"]),
        ("status = 'failed'", ["crashed"]),
        ("metrics.auc is null", ["crashed"]),
        (
            "params.dropout is null or attributes.run_name like 'crash%'",
            ["deep-lr=0.01", "crashed"],
        ),
        ("deep 0.001", ["deep-lr=0.001"]),
        ("", [*reports.NAMES]),
    ],
)
def test_filter_runs_by_expression_and_by_free_text(
    expression: str, expected: list[str], page: Page
) -> None:
    page.get_by_role("searchbox", name="Filter runs").fill(expression)
    assert names(page) == expected


def test_a_wrong_expression_says_where(page: Page) -> None:
    field = page.get_by_role("searchbox", name="Filter runs")
    field.fill("metrics.auc > 'x'")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(
        "metrics are compared with numbers, without quotes at position 15"
    )
    expect(field).to_have_attribute("aria-invalid", "true")
    assert len(names(page)) == 6
    field.fill("metrics.auc > 0.94")
    expect(alert).to_be_hidden()
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_the_columns_dialog_shows_orders_and_pins(page: Page) -> None:
    button = page.get_by_role("button", name="Columns", exact=True)
    button.click()
    dialog = page.get_by_role("dialog", name="Columns")
    dialog.get_by_role("checkbox", name="Status").uncheck()
    assert head(page, "attributes.status").count() == 0
    dialog.get_by_role("searchbox", name="Find a column").fill("git.comm")
    dialog.get_by_role("checkbox", name="git.commit").check()
    expect(head(page, "environment.git.commit")).to_have_count(1)
    dialog.get_by_role("searchbox", name="Find a column").fill("")
    heads = table(page).locator("thead th[data-column]")
    columns = "(heads) => heads.map((head) => head.dataset.column)"
    before = heads.evaluate_all(columns)
    dialog.get_by_role("button", name="Move fit_seconds (Metrics) up").click()
    after = heads.evaluate_all(columns)
    assert after.index("metrics.fit_seconds") == before.index("metrics.fit_seconds") - 1
    dialog.get_by_role("combobox", name="Columns that stay in view").select_option("2")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    sticky = "(cell) => getComputedStyle(cell).position === 'sticky'"
    pinned = [
        cell for cell in table(page).locator("thead th[data-column]").all() if cell.evaluate(sticky)
    ]
    assert [cell.get_attribute("data-column") for cell in pinned] == after[:2]


def test_pinned_columns_stay_beside_each_other_when_their_widths_change(page: Page) -> None:
    go(page, "p=2")
    page.get_by_role("textbox", name="Column filter: Run").fill("crashed")
    page.get_by_role("region", name="Runs table").evaluate("(frame) => { frame.scrollLeft = 60; }")
    page.evaluate("new Promise(requestAnimationFrame)")
    pinned = table(page).locator("tr[aria-rowindex='1'] > .pinned")
    boxes = [cell.bounding_box() for cell in pinned.all()]
    assert len(boxes) == 3  # the box to tick, the name and the status
    for before, after in itertools.pairwise(boxes):
        assert before
        assert after
        assert abs(before["x"] + before["width"] - after["x"]) <= 1


def test_no_column_is_pinned_where_none_is_wanted(page: Page) -> None:
    go(page, "p=0")
    frame = page.get_by_role("region", name="Runs table")
    lefts = []
    for scrolled in (0, 60):
        frame.evaluate("(frame, left) => { frame.scrollLeft = left; }", scrolled)
        box = head(page, "attributes.run_name").bounding_box()
        assert box
        lefts.append(box["x"])
    assert lefts[0] - lefts[1] == 60


def test_bars_in_cells_on_request(page: Page) -> None:
    page.get_by_role("button", name="Columns", exact=True).click()
    dialog = page.get_by_role("dialog", name="Columns")
    line = dialog.locator("li", has_text="fit_seconds")
    line.get_by_role("checkbox", name="bars").check()
    dialog.get_by_role("button", name="Done").click()
    bars = table(page).locator('td[data-column="metrics.fit_seconds"] .cellbar-fill')
    widths = [bar.evaluate("(bar) => bar.style.width") for bar in bars.all()]
    assert (widths[0], widths[-1]) == ("12%", "100%")  # the least is a value, too
    go(page, "r=0.1")
    bars = table(page).locator("td .cellbar-fill")
    colours = [bar.evaluate("(bar) => getComputedStyle(bar).backgroundColor") for bar in bars.all()]
    assert colours[0] == colours[1] != colours[2] == colours[3]  # compared runs stand out


def test_widths_by_mouse_and_keyboard(page: Page) -> None:
    status = head(page, "attributes.status")
    grip = status.get_by_role("separator", name="Width of Status")
    width = status.evaluate("(cell) => cell.offsetWidth")
    grip.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert abs(status.evaluate("(cell) => cell.offsetWidth") - width - 32) <= 1
    box = grip.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 65, box["y"] + 5, steps=3)
    page.mouse.up()
    assert abs(status.evaluate("(cell) => cell.offsetWidth") - width - 92) <= 2
    grip.dblclick()
    assert abs(status.evaluate("(cell) => cell.offsetWidth") - width) <= 1


def test_a_grip_follows_the_pointer_only_while_it_is_pressed(page: Page) -> None:
    status = head(page, "attributes.status")
    grip = status.get_by_role("separator", name="Width of Status")
    width = status.evaluate("(cell) => cell.offsetWidth")
    grip.click()
    assert page.evaluate("location.hash") in ("", "#")  # a click alone settles no width
    grip.hover()
    page.mouse.down()
    grip.evaluate("(node) => node.dispatchEvent(new PointerEvent('pointercancel'))")
    page.mouse.move(900, 300, steps=3)
    page.mouse.up()
    assert abs(status.evaluate("(cell) => cell.offsetWidth") - width) <= 1


def test_the_head_selects_what_the_filters_let_through(page: Page) -> None:
    page.get_by_role("textbox", name="Column filter: Run").fill("crashed")
    everything = page.get_by_role("checkbox", name="Compare all runs shown here")
    expect(everything).to_be_checked()
    everything.uncheck()
    page.get_by_role("textbox", name="Column filter: Run").fill("")
    expect(page.get_by_role("checkbox", name="Compare crashed")).not_to_be_checked()
    assert page.locator("#params thead th[data-run]").count() == 5


# How the 1,500 runs stand when nobody has sorted them: the best accuracy first.
BEST_FIRST = [f"run-{at:05}" for at in sorted(range(1_500), key=lambda at: -(at * 7_919 % 4_999))]


@pytest.fixture(scope="module")
def many(module_watch: Watch, many_report: object) -> Page:
    page = module_watch.open(many_report)  # type: ignore[arg-type]
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    go(page, "c=0-6.c-g")  # enough columns for a table that shows only a window
    return page


def test_a_long_table_holds_only_the_rows_in_view(many: Page) -> None:
    runs = table(many)
    expect(runs).to_have_attribute("aria-rowcount", "1502")
    assert runs.locator("tbody tr[data-run]").count() < 100
    frame = many.get_by_role("region", name="Runs table")
    frame.focus()
    many.keyboard.press("End")
    last = runs.locator(f'tr[data-run="{BEST_FIRST[-1]}"]')
    expect(last).to_be_visible()
    expect(last).to_have_attribute("aria-rowindex", "1502")
    many.keyboard.press("Home")
    expect(runs.locator(f'tr[data-run="{BEST_FIRST[0]}"]')).to_be_visible()
    assert runs.locator("tbody tr[data-run]").count() < 100


def test_the_best_runs_stand_first_until_somebody_sorts(many: Page) -> None:
    go(many, "")
    accuracy = head(many, "metrics.accuracy")
    expect(accuracy).to_have_attribute("aria-sort", "descending")
    assert names(many)[:3] == BEST_FIRST[:3]
    accuracy.get_by_role("button").click()
    expect(accuracy).to_have_attribute("aria-sort", "ascending")
    accuracy.get_by_role("button").click()
    assert names(many)[:3] == ["run-00000", "run-00001", "run-00002"]
    many.reload()
    wait_until(many, "document.documentElement.dataset.ready !== undefined")
    assert table(many).locator("[aria-sort]").count() == 0
    assert names(many)[:3] == ["run-00000", "run-00001", "run-00002"]
    go(many, "c=0-6.c-g")


def test_what_is_true_without_script_only_is_not_said_with_it(
    many: Page, watch: Watch, many_report: Path
) -> None:
    sentence = "Without script this page lists the first 200 of 1,500 runs"
    expect(many.get_by_text(sentence)).to_be_hidden()
    expect(watch.open(many_report, javascript=False).get_by_text(sentence)).to_be_visible()


def test_a_long_table_sorts_and_filters_all_of_its_rows(many: Page) -> None:
    head(many, "metrics.loss").get_by_role("button").click()
    assert names(many)[0] == "run-01499"
    many.get_by_role("searchbox", name="Filter runs").fill(
        "params.seed >= 1490 and params.model = 'sgd'"
    )
    assert names(many) == ["run-01498", "run-01495", "run-01492"]
    expect(many.get_by_role("status").filter(has_text="of 1,500 runs")).to_contain_text(
        "3 of 1,500 runs"
    )


def test_the_tab_key_reaches_a_long_table_wherever_it_is_scrolled_to(many: Page) -> None:
    go(many, "c=0-6.c-g")
    frame = many.get_by_role("region", name="Runs table")
    frame.evaluate("(frame) => { frame.scrollTop = 9000; }")
    wait_until(many, "document.querySelector('.windowed tr[aria-rowindex=\"330\"]') !== null")
    expect(table(many).locator("tbody [tabindex='0']")).to_have_count(1)


def test_arrow_keys_walk_through_a_long_table(many: Page) -> None:
    go(many, "c=0-6.c-g")
    many.evaluate("document.querySelector('.windowed').scrollTop = 0")
    expect(table(many).locator('tr[aria-rowindex="3"]')).to_be_visible()
    table(many).locator('tr[aria-rowindex="3"] td[data-value]').first.focus()
    for _ in range(60):
        many.keyboard.press("ArrowDown")
        many.evaluate("new Promise(requestAnimationFrame)")
    assert many.evaluate("document.activeElement.closest('tr').dataset.run") == BEST_FIRST[60]
    expect(table(many).locator(f'tr[data-run="{BEST_FIRST[60]}"]')).to_be_visible()


def test_examples_under_the_heads_are_not_cut(page: Page) -> None:
    fields = page.locator("#runs .column-filter").all()
    assert fields
    for field in fields:
        example = field.get_attribute("placeholder") or ""
        field.fill(example)
        assert field.evaluate("(field) => field.scrollWidth - field.clientWidth") <= 0, example
        field.fill("")


def test_numbers_formatted_late_stand_below_the_first_ones(many: Page) -> None:
    go(many, "")
    cells = table(many).locator('td[data-column="metrics.accuracy"] .v')
    expect(cells.nth(20)).to_be_visible()
    texts = [cell.evaluate("(cell) => cell.textContent") for cell in cells.all()[:21]]
    assert len({len(text) for text in texts}) == 1, texts


def test_examples_under_the_heads_compare_with_numbers(watch: Watch, tmp_path: Path) -> None:
    page = watch.open(reports.write(tmp_path, "extreme", reports.extreme()))
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    examples = [
        field.get_attribute("placeholder") for field in page.locator("#runs .column-filter").all()
    ]
    assert "NaN" in examples
    assert "> NaN" not in examples


def test_a_filter_that_no_run_passes_leaves_a_sentence(page: Page) -> None:
    page.get_by_role("searchbox", name="Filter runs").fill("metrics.auc > 7")
    said = "getComputedStyle(document.querySelector('#runs .scroll'), '::after').content"
    assert page.evaluate(said) == '"No run passes these filters."'
    page.get_by_role("searchbox", name="Filter runs").fill("")
    assert page.evaluate(said) == "none"
