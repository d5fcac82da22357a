"""What a page costs in the browser.

A keystroke in a table of 10,000 runs by 80 columns stands against Tabulator, the main thread's time
to the first chart against a page with the full plotly.js.

Tabulator shows the same cells with its virtual rows and columns; it is taken from npm into a folder
of its own, and the row is left out where npm is missing. Both tables filter on every keystroke;
what counts is the time until the second frame after it, the median over the keys of a few words.
"""

from __future__ import annotations

import base64
import json
import random
import re
import shutil
import statistics
import subprocess
import tempfile
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from plotly.offline import get_plotlyjs
from rundiff.render.island import pack_doubles
from rundiff.selected import SelectedCell

from tests.bench.budget import BenchRow
from tests.browser import reports
from tests.browser.watch import Watch, launch_chromium, wait_until

RUNS, PARAMS, METRICS = 10_000, 40, 33
WORDS = ("lion", "tiger4", "wolf")
TABULATOR = "tabulator-tables@6.3.1"
READY = "document.documentElement.dataset.ready !== undefined"
ROUNDS = 3
FLOAT = 2  # among the types

KEYSTROKES = """async ([words, selector]) => {
  const input = document.querySelector(selector);
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (const word of words) for (let end = 0; end <= word.length; end++) {
    const start = performance.now();
    input.value = word.slice(0, end);
    input.dispatchEvent(new Event("input"));
    await frame(); await frame();
    if (end > 0) times.push(performance.now() - start);
  }
  return times;
}"""

TABULATOR_PAGE = """<!doctype html><meta charset="utf-8"><style>{style}</style><input id="filter">
<div id="table"></div><script>{script}</script><script>
const {{ fields, rows }} = {data};
const table = new Tabulator("#table", {{
  height: 760, data: rows, renderHorizontal: "virtual",
  columns: fields.map((field) => ({{ title: field, field, width: 110 }})),
}});
document.getElementById("filter").addEventListener("input", ({{ target }}) => {{
  const wanted = target.value.toLowerCase();
  table.setFilter((row) =>
    fields.some((field) => String(row[field]).toLowerCase().includes(wanted)));
}});
globalThis.table = table;
table.on("tableBuilt", () => {{ document.documentElement.dataset.ready = ""; }});
</script>"""

DRAW = """document.documentElement.dataset.ready = "";
const island = JSON.parse(document.getElementById("data").textContent);
const steps = Array.from({ length: 100 }, (_, step) => step);
const lines = island.compared.map((run) => ({
  type: "scatter", mode: "lines", x: steps, y: steps.map((step) => Math.exp(-step / (20 + run))),
}));
const place = document.querySelector("figure[data-kind=line]");
const observer = new IntersectionObserver(([entry]) => {
  if (!entry.isIntersecting) return;
  observer.disconnect();
  Plotly.newPlot(place, lines, { height: 252, showlegend: false }, { displayModeBar: false })
    .then(() => { place.dataset.drawn = ""; });
}, { rootMargin: "160px" });
observer.observe(place);"""


def rows() -> list[BenchRow]:
    """Measure in one browser, ours and theirs in turns."""
    found = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = launch_chromium(playwright)
        watch = Watch(browser=browser)
        found.append(_first_chart(watch, folder))
        tabulator = install_tabulator(folder)
        if tabulator is not None:
            found.append(_keystrokes(watch, folder, tabulator))
        watch.close()
        browser.close()
    return found


def _keystrokes(watch: Watch, folder: Path, tabulator: Path) -> BenchRow:
    data = make_table()
    ours = reports.write(folder, "table", with_table(reports.small(), data))
    theirs = reports.write(folder, "tabulator", tabulator_page(tabulator, data))

    def open_ours() -> Page:
        page = watch.open(ours, fragment="c=0-6.c-2c")
        wait_until(page, READY)
        wait_until(page, "document.querySelector('.windowed tbody tr[data-run]') !== null")
        return page

    def open_theirs() -> Page:
        page = watch.open(theirs)
        wait_until(page, READY, seconds=60)
        return page

    def measure(open_page: Callable[[], Page], selector: str) -> float:
        times: list[float] = open_page().evaluate(KEYSTROKES, [WORDS, selector])
        watch.close()
        return statistics.median(times)

    pairs = [
        (measure(open_ours, "[data-control=filter-runs]"), measure(open_theirs, "#filter"))
        for _ in range(ROUNDS)
    ]
    mine, other = (min(side) for side in zip(*pairs, strict=True))
    return BenchRow(
        name=f"a keystroke in a table of {RUNS:,} × {PARAMS + METRICS + 7}",
        ratio=mine / other,
        bar=0.35,
        note=f"{mine:.0f} ms, Tabulator {other:.0f} ms, two frames included",
    )


