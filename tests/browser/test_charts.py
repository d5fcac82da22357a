"""The charts: drawn when they come near, honest about every run, safe with every name."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from rundiff.render.html import render_html

from tests.browser import reports
from tests.browser.watch import Watch, go, wait_until
from tests.factories import Recorded, make_comparison


def figure(page: Page, kind: str, metric: str = "") -> Locator:
    """Bring a chart into view and wait until it is drawn."""
    found = page.locator(
        f'figure[data-kind="{kind}"]' + (f'[data-metric="{metric}"]' if metric else "")
    )
    found.first.scroll_into_view_if_needed()
    expect(found.first).to_have_attribute("data-drawn", "")
    return found.first


def drawn(chart: Locator, script: str) -> Any:
    """Evaluate with `plot`, the graph of a plotly chart."""
    return chart.locator("[data-plot]").evaluate(f"(plot) => {script}")


def poll(page: Page, chart: Locator, script: str, expected: object) -> None:
    for _ in range(600):
        found = drawn(chart, script)
        if found == expected:
            return
        page.wait_for_timeout(20)
    assert found == expected


def option(chart: Locator, name: str) -> Locator:
    box = chart.locator(".chart-options")
    if box.get_attribute("open") is None:
        box.locator("summary").click()
    return box.get_by_role("combobox", name=name)


def test_nothing_is_drawn_before_it_comes_near(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report, height=500)
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    assert page.evaluate("typeof Plotly") == "undefined"
    assert page.locator("figure[data-drawn]").count() == 0
    chart = figure(page, "line", "train/loss")
    assert page.evaluate("typeof Plotly") == "object"
    expect(chart.locator("[data-static]")).to_be_hidden()
    assert page.locator("figure:not([data-drawn])").count() > 0


def test_one_line_a_run_in_its_colour(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    assert chart.locator("[data-plot]").get_attribute("data-lines") == "6"
    lines = drawn(chart, "plot.data.filter((t) => t.mode === 'lines').map((t) => t.line.color)")
    assert len(set(lines)) == 6
    swatch = page.locator("[data-slot=legend] .swatch[data-color='1']")
    shown = swatch.evaluate("(node) => getComputedStyle(node, '::after').backgroundColor")
    assert shown.startswith("oklch")
    # NaN is a gap, not a zero.
    assert drawn(chart, "plot.data.some((t) => Array.from(t.y).some(Number.isNaN))")
    assert drawn(chart, "plot.data.every((t) => t.connectgaps !== true)")


def test_axes_and_smoothing_for_all_charts_and_for_one(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    tools = page.locator("[data-slot=chart-controls]")
    tools.get_by_role("combobox", name="Y").select_option("linear")
    poll(page, chart, "plot._fullLayout.yaxis.type", "linear")
    tools.get_by_role("combobox", name="Y").select_option("log")
    poll(page, chart, "plot._fullLayout.yaxis.type", "log")
    option(chart, "Y").select_option("linear")
    poll(page, chart, "plot._fullLayout.yaxis.type", "linear")
    other = figure(page, "line", "val/accuracy")
    poll(page, other, "plot._fullLayout.yaxis.type", "log")
    tools.get_by_role("combobox", name="X").select_option("relative")
    poll(page, other, "plot._fullLayout.xaxis.title.text", "s")

    raw = "plot.data.filter((t) => t.mode === 'lines' && t.opacity < 0.5).length"
    tools.get_by_role("slider", name="Smoothing").focus()
    page.keyboard.press("End")
    poll(page, other, raw, 6)  # the raw lines stay behind the smoothed ones
    expect(tools.locator("output")).to_have_text("99 %")
    page.keyboard.press("Home")
    poll(page, other, raw, 0)


def test_the_cursor_lists_all_runs_at_a_step_by_value(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    box = chart.locator("[data-plot]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.4)
    page.mouse.move(box["x"] + box["width"] * 0.21, box["y"] + box["height"] * 0.4)
    tip = chart.locator(".hover-box")
    expect(tip).to_be_visible()
    assert tip.locator(".hover-head").inner_text().startswith("step ")
    rows = [
        float(value) for value in tip.locator(".hover-value").all_inner_texts() if value != "NaN"
    ]
    assert len(rows) >= 5
    assert rows == sorted(rows, reverse=True)
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_the_cursor_works_by_keyboard_and_is_said(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    chart.locator("[data-plot]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(chart.locator(".hover-head")).to_have_text("step 1")
    expect(page.get_by_role("status").filter(has_text="step 1:")).to_contain_text("baseline")
    page.keyboard.press("Escape")
    expect(chart.locator(".hover-box")).to_be_hidden()


def test_a_run_under_the_pointer_stands_out_everywhere(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    page.locator('[data-slot=legend] [data-position="3"] a').hover()
    strong = (
        "Array.from(plot.querySelectorAll('.scatterlayer > .trace'))"
        ".filter((group) => group.style.opacity === '').length"
    )
    poll(page, chart, strong, 2)  # its line and its end
    assert page.locator('#metrics th[data-position="3"][data-highlight]').count() == 1
    page.mouse.move(2, 300)
    poll(page, chart, strong, 12)


def test_end_labels_up_to_six_runs(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    labels = chart.locator(".annotation-text").all_text_contents()
    assert len(labels) == len(set(labels)) == 6
    assert "baseline" in labels


def test_bars_for_metrics_without_history(page: Page) -> None:
    chart = figure(page, "bar", "final accuracy")
    assert chart.locator("[data-plot]").get_attribute("data-bars") == "5"
    ticks = chart.locator(".ytick").all_text_contents()
    assert len(ticks) == 6
    assert "NaN" in chart.locator(".annotation-text").all_text_contents()


def test_a_log_axis_has_finer_ticks_while_it_is_zoomed_in(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    axis = "plot._fullLayout.yaxis"
    poll(page, chart, f"{axis}.type", "log")
    ticks = chart.locator(".ytick").all_text_contents()
    whole = drawn(chart, f"{axis}.range")
    box = chart.locator("[data-plot]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 80, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=5)
    page.mouse.up()
    poll(page, chart, f"{axis}.tickmode", "auto")
    assert drawn(chart, f"{axis}.range") != whole
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme").click()  # drawn anew, the zoom stays
    poll(page, chart, f"{axis}.tickmode", "auto")
    page.mouse.dblclick(box["x"] + 150, box["y"] + 90)
    poll(page, chart, f"{axis}.tickmode", "array")
    assert drawn(chart, f"{axis}.range") == pytest.approx(whole)
    assert chart.locator(".ytick").all_text_contents() == ticks


def test_the_theme_redraws_the_charts(page: Page) -> None:
    chart = figure(page, "line", "train/loss")
    light = drawn(chart, "plot.data[0].line.color")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    poll(page, chart, f"plot.data[0].line.color !== {json.dumps(light)}", True)


def test_parallel_coordinates_have_a_lane_for_missing_and_brushes(page: Page) -> None:
    chart = figure(page, "parallel")
    lane = float(chart.locator(".pc-lane").get_attribute("y") or 0) + 10
    box = chart.locator(".chart-options")
    box.locator("summary").click()
    box.get_by_role("checkbox", name="auc").check()
    page.keyboard.press("Escape")
    crashed = chart.locator('.pc-run[data-position="5"] > path').first
    expect(crashed).to_have_attribute("d", re.compile(f" {lane:.1f}"))

    grip = chart.get_by_role("slider", name="Range of lr")
    grip.focus()
    page.keyboard.press("ArrowUp")
    out = chart.locator(".pc-run.pc-out")
    assert 0 < out.count() < 6
    expect(grip).not_to_have_attribute("aria-valuetext", "all runs")
    page.keyboard.press("Escape")
    expect(out).to_have_count(0)
    area = grip.bounding_box()
    assert area
    page.mouse.move(area["x"] + 14, area["y"] + 20)
    page.mouse.down()
    page.mouse.move(area["x"] + 14, area["y"] + 60, steps=4)
    page.mouse.up()
    assert out.count() > 0
    page.mouse.click(area["x"] + 14, area["y"] + 120)
    expect(out).to_have_count(0)


def test_brushed_ranges_stay_when_the_chart_is_drawn_anew(page: Page) -> None:
    chart = figure(page, "parallel")
    grip = chart.get_by_role("slider", name="Range of lr")
    grip.focus()
    page.keyboard.press("ArrowUp")
    out = chart.locator(".pc-run.pc-out")
    before, said = out.count(), grip.get_attribute("aria-valuetext")
    assert before > 0
    grip.evaluate("(node) => { node.id = 'old'; }")
    page.get_by_role("button", name="Theme").click()
    expect(chart.locator("#old")).to_have_count(0)
    expect(out).to_have_count(before)
    expect(grip).to_have_attribute("aria-valuetext", said or "")
    grip.focus()
    page.keyboard.press("Escape")
    expect(out).to_have_count(0)


@pytest.mark.parametrize("kind", ["scatter", "box", "contour"])
def test_charts_of_runs_let_choose_their_axes(kind: str, page: Page) -> None:
    chart = figure(page, kind)
    name = {"scatter": "X", "box": "Metric", "contour": "Colour"}[kind]
    title = chart.locator("figcaption bdi")
    option(chart, name).select_option("fit_seconds")
    expect(title).to_contain_text("fit_seconds")
    marks = {
        "scatter": ".scatterlayer path.point",
        "box": ".boxlayer path.box",
        "contour": "path.band",
    }
    assert chart.locator(marks[kind]).count() > 0


def test_a_chart_is_an_application_only_where_keys_read_it(page: Page) -> None:
    for kind in ("line", "scatter"):
        plot = figure(page, kind).get_by_role("application", name="; arrow keys read values")
        expect(plot).to_have_attribute("tabindex", "0")
    for kind in ("bar", "box", "contour"):
        plot = figure(page, kind).locator("[data-plot]")
        expect(plot).to_have_attribute("role", "img")
        assert "arrow keys" not in (plot.get_attribute("aria-label") or "arrow keys")
        assert plot.evaluate("(plot) => plot.tabIndex") == -1


def test_a_point_has_a_tip_with_its_run(page: Page) -> None:
    chart = figure(page, "scatter")
    chart.locator("[data-plot]").focus()
    page.keyboard.press("ArrowRight")
    expect(chart.locator(".hover-box")).to_contain_text("wide-lr=0.1")
    expect(page.get_by_role("status").filter(has_text="wide-lr=0.1:")).to_be_visible()


def test_a_scatter_of_two_metrics_says_which_runs_no_other_dominates(page: Page) -> None:
    chart = figure(page, "scatter")
    note = chart.locator("figcaption [data-slot=front]")
    said = note.inner_text()
    assert said.startswith("Dashed: the Pareto front, ")
    counted = chart.locator("figcaption .hint").inner_text()
    assert int(counted.split()[0]) == drawn(chart, "Number(plot.dataset.points)")
    lines = "plot.data.filter(({ mode }) => mode === 'lines').map(({ line }) => line.shape).join()"
    assert drawn(chart, lines) == "hv"
    option(chart, "X").select_option("lr")
    expect(note).to_have_text("")
    poll(page, chart, lines, "")


def test_a_scatter_reaches_from_what_it_shows_and_names_it(watch: Watch, tmp_path: Path) -> None:
    runs = [
        Recorded(
            name=f"run-{at}",
            metrics={"acc": 5000.0 if at == 3 else at, **({"latency": at} if at < 3 else {})},
            goals={"acc": "max", "latency": "min"},
        )
        for at in range(4)
    ]
    page = watch.open(reports.write(tmp_path, "far", render_html(make_comparison(*runs))))
    chart = figure(page, "scatter")
    assert drawn(chart, "plot.layout.yaxis.range[1]") < 3
    named = "plot.layout.annotations.map(({ text }) => text).sort().join()"
    assert drawn(chart, named) == "baseline,run-1,run-2"


@pytest.mark.parametrize("form", ["SVG", "PNG"])
def test_a_chart_can_be_saved(form: str, page: Page, tmp_path: Path) -> None:
    chart = figure(page, "line", "train/loss")
    option(chart, "X")
    with page.expect_download() as download:
        chart.get_by_role("button", name=form).click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    data = file.read_bytes()
    assert data.startswith(b"<svg" if form == "SVG" else b"\x89PNG")
    assert len(data) > 4_000


def test_a_picture_is_whole_and_has_the_page_behind_it(page: Page) -> None:
    chart = figure(page, "parallel")
    chart.locator(".chart-options summary").click()
    boxes = chart.get_by_role("checkbox").all()
    for box in boxes:
        box.check()
    poll(page, chart, "plot.querySelectorAll('.pc-axis').length", len(boxes))
    width = drawn(chart, "plot.querySelector('svg').getBoundingClientRect().width")
    assert width > drawn(chart, "plot.clientWidth")
    with page.expect_download() as download:
        chart.get_by_role("button", name="SVG").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    sheet, behind = re.findall(r"<svg [^>]*>|<rect [^>]*>", text)[:2]
    assert f'width="{width:.0f}"' in sheet
    fill = re.search(r'fill="([^"]+)"', behind)
    assert fill
    assert fill[1] == page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert fill[1] != "rgba(0, 0, 0, 0)"


@pytest.fixture(scope="module")
def hostile(module_watch: Watch, hostile_report: Path) -> Page:
    page = module_watch.open(hostile_report)
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    return page


def test_hostile_names_are_drawn_like_any_other(hostile: Page, module_watch: Watch) -> None:
    count = len(reports.HOSTILE)
    lines = figure(hostile, "line", "<b>loss</b>")
    assert lines.locator(".scatterlayer path.js-line").count() == count
    bars = figure(hostile, "bar", "__proto__")
    assert bars.locator(".barlayer g.point").count() == count
    assert bars.locator(".ytick").count() == count
    figure(hostile, "parallel")
    assert hostile.locator(".pc-run").count() == count
    for anchor in hostile.locator("[data-plot] a").all():
        raise AssertionError(anchor.inner_text())
    texts = " ".join(hostile.locator("[data-plot] text").all_text_contents())
    assert "<b" in texts or "<img" in texts  # shown as recorded, not understood
    assert hostile.evaluate("Object.keys(Object.prototype).length") == 0
    assert hostile.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert module_watch.complaints == []


def test_hostile_names_survive_every_turn_of_the_page(hostile: Page, module_watch: Watch) -> None:
    go(hostile, "b=2&t=01&d=0&s=0-&q=proto")
    heads = hostile.locator("#params tbody tr[data-run]")
    assert heads.count() == len(reports.HOSTILE)
    keys = hostile.locator("#params thead th[data-key]")
    assert sorted(key.get_attribute("data-key") or "" for key in keys.all()) == sorted(
        reports.HOSTILE
    )
    go(hostile, "")
    assert module_watch.complaints == []


def test_extreme_numbers_are_drawn_without_complaint(watch: Watch, tmp_path: Path) -> None:
    page = watch.open(reports.write(tmp_path, "extreme", reports.extreme()))
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    for each in page.locator("figure[data-chart]").all():
        each.scroll_into_view_if_needed()
        expect(each).to_have_attribute("data-drawn", "")
    for fragment in ("y=1", "y=2", "x=1&z=1e", "b=2&t=01&d=0", ""):
        go(page, fragment)
        page.wait_for_timeout(200)
    assert page.get_by_role("status").filter(has_text="could not be drawn").count() == 0


def test_saving_leaves_the_options_open(watch: Watch, small_report: Path) -> None:
    page = watch.open(small_report)
    chart = figure(page, "line", "train/loss")
    option(chart, "X")
    with page.expect_download():
        chart.get_by_role("button", name="SVG").click()
    expect(chart.get_by_role("button", name="SVG")).to_be_visible()
    page.get_by_role("heading", name="Charts").click()
    expect(chart.get_by_role("button", name="SVG")).to_be_hidden()


def test_a_chart_that_is_not_drawn_has_its_title_and_its_room(
    watch: Watch, small_report: Path
) -> None:
    page = watch.open(small_report)
    wait_until(page, "document.documentElement.dataset.ready !== undefined")
    figures = [page.locator(f"figure[data-kind={kind}]") for kind in ("box", "contour")]
    rooms = []
    for chart in figures:
        assert chart.get_attribute("data-drawn") is None
        height = chart.evaluate("(figure) => figure.getBoundingClientRect().height")
        assert height >= 300
        rooms.append((chart.locator("figcaption bdi").inner_text(), height))
    for chart, (title, height) in zip(figures, rooms, strict=True):
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_attribute("data-drawn", "")
        expect(chart.locator("figcaption bdi")).to_have_text(title)
        drawn = chart.evaluate("(figure) => figure.getBoundingClientRect().height")
        assert title
        assert abs(drawn - height) < 60


def test_box_and_contour_begin_with_the_leading_metric(page: Page) -> None:
    for kind in ("box", "contour"):
        assert "final accuracy" in (figure(page, kind).locator("figcaption").inner_text())


def test_boxes_stand_in_the_order_of_their_numbers(watch: Watch, tmp_path: Path) -> None:
    runs = [
        Recorded(name=f"{size}-{number}", params={"batch": size}, metrics={"loss": 1 + number})
        for number in range(2)
        for size in (64, "auto", 128, 8)
    ]
    page = watch.open(reports.write(tmp_path, "boxes", render_html(make_comparison(*runs))))
    labels = figure(page, "box").locator(".xtick text")
    expect(labels).to_have_text(["8 (2)", "64 (2)", "128 (2)", "auto (2)"])
