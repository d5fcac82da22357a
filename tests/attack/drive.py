"""What a curious reader does with a report: every control, by mouse and keyboard."""

from collections.abc import Sequence

from playwright.sync_api import Page

from tests.browser.watch import wait_until

# Synthetic events on every element that listens: what a payload would wait for.
_EVENTS = """() => {
  for (const node of document.querySelectorAll('main *, header *')) {
    if (node.closest('[data-plot]')) continue;
    for (const name of ['mouseover', 'mouseenter', 'focus', 'pointerover', 'animationstart'])
      node.dispatchEvent(new Event(name, { bubbles: true }));
  }
}"""
_TEXTS = """(wanted) => {
  const texts = (query) => [...document.querySelectorAll(query)].map((node) => node.textContent);
  return Object.fromEntries(wanted.map(([name, query]) => [name, texts(query)]));
}"""
PLACES = (
    ("run names", "table[data-runs] tbody th"),
    ("param keys", "#params tr[data-key] > th .k"),
    ("param values", "#params tr[data-key] > td .v"),
    ("tag keys", "#tags tr[data-key] > th .k"),
    ("tag values", "#tags tr[data-key] > td .v"),
    ("metric keys", "#metrics tr[data-key] > th .k"),
    ("artifact paths", "#artifacts tr[data-key] > th .k"),
    ("preview paths", "#details .preview figcaption code"),
    ("chart titles", "#charts figcaption bdi"),
    ("baselines", "select[data-control=baseline] option"),
    ("legend", "[data-slot=legend] bdi"),
    ("places of problems", "#problems li code"),
)


def settle(page: Page) -> None:
    """Wait until the page's script has started."""
    wait_until(page, "document.documentElement.dataset.ready !== undefined")


def shown_texts(page: Page) -> dict[str, list[str]]:
    """Return what stands at each of PLACES."""
    found: dict[str, list[str]] = page.evaluate(_TEXTS, [list(place) for place in PLACES])
    return found


def use_everything(page: Page, strings: Sequence[str]) -> None:
    """Sort, filter, search, transpose, change the baseline, open, hover, and use every chart.

    Controls are worked inside the page, a click each; the pointer over the charts is a real one.
    """
    page.evaluate(_USE_TABLES, [text[:2_000] for text in (strings[0], strings[-1], strings[1])])
    for kind in ("line", "bar", "parallel", "scatter", "box", "contour"):
        query = f'figure[data-kind="{kind}"]'
        box = page.evaluate(_BRING_NEAR, query)
        if box is None:
            continue
        wait_until(page, f"document.querySelector('{query}').dataset.drawn !== undefined")
        page.mouse.move(box["x"], box["y"])
        page.mouse.move(box["x"] + 5, box["y"] + 3)
        page.mouse.down()
        page.mouse.move(box["x"] + 60, box["y"] + 30)
        page.mouse.up()
        page.evaluate(_USE_CHART, query)
    page.mouse.move(2, 2)
    page.evaluate(_EVENTS)
    page.evaluate("location.hash = ''")


_USE_TABLES = """async ([first, last, value]) => {
  const rest = () => new Promise((done) => setTimeout(done, 40));
  const all = (query) => [...document.querySelectorAll(query)];
  const change = (node, value, name) => {
    node.value = value;
    node.dispatchEvent(new Event(name, { bubbles: true }));
  };
  for (const name of ['search', 'filter-runs']) {
    const box = document.querySelector(`[data-control=${name}]`);
    for (const text of [first, `params.text = '${value}'`, '']) {
      change(box, text, 'input');
      await rest();
    }
  }
  for (const query of ['[data-control=differences]', '[data-control=transpose]',
      '[data-control=transpose]', '[data-control=fold]', '[data-control=differences]',
      '[data-control=open-all]', '[data-moved]', '[data-control=theme]', '[data-control=export]',
      '[data-control=columns]', 'table[data-runs] thead button', '[role=menuitem]', 'dialog button',
      '#details summary']) {
    all(query).slice(0, 4).forEach((node) => node.click());
    await rest();
    all('dialog[open]').forEach((node) => node.close());
  }
  const baseline = document.querySelector('select[data-control=baseline]');
  for (const place of [1, 2, 0]) {
    change(baseline, baseline.options[place].value, 'change');
    await rest();
  }
}"""
_BRING_NEAR = """(query) => {
  const figure = document.querySelector(query);
  if (!figure) return null;
  figure.scrollIntoView({ block: 'center' });
  const box = figure.getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}"""
_USE_CHART = """async (query) => {
  const rest = () => new Promise((done) => setTimeout(done, 60));
  const figure = document.querySelector(query);
  const options = figure.querySelector('.chart-options');
  const selects = () => [...figure.querySelectorAll('.chart-panel select')];
  options.open = true;
  await rest();
  for (let at = 0; at < selects().length; at++) {
    const select = selects()[at];
    for (const place of [select.options.length - 1, 1, 0]) {
      select.selectedIndex = place;
      select.dispatchEvent(new Event('change', { bubbles: true }));
      await rest();
    }
  }
  figure.querySelector('.chart-panel input')?.click();
  [...figure.querySelectorAll('.chart-panel button')].forEach((node) => node.click());
  await rest();
  options.open = false;
}"""
