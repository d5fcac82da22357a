"""The hostile pages in Debian's Firefox: another engine, another policy's implementation.

Once over all strings, with the same checks as in chromium (`test_browser`), and one page that has
to work: scripts inflate and run, charts are drawn, tables sort, filter and change their baseline.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Page
from rundiff.render.html import render_html

from tests.attack.drive import settle
from tests.attack.firefox import Firefox, find_firefox, running_firefox
from tests.attack.pages import attack_comparison
from tests.attack.payloads import OWN, load_notes, load_payloads
from tests.attack.test_browser import ALL_PAGES, attack, shares, turn
from tests.browser import reports
from tests.browser.watch import wait_until

PAGES_OF_ONE = 12

pytestmark = [
    pytest.mark.all,
    pytest.mark.skipif(find_firefox() is None, reason="no Firefox; apt-get install firefox-esr"),
]


@pytest.fixture(scope="module")
def next_firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Firefox]]:
    """A Firefox for the next page: a new one now and then, since after 40 of them one hangs."""
    with ExitStack() as stack:
        pages = 0
        running: list[Firefox] = []

        def give() -> Firefox:
            nonlocal pages
            if pages % PAGES_OF_ONE == 0:
                stack.close()
                folder = tmp_path_factory.mktemp("firefox")
                running[:] = [stack.enter_context(running_firefox(folder))]
            pages += 1
            return running[0]

        yield give


@pytest.fixture
def firefox(next_firefox: Callable[[], Firefox]) -> Firefox:
    found = next_firefox()
    found.complaints.clear()
    return found


def as_page(firefox: Firefox) -> Page:
    """Say that it does what the attacks ask of Playwright's page."""
    return cast("Page", firefox)


@pytest.mark.parametrize("number", range(ALL_PAGES))
def test_all_strings_in_firefox(
    number: int, firefox: Firefox, repository: Path, tmp_path: Path
) -> None:
    hostile = repository.parent / "shared" / "corpus" / "hostile"
    parts = shares(load_payloads(hostile))
    if number >= len(parts):
        pytest.skip("the shared corpus is not here")
    is_here = (hostile / "commonmark.tar.gz").is_file()
    notes = load_notes(hostile)[number * 16 :] if is_here else []
    strings, use = parts[number], turn(number)
    text = render_html(attack_comparison(strings, notes, compared=use.compared))
    firefox.open(reports.write(tmp_path, "attack", text))
    attack(as_page(firefox), text, strings, use, complaints=firefox.complaints)


def test_the_harness_sees_what_a_bare_page_does(firefox: Firefox, tmp_path: Path) -> None:
    """The control: without escaping and policy, script, request and error are noted."""
    file = reports.write(
        tmp_path,
        "bare",
        "<!doctype html><title>x</title><img src=https://canary.invalid/a.png>"
        "<script>console.error('seen'); open('about:blank')</script><p>x",
    )
    firefox.open(file)
    firefox.evaluate("1")
    seen = " ".join(firefox.complaints)
    assert "request: https://canary.invalid/a.png" in seen
    assert "seen" in seen
    assert "popup" in seen


def test_the_policy_alone_holds_in_firefox(firefox: Firefox, tmp_path: Path) -> None:
    """The report's own policy over a page that is nothing but markup of strangers."""
    report = render_html(attack_comparison(list(OWN[:8])))
    policy = re.search(r"<meta http-equiv[^>]*>", report)
    assert policy is not None
    markup = ("<img src=x onerror={0}>", "<script>{0}</script>", "<svg onload={0}></svg>")
    body = "".join(markup).format("window.fired=1")
    text = f"<!doctype html><meta charset=utf-8>{policy[0]}{body}"
    firefox.open(reports.write(tmp_path, "policy", text))
    assert firefox.evaluate("window.fired ?? null") is None
    assert any("Content-Security-Policy" in each for each in firefox.complaints)
    assert not [each for each in firefox.complaints if each.startswith("request: http")]


def test_a_report_works_in_firefox(firefox: Firefox, tmp_path: Path) -> None:
    firefox.open(reports.write(tmp_path, "small", reports.small()), height=900)
    page = as_page(firefox)
    settle(page)
    rows = (
        "[...document.querySelectorAll('table[data-runs] tbody tr:not([hidden])')]"
        ".map((row) => row.dataset.run)"
    )
    before = firefox.evaluate(rows)
    assert len(before) == 6
    sort = "document.querySelectorAll('table[data-runs] thead button')[0].click()"
    firefox.evaluate(sort)
    wait_until(page, f"JSON.stringify({rows}) !== {str(before).replace(chr(39), chr(34))!r}")
    type_ = (
        "(text) => { const box = document.querySelector('[data-control=filter-runs]');"
        " box.value = text; box.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    firefox.evaluate(type_, "params.lr > 0.05")
    wait_until(page, f"{rows}.length === 3")
    firefox.evaluate(type_, "")
    firefox.evaluate(
        "(() => { const s = document.querySelector('select[data-control=baseline]');"
        " s.value = s.options[1].value;"
        " s.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    wait_until(page, "location.hash.includes('b=')")
    theme = "document.documentElement.dataset.theme ?? ''"
    was = firefox.evaluate(theme)
    firefox.evaluate("document.querySelector('[data-control=theme]').click()")
    assert firefox.evaluate(theme) != was
    for kind in ("line", "bar", "scatter", "parallel"):
        query = f"document.querySelector('figure[data-kind={kind}]')"
        wait_until(page, f"({query}.scrollIntoView(), {query}.dataset.drawn !== undefined)")
        assert firefox.evaluate(f"{query}.querySelectorAll('[data-plot] path').length") > 3
    assert firefox.evaluate("document.querySelector('[data-plot]').dataset.lines") == "6"
    assert firefox.complaints == []
