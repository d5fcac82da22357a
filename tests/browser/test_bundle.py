"""The plotly bundle draws every trace type of a report, under the policy of a report."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from rundiff.resources import load_asset

from tests.browser.watch import Watch, wait_until

# How a report brings plotly in: unpacked from a data block by the page's loader.
START = (
    'rundiffRun("plotly").then(() => { document.documentElement.dataset.plotly = typeof Plotly; });'
)

CONFIG = {
    "displaylogo": False,
    "displayModeBar": True,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "showTips": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["sendChartToCloud", "toImage"],
}

TRACES: dict[str, dict[str, Any]] = {
    "scatter": {"x": [1, 2, 3], "y": [3, 1, 2], "mode": "lines+markers"},
    "bar": {"x": [1, 2, 3], "y": [3, 1, 2]},
    "box": {"y": [1, 2, 3, 4, 9], "boxpoints": "all"},
}
MARKS = {
    "scatter": (".scatterlayer path.point", 3),
    "bar": (".barlayer g.point", 3),
    "box": (".boxlayer path.point", 5),
}


def csp_hash(text: str) -> str:
    """Return the CSP source expression for an inline text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def page_text(body: str, *scripts: str) -> str:
    """Return a page with a strict policy that allows plotly and the given inline scripts."""
    plotly = json.loads(load_asset("manifest.json"))["csp"]["plotly.min.js"]
    hashes = " ".join(f"'{h}'" for h in [plotly, *map(csp_hash, scripts)])
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src '{csp_hash('')}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; "
        f"require-trusted-types-for 'script'; trusted-types rundiff"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bundle</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"></head><body>{body}'
        f'<script type="text/plain" id="plotly">{load_asset("plotly.min.js.gz.b64")}</script>'
        + "".join(f"<script>{script}</script>" for script in scripts)
        + "</body></html>"
    )


@pytest.mark.parametrize("kind", TRACES)
def test_bundle_draws_under_the_strict_policy(kind: str, watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        page_text('<div id="chart"></div>', load_asset("loader.js"), START), encoding="utf-8"
    )
    page = watch.open(file)
    wait_until(page, "document.documentElement.dataset.plotly === 'object'")
    page.evaluate(
        "([trace, config]) => Plotly.newPlot('chart', [trace], {width: 600, height: 400}, config)",
        [{"type": kind, **TRACES[kind]}, CONFIG],
    )
    marks, count = MARKS[kind]
    assert page.locator(f"#chart {marks}").count() == count

    # Hover, zoom by dragging, back by double click, and every button of the mode bar.
    plot = page.locator("#chart .nsewdrag").first
    box = plot.bounding_box()
    assert box is not None
    left, top, width, height = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(left + width * 0.5, top + height * 0.9)
    page.mouse.move(left + width * 0.2, top + height * 0.2)
    page.mouse.down()
    page.mouse.move(left + width * 0.7, top + height * 0.8, steps=4)
    page.mouse.up()
    page.mouse.dblclick(left + width / 2, top + height / 2)
    buttons = page.locator("#chart .modebar-btn")
    titles = [buttons.nth(i).get_attribute("data-title") for i in range(buttons.count())]
    assert "Zoom" in titles
    for i in range(buttons.count()):
        buttons.nth(i).click()


def test_bundle_holds_what_reports_draw_with_and_no_more(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        page_text('<div id="chart"></div>', load_asset("loader.js"), START), encoding="utf-8"
    )
    page = watch.open(file)
    wait_until(page, "document.documentElement.dataset.plotly === 'object'")
    known = page.evaluate("Object.keys(Plotly).sort()")
    assert known == ["Plots", "newPlot", "purge", "react", "relayout"]
    kinds = page.evaluate(
        "(config) => Plotly.newPlot('chart', ['bar', 'box', 'histogram', 'heatmap', 'scattergl']"
        ".map((type) => ({ type, x: [1], y: [1] })), {}, config)"
        ".then((node) => node._fullData.map((trace) => trace.type))",
        CONFIG,
    )
    assert kinds == ["bar", "box", "scatter", "scatter", "scatter"]
    assert "description:" not in load_asset("plotly.min.js")


@pytest.mark.parametrize(("name", "most"), [("plotly.min.js", 440_000), ("rundiff.js", 63_000)])
def test_embedded_form_is_the_script_and_is_small(name: str, most: int) -> None:
    packed = load_asset(f"{name}.gz.b64")
    assert gzip.decompress(base64.b64decode(packed)).decode() == load_asset(name)
    assert len(packed) <= most


def test_manifest_names_the_hashes_of_the_committed_bundle() -> None:
    manifest = json.loads(load_asset("manifest.json"))
    assert manifest["csp"] == {name: csp_hash(load_asset(name)) for name in manifest["csp"]}


# The watch itself: each thing that a report must never do is noticed.
MISDEEDS = {
    "console error": ("console.error('x')", "console error: x"),
    "page error": ("setTimeout(() => { throw new Error('x') })", "page error: x"),
    "request": ("new Image().src = 'https://example.org/x.png'", "Content Security Policy"),
    "eval": ("try { eval('1') } catch (error) {}", "console error"),
    "markup": ("try { document.body.innerHTML = '<b>x</b>' } catch (error) {}", "console error"),
    "style": ("document.body.setAttribute('style', 'color: red')", "console error"),
    "second policy": (
        "try { trustedTypes.createPolicy('other', {}) } catch (error) {}",
        "console error",
    ),
    "dialog": ("setTimeout(() => alert('x'))", "dialog: x"),
}


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_watch_notices(misdeed: str, lenient_watch: Watch, tmp_path: Path) -> None:
    script, complaint = MISDEEDS[misdeed]
    file = tmp_path / "page.html"
    file.write_text(page_text("<p>text</p>", script), encoding="utf-8")
    page = lenient_watch.open(file)
    page.wait_for_timeout(100)
    assert any(complaint in text for text in lenient_watch.complaints), lenient_watch.complaints


def test_watch_notices_a_request_that_no_policy_stops(lenient_watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text('<!doctype html><img src="https://example.org/x.png" alt="">', encoding="utf-8")
    lenient_watch.open(file)
    assert "request: GET https://example.org/x.png" in lenient_watch.complaints
