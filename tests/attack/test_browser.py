"""Thousands of hostile strings in every field of a report, in a real chromium.

A page may do nothing but show them: no dialog, popup, request, breach of its policy or error
(`watch` sees to that), every string as it was recorded, every run drawn. The quick part takes our
own strings and a share of the corpus; `--all` takes all of them, some 8,300.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page
from rundiff.budgets import LONGEST_VALUE
from rundiff.format.text import show_text
from rundiff.render.html import render_html

from tests.attack.drive import CHARTS, STEPS, settle, shown_texts, tick_texts, use_page
from tests.attack.pages import COMPARED, attack_comparison
from tests.attack.payloads import OWN, hidden_characters, load_notes, load_payloads, read_back
from tests.browser import reports
from tests.browser.watch import Watch

SHARE, QUICK_SHARE = 200, 120  # beyond 200 runs the table is windowed
LONG = 300
_TITLES = "() => [...document.querySelectorAll('[data-slot=legend] a')].map((a) => a.title)"
_NAMES = """() => [...document.querySelectorAll('table[data-runs] tbody th')]
  .map((cell) => cell.dataset.value ?? cell.querySelector('[title]')?.title ?? '')"""
_EXACT = """() => [...document.querySelectorAll('#params td[data-value]')]
  .map((cell) => cell.dataset.value)"""
QUICK_PAGES, ALL_PAGES = 2, 42


class Use(NamedTuple):
    """What is done on a page: how many runs it compares, and which controls are worked."""

    compared: int = COMPARED
    steps: Sequence[str] = STEPS
    charts: Sequence[str] = CHARTS
    has_events: bool = True


class Reused(NamedTuple):
    """A page that is opened once, and where its files lie."""

    watch: Watch
    page: Page
    folder: Path


def turn(number: int) -> Use:
    """Return what is done on a page of the long form.

    All of it on every page takes four times as long. A control treats each string by the same few
    functions (`showText`, `html`, `plain`), whichever its neighbours are. So what is quick is done
    on every page, and of what takes seconds each page does one thing in turn, and one chart: each
    control meets a sixth of all strings, and every string is there while some controls are worked.
    Events for listeners that a string might have brought along are left to the short form: here the
    page is searched for such listeners.
    """
    quick = ("search", "differences", "fold", "headings", "frame", "details")
    slow = ("sort", "filter", "transpose", "dialogs", "open", "baseline")
    steps = {*quick, slow[number % len(slow)]}
    chosen = [step for step in STEPS if step in steps]
    chart = CHARTS[(number + number // len(CHARTS)) % len(CHARTS)]
    return Use(2, chosen, [chart], has_events=False)


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


def exact_form(text: str) -> str:
    """Return a value as its attribute has it: whole, or what tells the longest ones apart."""
    shown = text.replace("\0", "\ufffd")
    if len(text) <= LONGEST_VALUE:
        return shown
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{shown[:1_000]}… ({len(text):,} characters, sha256 {digest})"


def check_texts(page: Page, strings: Sequence[str], compared: int) -> None:
    places = shown_texts(page)
    every = {place: {read_back(text) for text in texts} for place, texts in places.items()}
    for place, texts in places.items():
        assert texts, place
        for text in texts:
            assert not hidden_characters(text), (place, text[:200])
    exact = set(page.evaluate(_EXACT))
    assert {exact_form(text) for text in strings} <= exact
    for place in ("param keys", "param values", "tag keys", "tag values", "metric keys"):
        lost = [
            text
            for text in strings
            if not is_shown(text, every[place])
            # A long value is cut where it is read; whole it stands in the attribute.
            and not (len(text) > LONG and place.endswith("values") and exact_form(text) in exact)
        ]
        assert lost == [], place
    titles = {read_back(title)[:100] for title in page.evaluate(_TITLES)}
    assert [text for text in strings[:compared] if text[:100] not in titles] == []
    names = page.evaluate(_NAMES)
    assert set(strings) - {""} <= {*names, *map(read_back, names)}


def shorten(text: str, most: int = 22) -> str:
    """Return a text as the axis of a chart has room for it."""
    if len(text) <= most:
        return text
    head = math.ceil((most - 1) * 0.6)
    return f"{text[:head]}…{text[head - most + 1 :]}"


def tick_forms(text: str) -> set[str]:
    """Return how an axis may show a text: as it is, or in the quotes of an ambiguous value."""
    shown = show_text(text)
    return {shorten(form).strip() for form in (shown, f'"{shown}"')}


def check_ticks(page: Page, strings: Sequence[str], compared: int) -> None:
    """Plotly, which reads markup in every text, writes each string as it is beside its axis."""
    axes = tick_texts(page)
    # Each has its share of the runs, and the compared ones.
    assert sum(points - compared for points, _ in axes) == len(strings) - compared
    shown = {text.replace("\xa0", " ").strip() for _, texts in axes for text in texts}
    assert [text for text in strings if not shown & tick_forms(text)] == []


def check_document(page: Page, use: Use) -> None:
    """As many lines and bars as there are runs; nothing of a record became markup, id or address.

    Addresses lead nowhere but to what notes may name.
    """
    found = page.evaluate(_DOCUMENT)
    for kind, drawn in (("line", found["lines"]), ("bar", found["bars"])):
        assert kind not in use.charts or drawn == str(use.compared), kind
    assert found["markup"] == found["polluted"] == 0
    assert found["handlers"] == []
    assert found["scripts"] == 6  # island, two packed, the loader, and the two it unpacked
    ours = re.compile(r"[a-z][a-z0-9-]*|js-plotly-tester|plotly\.js-style-global")
    assert [name for name in found["ids"] if not ours.fullmatch(name)] == []
    assert set(found["names"]) <= {"generator", "viewport", "referrer", "color-scheme"}
    assert all(re.match(r"(?i)#|https?://|mailto:", link) for link in found["links"])


_DOCUMENT = """() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const plot = (kind) =>
    document.querySelector(`figure[data-kind=${kind}][data-drawn] [data-plot]`);
  const drawn = (kind, count) => plot(kind)?.dataset[count] ?? null;
  return {
    lines: drawn('line', 'lines'),
    bars: drawn('bar', 'bars'),
    markup: all('[data-plot] a, [data-plot] svg b, [data-plot] image, .modebar-btn').length,
    ids: all('[id]').filter((node) => !node.closest('[data-plot]')).map((node) => node.id),
    names: all('[name]').map((node) => node.getAttribute('name')),
    links: all('[href]').map((node) => node.getAttribute('href')),
    scripts: document.scripts.length,
    handlers: all('*').flatMap((node) =>
      node.getAttributeNames().filter((name) => name.startsWith('on'))),
    polluted: Object.keys(Object.prototype).length + Object.keys(Array.prototype).length,
  };
}"""


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


def attack(
    page: Page, text: str, strings: Sequence[str], use: Use, *, complaints: Sequence[str]
) -> None:
    check_island(text, strings)
    settle(page)
    check_texts(page, strings, use.compared)
    use_page(page, strings, steps=use.steps, charts=use.charts, has_events=use.has_events)
    check_ticks(page, strings, use.compared)
    check_document(page, use)
    check_texts(page, strings, use.compared)
    assert complaints == []


@pytest.mark.parametrize("number", range(QUICK_PAGES))
def test_a_share_of_the_strings(
    number: int, watch: Watch, tmp_path: Path, payloads: list[str], notes: list[str]
) -> None:
    ours, others = payloads[: len(OWN)], payloads[len(OWN) :]
    sample = ours if number == 0 else others[:: max(len(others) // QUICK_SHARE, 1)][:QUICK_SHARE]
    strings = sample or ours
    text = render_html(attack_comparison(strings, notes[number * 100 :]))
    page = watch.open(reports.write(tmp_path, "attack", text))
    attack(page, text, strings, Use(), complaints=watch.complaints)


@pytest.fixture(scope="module")
def reused(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reused]:
    """One page for all of the long form; low, so that few charts are drawn at a time."""
    watch = Watch(browser=browser)
    folder = tmp_path_factory.mktemp("attack")
    page = watch.open(
        reports.write(folder, "empty", "<!doctype html><title>empty</title>"), height=300
    )
    yield Reused(watch, page, folder)
    watch.close()


@pytest.mark.all
@pytest.mark.parametrize("number", range(ALL_PAGES))
def test_all_strings(number: int, reused: Reused, payloads: list[str], notes: list[str]) -> None:
    parts = shares(payloads)
    if number >= len(parts):
        pytest.skip("the shared corpus is not here")
    assert len(parts) <= ALL_PAGES
    strings, use = parts[number], turn(number)
    text = render_html(attack_comparison(strings, notes[number * 16 :], compared=use.compared))
    reused.watch.complaints.clear()  # those of another test
    reused.watch.reopen(reused.page, reports.write(reused.folder, "attack", text))
    attack(reused.page, text, strings, use, complaints=reused.watch.complaints)
