"""Large pages in the browser: 10,000 runs × 80 columns, and 100 runs × 500 metrics × 1,000 params.

The first stands against Tabulator with the same cells (see bench_page): opening, two sorts and two
filters, in seconds of the main thread, and JavaScript's heap afterwards, after a collection. Its
keystrokes are counted in time of the main thread, too, the dearest of all counts: what a neighbour
on the machine takes is not the table's. The second is what `rundiff report` writes, opened and
nothing more. Its memory is what the tab's process holds for itself alone, with elements, text,
pixels near the view and the source of the document; of the two tables the notes tell that, too,
beyond what an empty tab holds, and how much of ours is the report that the table lies in. All
figures are the best of a few turns.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.bench.bench_page import (
    METRICS,
    PARAMS,
    READY,
    RUNS,
    WORDS,
    install_tabulator,
    make_table,
    tabulator_page,
    with_table,
)
from tests.bench.budget import BenchRow
from tests.browser import reports
from tests.browser.watch import launch_chromium, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
WIDE_RUNS, WIDE_METRICS, WIDE_PARAMS = 100, 500, 1_000
SORTED = ("p00", "m00")
FRAMES = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(
  () => requestAnimationFrame(() => setTimeout(done)))))"""
TYPE = """([selector, text]) => {
  const input = document.querySelector(selector);
  input.value = text;
  input.dispatchEvent(new Event("input"));
}"""
SORT_OURS = """(key) => [...document.querySelectorAll(".windowed thead button.sort")]
  .find((button) => button.title.startsWith(`${key}:`)).click()"""
SORT_THEIRS = """(key) => { globalThis.table.setSort(key, "asc"); }"""


def rows() -> list[BenchRow]:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = launch_chromium(playwright)
        found = _wide(browser, folder)
        tabulator = install_tabulator(folder)
        if tabulator is not None:
            found += _long(browser, folder, tabulator)
        browser.close()
    return found


def _wide(browser: Browser, folder: Path) -> list[BenchRow]:
    source, report = folder / "wide.json", folder / "wide.html"
    source.write_text(json.dumps({"runs": [_run(number) for number in range(WIDE_RUNS)]}))
    command = [sys.executable, "-m", "rundiff", "report", str(source), "-o", str(report)]
    subprocess.run(command, check=True, capture_output=True)

    def measure() -> tuple[float, float]:
        with _opened(browser, report) as (_, session):
            return _cpu(session), _memory(browser, session)

    cpu, memory = (min(side) for side in zip(*(measure() for _ in range(ROUNDS)), strict=True))
    name = f"page of {WIDE_RUNS} runs × {WIDE_METRICS} metrics × {WIDE_PARAMS:,} params"
    note = f"{report.stat().st_size / 1e6:.2f} MB on disk"
    return [
        BenchRow(name=f"{name}, opened", ratio=cpu, bar=1.0, unit="s", note="of the main thread"),
        BenchRow(name=f"{name}, memory", ratio=memory, bar=150.0, unit="MB", note=note),
    ]


