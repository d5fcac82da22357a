"""Under Jenkins' default policy nothing of a report runs or is styled; it must still be read.

The header is the one that Jenkins sends with archived files (research/ecosystem.md, 3.3).
"""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page
from rundiff.gates.file import parse_gates
from rundiff.render.outputs import write_output

from tests.factories import Recorded, make_comparison

POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"
GATES = 'version = 1\n[metrics.accuracy]\nmust = "not-worse"\ntolerance = 0.01\n'


class Handler(SimpleHTTPRequestHandler):
    """Serves files as Jenkins does."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("jenkins")
    comparison = make_comparison(
        Recorded(name="wide", params={"lr": 0.01}, metrics={"accuracy": 0.9, "loss": [3, 2, 1]}),
        Recorded(name="narrow", params={"lr": 0.02}, metrics={"accuracy": 0.8, "loss": [3, 1, 0]}),
        gates=parse_gates(GATES, name="gates.toml"),
    )
    write_output(comparison, folder / "report.html")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/report.html"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def test_the_verdict_and_the_gates_can_be_read(page: Page) -> None:
    text = page.inner_text("body")
    assert 'accuracy: must = "not-worse"' in text
    assert "failed" in text
    assert "One number against one number" in text
    assert "worse" in page.inner_text("tr[data-section=metrics][data-key=accuracy]")


def test_every_table_cell_can_be_read(page: Page) -> None:
    cells = page.locator("tr[data-key=lr] td[data-run]")
    assert cells.count() == 2
    shown = cells.all_inner_texts()
    assert ["0.01" in shown[0], "0.02" in shown[1]] == [True, True]
    for row in page.locator("tr[data-section]").all():
        assert row.is_visible()


def test_charts_are_drawn_without_styles(page: Page) -> None:
    """Lines have colour and no filling: presentation attributes, not style sheets, say so."""
    paths = page.locator("figure[data-chart] svg path")
    assert paths.count() > 0
    found = paths.evaluate_all(
        "all => all.map(one => [getComputedStyle(one).stroke, getComputedStyle(one).fill])"
    )
    drawn = [pair for pair in found if pair[0] != "none"]
    assert len({stroke for stroke, _ in drawn}) >= 3  # two runs and the grid
    sizes = page.locator("figure[data-chart] svg").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert all(0 < width <= 1200 for width in sizes)


def test_nothing_is_asked_of_the_reader(page: Page) -> None:
    """Controls that only a script could serve are not there."""
    assert not page.get_by_role("switch").count()
    assert not page.get_by_role("searchbox").count()