def _first_chart(watch: Watch, folder: Path) -> BenchRow:
    text = reports.small()
    bare = re.sub(r"<script(?! type=.application/json).*?</script>", "", text, flags=re.DOTALL)
    bare = re.sub(r"<meta http-equiv=.Content-Security-Policy[^>]*>", "", bare)
    full = f"<script>{get_plotlyjs()}</script><script>{DRAW}</script></body>"
    ours = reports.write(folder, "ours", text)
    theirs = reports.write(folder, "full", bare.replace("</body>", full))

    def measure(path: Path) -> float:
        # The count starts when it is asked for, so before the page is opened.
        context = watch.browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(path.as_uri())
        wait_until(page, READY)
        page.evaluate("document.querySelector('figure[data-kind=line]').scrollIntoView()")
        wait_until(page, "document.querySelector('figure[data-drawn]') !== null", seconds=60)
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        context.close()
        return float(metrics["TaskDuration"])

    pairs = [(measure(ours), measure(theirs)) for _ in range(ROUNDS)]
    mine, other = (min(side) for side in zip(*pairs, strict=True))
    return BenchRow(
        name="main thread from opening to the first chart",
        ratio=mine / other,
        bar=0.4,
        note=f"{mine * 1e3:.0f} ms, with the full plotly.min.js {other * 1e3:.0f} ms",
    )


def make_table() -> dict[str, Any]:
    """Return the data island of the big table, packed as a report has it."""
    chance = random.Random(5)
    animals = ("lion", "tiger", "bear", "wolf", "hawk", "otter")

    def column(section: str, key: str, values: list[str], kind: int) -> dict[str, Any]:
        doubles = None
        if kind == FLOAT:
            doubles = pack_doubles([SelectedCell("float", value, None) for value in values])
        if doubles is not None:
            return {"section": section, "key": key, **doubles}
        codes: dict[str, int] = {}
        places = [codes.setdefault(value, len(codes)) for value in values]
        return {
            "section": section,
            "key": key,
            "t": [kind] * len(codes),
            "v": [*codes],
            "i": places,
        }

    columns = [
        column(
            "params",
            f"p{place:02}",
            [chance.choice(animals) + str(chance.randrange(50)) for _ in range(RUNS)],
            0,
        )
        for place in range(PARAMS)
    ]
    columns += [
        column("metrics", f"m{place:02}", [repr(chance.random()) for _ in range(RUNS)], FLOAT)
        for place in range(METRICS)
    ]
    return {
        "schema": 1,
        "title": "table",
        "runs": [
            {
                "id": f"r{place}",
                "name": f"run_{place}",
                "label": f"run_{place}",
                "experiment": "e",
                "status": "finished",
                "state": "complete",
                "user": "u",
                "color": place if place < 2 else None,
                "start": 1_763_000_000_000_000 + place,
                "end": 1_763_000_001_000_000 + place,
            }
            for place in range(RUNS)
        ],
        "compared": [0, 1],
        "types": ["text", "int", "float", "bool", "null", "dict", "list"],
        "columns": columns,
        "metrics": [],
        "series": None,
    }


def with_table(report: str, data: dict[str, Any]) -> str:
    """Return a report with other data: the island is no script, so the policy does not mind."""
    text = json.dumps(data, separators=(",", ":"))
    start = report.index(">", report.index('id="data"')) + 1
    return report[:start] + text + report[report.index("</script>", start) :]


def tabulator_page(package: Path, data: dict[str, Any]) -> str:
    """Return a page with the same cells in Tabulator."""
    fields = ["name", *(column["key"] for column in data["columns"])]
    values = [
        [*map(repr, array("d", base64.b64decode(c["f"])))]
        if "f" in c
        else [c["v"][code] for code in c["i"]]
        for c in data["columns"]
    ]
    table = [
        dict(zip(fields, (run["name"], *(own[place] for own in values)), strict=True))
        for place, run in enumerate(data["runs"])
    ]
    return TABULATOR_PAGE.format(
        style=(package / "dist/css/tabulator.min.css").read_text(encoding="utf-8"),
        script=(package / "dist/js/tabulator.min.js").read_text(encoding="utf-8"),
        data=json.dumps({"fields": fields, "rows": table}),
    )


def install_tabulator(folder: Path) -> Path | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    done = subprocess.run([*command, TABULATOR], capture_output=True, check=False)
    package = folder / "node_modules" / "tabulator-tables"
    return package if done.returncode == 0 and package.is_dir() else None