def _long(browser: Browser, folder: Path, tabulator: Path) -> list[BenchRow]:
    data = make_table()
    ours = reports.write(folder, "table", with_table(reports.small(), data))
    theirs = reports.write(folder, "tabulator", tabulator_page(tabulator, data))
    dearest: list[float] = []

    heaps: dict[str, list[float]] = {"ours": [], "theirs": []}

    def measure_ours() -> tuple[float, float]:
        with _opened(browser, ours, fragment="c=0-6.c-2c") as (page, session):
            wait_until(page, "document.querySelector('.windowed tbody tr[data-run]') !== null")
            _use(page, sort=SORT_OURS, field="[data-control=filter-runs]")
            found = _cpu(session), _memory(browser, session)
            heaps["ours"].append(_metric(session, "JSHeapUsedSize") / 1e6)
            dearest.append(max(_keystrokes(page, session)))
            return found

    def measure_theirs() -> tuple[float, float]:
        with _opened(browser, theirs) as (page, session):
            _use(page, sort=SORT_THEIRS, field="#filter")
            found = _cpu(session), _memory(browser, session)
            heaps["theirs"].append(_metric(session, "JSHeapUsedSize") / 1e6)
            return found

    def measure_opened(path: Path) -> tuple[float, float]:
        with _opened(browser, path) as (_, session):
            return _cpu(session), _memory(browser, session)

    # The browser's own renderers come and go: the least of a few turns is the page's.
    empty = _best(lambda: measure_opened(_empty_page(folder)))[1]
    # The report around our table: its sections and charts would be there with three runs, too.
    report = reports.write(folder, "report", reports.small())
    around = _best(lambda: measure_opened(report))[1]
    mine, other = _best(measure_ours), _best(measure_theirs)
    held, others_held = mine[1] - empty, other[1] - empty
    name = f"{RUNS:,} runs × {PARAMS + METRICS + 7} columns"
    return [
        BenchRow(name=f"{name}: open, 2 sorts, 2 filters", ratio=mine[0] / other[0], bar=0.35,
                 note=f"{mine[0]:.2f} s of the main thread, Tabulator {other[0]:.2f} s"),
        BenchRow(name=f"{name}: heap", ratio=min(heaps["ours"]) / min(heaps["theirs"]), bar=0.35,
                 note=f"{min(heaps['ours']):.1f} MB of JavaScript, Tabulator "
                 f"{min(heaps['theirs']):.1f} MB; of the process {held:.0f} MB, "
                 f"{around - empty:.0f} of them the report around the table, against "
                 f"{others_held:.0f} MB"),
        BenchRow(name=f"{name}: the dearest keystroke", ratio=min(dearest), bar=100.0, unit="ms",
                 note="of the main thread, two frames included"),
    ]  # fmt: skip


def _empty_page(folder: Path) -> Path:
    return reports.write(folder, "empty", "<!doctype html><html data-ready><title>empty</title>")


def _best(measure: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    turns = [measure() for _ in range(ROUNDS)]
    return min(turn[0] for turn in turns), min(turn[1] for turn in turns)


def _use(page: Page, *, sort: str, field: str) -> None:
    """Sort twice and filter twice."""
    for key in SORTED:
        page.evaluate(sort, key)
        page.evaluate(FRAMES)
    for word in WORDS[:2]:
        page.evaluate(TYPE, [field, word])
        page.evaluate(FRAMES)


def _keystrokes(page: Page, session: CDPSession) -> list[float]:
    """Return the milliseconds of the main thread that each key of a few words takes."""
    found = []
    for word in WORDS:
        for end in range(1, len(word) + 1):
            before = _cpu(session)
            page.evaluate(TYPE, ["[data-control=filter-runs]", word[:end]])
            page.evaluate(FRAMES)
            found.append((_cpu(session) - before) * 1e3)
    return found


@contextmanager
def _opened(
    browser: Browser, path: Path, *, fragment: str = ""
) -> Iterator[tuple[Page, CDPSession]]:
    """Open a page; the main thread's time is counted from before that."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(path.as_uri() + (f"#{fragment}" if fragment else ""))
    wait_until(page, READY, seconds=120)
    page.evaluate(FRAMES)
    try:
        yield page, session
    finally:
        context.close()


def _cpu(session: CDPSession) -> float:
    return _metric(session, "TaskDuration")


def _memory(browser: Browser, session: CDPSession) -> float:
    """Return the megabytes that the tab's process has to itself, after a collection."""
    session.send("HeapProfiler.collectGarbage")
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    tabs = [each["id"] for each in processes if each["type"] == "renderer"]
    return max(_private_megabytes(tab) for tab in tabs)  # beside it the browser keeps an empty one


def _private_megabytes(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1e3


def _metric(session: CDPSession, name: str) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == name))


def _run(number: int) -> dict[str, object]:
    chance = random.Random(number)
    params: dict[str, object] = {f"layer.{at}.size": chance.randrange(8) for at in range(900)}
    params |= {f"option_{at}": chance.choice(["adam", "sgd", "lion"]) for at in range(100)}
    assert len(params) == WIDE_PARAMS
    return {
        "run_id": f"run-{number:03}",
        "params": params,
        "metrics": {f"metric/{at}": chance.random() for at in range(WIDE_METRICS)},
        "tags": {"model": chance.choice(["wide", "deep"])},
    }
