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


CHARTS = ("line", "bar", "parallel", "scatter", "box", "contour")
# What is done to the tables and to the page, in this order; see `use_page`.
STEPS = (
    *("search", "filter", "differences", "transpose", "fold", "open", "headings", "frame"),
    *("sort", "dialogs", "details", "baseline"),
)


def use_page(
    page: Page,
    strings: Sequence[str],
    *,
    steps: Sequence[str] = STEPS,
    charts: Sequence[str] = CHARTS,
    has_events: bool = True,
) -> None:
    """Sort, filter, search, transpose, change the baseline, open, hover, and use every chart.

    Controls are worked inside the page, a click each; the pointer over the charts is a real one.
    """
    texts = [text[:2_000] for text in (strings[0], strings[-1], strings[1])]
    page.evaluate(_USE_TABLES, [list(steps), *texts])
    for kind in charts:
        query = f'figure[data-kind="{kind}"]'
        if page.evaluate(_BRING_NEAR, query) is None:
            continue
        # The charts above it grow when they are drawn, so it is brought there again and again.
        wait_until(page, f"({_BRING_NEAR})('{query}').isDrawn")
        page.evaluate(_LEAVE_ALONE, query)
        box = page.evaluate(_BRING_NEAR, query)
        page.mouse.move(box["x"], box["y"])
        page.mouse.move(box["x"] + 5, box["y"] + 3)
        page.mouse.down()
        page.mouse.move(box["x"] + 60, box["y"] + 30)
        page.mouse.up()
        page.evaluate(_USE_CHART, query)
        page.evaluate(_LEAVE_ALONE, None)
    page.mouse.move(2, 2)
    if has_events:
        page.evaluate(_EVENTS)
    page.evaluate("location.hash = ''")


def tick_texts(page: Page) -> list[tuple[int, list[str]]]:
    """Put each param `text 0`, `text 1`, … on an axis: how many points, and what plotly writes.

    Among them they hold each run's own string. By the address, since a panel of choices that holds
    every key twice takes longer to open than the chart to be drawn.
    """
    page.evaluate(_LEAVE_ALONE, 'figure[data-kind="scatter"]')
    found: list[tuple[int, list[str]]] = page.evaluate(_TEXTS_ON_AN_AXIS)
    page.evaluate(_LEAVE_ALONE, None)
    return found


_TEXTS_ON_AN_AXIS = """async () => {
  const figure = document.querySelector('figure[data-kind=scatter]');
  const wait = async (isDone) => {
    for (let turn = 0; turn < 500 && !isDone(); turn++)
      await new Promise((done) => setTimeout(done, 30));
  };
  await wait(() => {
    figure.scrollIntoView({ block: 'center' });
    return figure.dataset.drawn !== undefined;
  });
  const { columns } = JSON.parse(document.getElementById('data').textContent);
  const place = (section, key) =>
    columns.findIndex((column) => column.section === section && column.key === key);
  const ticks = () => [...figure.querySelectorAll('.ytick text')].map((node) => node.textContent);
  const plot = figure.querySelector('[data-plot]');
  const [chart, across] = [figure.dataset.chart, place('metrics', 'score')];
  const found = [];
  // A chart that was asked for before may still be on its way: only the right title ends the wait.
  const title = () => figure.querySelector('figcaption bdi').textContent;
  for (let at = 0; place('params', `text ${at}`) >= 0; at++) {
    const axes = [across, place('params', `text ${at}`)].map((number) => number.toString(36));
    delete plot.dataset.points; // counted anew once the chart is drawn
    location.hash = `g=${Number(chart).toString(36)}~a${axes.join('.')}`;
    await wait(() => plot.dataset.points !== undefined && title().startsWith(`text ${at} by`));
    found.push([Number(plot.dataset.points), ticks()]);
  }
  location.hash = '';
  return found;
}"""
_USE_TABLES = """async ([steps, first, last, value]) => {
  const rest = () => new Promise((done) => setTimeout(done, 40));
  const all = (query) => [...document.querySelectorAll(query)];
  const change = (node, value, name) => {
    node.value = value;
    node.dispatchEvent(new Event(name, { bubbles: true }));
  };
  const type = (name) => async () => {
    const box = document.querySelector(`[data-control=${name}]`);
    for (const text of [first, `params.text = '${value}'`, last, '']) {
      change(box, text, 'input');
      await rest();
    }
  };
  const click = (...queries) => async () => {
    for (const query of queries) {
      all(query).slice(0, 4).forEach((node) => node.click());
      await rest();
      all('dialog[open]').forEach((node) => node.close());
    }
  };
  const control = (name) => `[data-control=${name}]`;
  const twice = (name) => click(control(name), control(name));
  const baseline = document.querySelector('select[data-control=baseline]');
  const doing = {
    search: type('search'),
    filter: type('filter-runs'),
    differences: twice('differences'),
    transpose: twice('transpose'),
    fold: click(control('fold')),
    open: click(control('open-all')),
    headings: click('[data-moved]'),
    frame: click(control('theme'), control('export'), '[role=menuitem]'),
    sort: click('table[data-runs] thead button'),
    dialogs: click(control('columns'), 'dialog button'),
    details: click('#details summary'),
    baseline: async () => {
      for (const place of [1, baseline.options.length - 1, 0]) {
        change(baseline, baseline.options[place].value, 'change');
        await rest();
      }
    },
  };
  for (const step of steps) await doing[step]();
}"""
_BRING_NEAR = """(query) => {
  const figure = document.querySelector(query);
  if (!figure) return null;
  figure.scrollIntoView({ block: 'center' });
  const box = figure.getBoundingClientRect();
  const isDrawn = figure.dataset.drawn !== undefined;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, isDrawn };
}"""
# While a chart is worked, plotly measures each text, for which the whole page is laid out anew.
_LEAVE_ALONE = """(query) => {
  const figure = document.querySelector(query ?? 'main');
  for (const node of document.querySelectorAll('main > *, figure'))
    node.style.display = figure.contains(node) || node.contains(figure) ? '' : 'none';
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
