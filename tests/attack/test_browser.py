"""Thousands of hostile strings in every field of a report, in a real chromium.

A page may do nothing but show them: no dialog, popup, request, breach of its policy or error
(`watch` sees to that), every string as it was recorded, every run drawn. The quick part takes our
own strings and a share of the corpus; `--all` takes all of them, some 8,300.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page
from rundiff.render.html import render_html

from tests.attack.drive import settle, shown_texts, use_everything
from tests.attack.pages import BARS, COMPARED, CURVES, attack_comparison
from tests.attack.payloads import OWN, hidden_characters, load_notes, load_payloads, read_back
from tests.browser import reports
from tests.browser.watch import Watch, wait_until

SHARE, QUICK_SHARE = 200, 120
LONG = 300
_TITLES = "() => [...document.querySelectorAll('[data-slot=legend] a')].map((a) => a.title)"
_NAMES = """() => [...document.querySelectorAll('table[data-runs] tbody th')]
  .map((cell) => cell.dataset.value ?? cell.querySelector('[title]')?.title ?? '')"""
_EXACT = """() => [...document.querySelectorAll('#params td[data-value]')]
  .map((cell) => cell.dataset.value)"""
QUICK_PAGES, ALL_PAGES = 2, 42


@pytest.fixture(scope="session")
def hostile(repository: Path) -> Path:
    return repository.parent / "shared" / "corpus" / "hostile"


@pytest.fixture(scope="session")
def payloads(hostile: Path) -> list[str]:
    return load_payloads(hostile)


@pytest.fixture(scope="session")
def notes(hostile: Path) -> list[str]:
    is_here = (hostile / "commonmark.tar.gz").is_file()
    return load_notes(hostile) if is_here else []


def shares(payloads: Sequence[str]) -> list[list[str]]:
    """Return the strings a page at a time; each page also begins with a string that is drawn."""
    return [list(payloads[start : start + SHARE]) for start in range(0, len(payloads), SHARE)]


def is_shown(text: str, found: set[str]) -> bool:
    """Tell whether a text stands there: as it is, or in the quotes of an ambiguous value."""
    return text in found or f'"{text}"' in found


def check_texts(page: Page, strings: Sequence[str]) -> None:
    places = shown_texts(page)
    every = {place: {read_back(text) for text in texts} for place, texts in places.items()}
    for place, texts in places.items():
        assert texts, place
        for text in texts:
            assert not hidden_characters(text), (place, text[:200])
    exact = set(page.evaluate(_EXACT))
    assert {text.replace("\0", "\ufffd") for text in strings} <= exact
    for place in ("param keys", "param values", "tag keys", "tag values", "metric keys"):
        lost = [
            text
            for text in strings
            if not is_shown(text, every[place])
            # A long value is cut where it is read; whole it stands in the attribute.
            and not (len(text) > LONG and place.endswith("values") and text in exact)
        ]
        assert lost == [], place
    titles = {read_back(title)[:100] for title in page.evaluate(_TITLES)}
    assert [text for text in strings[:COMPARED] if text[:100] not in titles] == []
    names = page.evaluate(_NAMES)
    assert set(strings) - {""} <= {*names, *map(read_back, names)}


def check_drawings(page: Page, strings: Sequence[str]) -> None:
    """As many lines, bars and points as there are runs; nothing of a record became markup."""
    lines = page.locator("figure[data-kind=line][data-drawn] [data-plot]").first
    assert lines.get_attribute("data-lines") == str(COMPARED)
    bars = page.locator("figure[data-kind=bar][data-drawn] [data-plot]").first
    assert bars.get_attribute("data-bars") == str(COMPARED)
    points = page.locator("figure[data-kind=scatter][data-drawn] [data-plot]").first
    assert points.get_attribute("data-points") is not None
    assert page.locator("[data-plot] a, [data-plot] svg b, [data-plot] image").count() == 0
    assert page.locator("figure[data-kind=line]").count() <= CURVES + BARS + len(strings)


def check_attributes(page: Page, strings: Sequence[str]) -> None:
    """Ids and names come from no record, addresses lead nowhere but to what notes may name."""
    found = page.evaluate(
        """() => ({
          ids: [...document.querySelectorAll('[id]')]
            .filter((node) => !node.closest('[data-plot]')).map((node) => node.id),
          names: [...document.querySelectorAll('[name]')].map((node) => node.getAttribute('name')),
          links: [...document.querySelectorAll('[href]')].map((node) => node.getAttribute('href')),
          scripts: document.scripts.length,
          handlers: [...document.querySelectorAll('*')].flatMap((node) =>
            node.getAttributeNames().filter((name) => name.startsWith('on'))),
          polluted: Object.keys(Object.prototype).length + Object.keys(Array.prototype).length,
        })"""
    )
    assert found["polluted"] == 0
    assert found["handlers"] == []
    assert found["scripts"] == 6  # island, two packed, the loader, and the two it unpacked
    ours = re.compile(r"[a-z][a-z0-9-]*|js-plotly-tester|plotly\.js-style-global")
    assert [name for name in found["ids"] if not ours.fullmatch(name)] == []
    assert set(found["names"]) <= {"generator", "viewport", "referrer", "color-scheme"}
    assert all(re.match(r"#|https?://|mailto:", link) for link in found["links"])


def check_island(text: str, strings: Sequence[str]) -> None:
    island = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert island is not None
    data = json.loads(island[1])
    for section in ("params", "tags", "metrics"):
        keys = {column["key"] for column in data["columns"] if column["section"] == section}
        assert set(strings) <= keys
    assert [run["name"] for run in data["runs"]] == [
        text or f"r{place}"  # a run without a name is called by its id
        for place, text in enumerate(strings)
    ]


def attack(watch: Watch, folder: Path, strings: Sequence[str], notes: Sequence[str]) -> None:
    text = render_html(attack_comparison(strings, notes))
    check_island(text, strings)
    page = watch.open(reports.write(folder, "attack", text))
    settle(page)
    check_texts(page, strings)
    use_everything(page, strings)
    check_drawings(page, strings)
    check_attributes(page, strings)
    wait_until(page, "true")
    check_texts(page, strings)
    watch.close()
    assert watch.complaints == []


@pytest.mark.parametrize("number", range(QUICK_PAGES))
def test_a_share_of_the_strings(
    number: int, watch: Watch, tmp_path: Path, payloads: list[str], notes: list[str]
) -> None:
    ours, others = payloads[: len(OWN)], payloads[len(OWN) :]
    sample = ours if number == 0 else others[:: max(len(others) // QUICK_SHARE, 1)][:QUICK_SHARE]
    attack(watch, tmp_path, sample or ours, notes[number * 100 :])


@pytest.mark.all
@pytest.mark.parametrize("number", range(ALL_PAGES))
def test_all_strings(
    number: int, watch: Watch, tmp_path: Path, payloads: list[str], notes: list[str]
) -> None:
    parts = shares(payloads)
    if number >= len(parts):
        pytest.skip("the shared corpus is not here")
    assert len(parts) <= ALL_PAGES
    attack(watch, tmp_path, parts[number], notes[number * 12 :][:60])
