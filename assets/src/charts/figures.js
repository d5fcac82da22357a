// The charts of the page: each is drawn when it comes near the view and again when what it shows has changed. Until
// then, and if anything fails, the server's static picture stands there.

import { all, html } from "../dom.js";
import { drawBars } from "./bars.js";
import { drawBox } from "./box.js";
import { choiceOf, label } from "./context.js";
import { drawContour } from "./contour.js";
import { drawLine } from "./line.js";
import { addFigures } from "./more.js";
import { startOptions } from "./options.js";
import { drawParallel } from "./parallel.js";
import { loadPlotly } from "./plotly.js";
import { drawPoints } from "./points.js";

/** @typedef {import("./context.js").Chart} Chart */
/** @typedef {import("./context.js").Drawn} Drawn */
/** @typedef {import("./context.js").ChartContext} ChartContext */
/** @typedef {(chart: Chart, context: ChartContext, choice: import("./context.js").Choice) => Drawn | Promise<Drawn>} Draw */

/** @type {Map<string, Draw>} */
const KINDS = new Map(/** @type {[string, Draw][]} */ ([
  ["line", drawLine],
  ["bar", drawBars],
  ["box", drawBox],
  ["scatter", drawPoints],
  ["parallel", drawParallel],
  ["contour", drawContour],
]));
const PLOTTED = new Set(["line", "bar", "box", "scatter"]);
/** @type {import("../page/store.js").FieldName[]} */
const FIELDS = ["x", "y", "smoothing", "charts", "baseline", "selected"];

/**
 * Make a chart's place beside its static picture.
 * @param {HTMLElement} figure
 * @returns {Chart}
 */
function prepare(figure) {
  const { chart: index, kind = "line", metric = "", across = null } = figure.dataset;
  const host = html("div", { class: `plot plot-${kind}`, "data-plot": true, hidden: true });
  const chart = { index: Number(index), kind, metric, other: across, figure, host, ranges: new Map() };
  const isRead = /line|scatter/.test(kind); // by the arrow keys
  if (isRead) host.tabIndex = 0;
  // Parallel coordinates hold controls, which an image would hide from assistive technology.
  if (kind !== "parallel") {
    host.setAttribute("role", isRead ? "application" : "img");
    label(chart, figure.getAttribute("aria-label") ?? "Chart");
  }
  const picture = figure.querySelector("[data-static]");
  if (picture) picture.after(host);
  else figure.append(host);
  return chart;
}

/** One chart and what is known of its drawing. */
class Slot {
  isNear = false;
  #isStale = true;
  /** @type {Drawn | null} */
  #drawn = null;

  #draw;

  /** @param {Chart} chart @param {ChartContext} context @param {Draw} draw */
  constructor(chart, context, draw) {
    this.chart = chart;
    this.context = context;
    this.#draw = draw;
  }

  stale() {
    this.#isStale = true;
  }

  /** @param {number | null} position */
  highlight(position) {
    this.#drawn?.highlight(position);
  }

  async draw() {
    if (!this.#isStale || !this.isNear) return;
    this.#isStale = false;
    const { chart, context } = this;
    this.#drawn?.dispose();
    const picture = chart.figure.querySelector("[data-static]");
    const height = picture?.getBoundingClientRect().height ?? 0;
    if (height > 0) chart.host.style[chart.kind === "parallel" ? "minHeight" : "height"] = `${Math.round(height)}px`;
    try {
      // Before the host shows: while it waited, it would stand below the picture that it replaces, and push the page down.
      if (PLOTTED.has(chart.kind)) await Promise.all([loadPlotly(), chart.kind === "line" && context.series()]);
      chart.host.hidden = false;
      this.#drawn = await this.#draw(chart, context, choiceOf(context.store.state, chart.index));
      chart.figure.dataset.drawn = "";
    } catch (error) {
      chart.host.hidden = true;
      delete chart.figure.dataset.drawn;
      context.announce(`A chart could not be drawn: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** @param {ChartContext} context */
export function startCharts(context) {
  addFigures(context);
  const slots = all("figure[data-chart]").flatMap((figure) => {
    const chart = prepare(figure);
    const draw = KINDS.get(chart.kind);
    return draw ? [new Slot(chart, context, draw)] : [];
  });
  const byFigure = new Map(slots.map((slot) => [slot.chart.figure, slot]));
  let isDrawing = false;

  /** One after the other. */
  async function drawNear() {
    if (isDrawing) return;
    isDrawing = true;
    for (let isAgain = true; isAgain; ) {
      isAgain = false;
      for (const slot of slots) {
        if (!slot.isNear) continue;
        await slot.draw();
        await new Promise((done) => window.setTimeout(done)); // the page answers in between
      }
      isAgain = redraw;
      redraw = false;
    }
    isDrawing = false;
  }

  let redraw = false;
  const refresh = () => {
    for (const slot of slots) slot.stale();
    redraw = isDrawing;
    void drawNear();
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const slot = target instanceof HTMLElement ? byFigure.get(target) : undefined;
      if (slot) slot.isNear = isIntersecting;
    }
    redraw = isDrawing;
    void drawNear();
  }, { rootMargin: "160px" });
  for (const slot of slots) {
    observer.observe(slot.chart.figure);
    startOptions(slot.chart, context);
  }
  context.store.subscribe(FIELDS, refresh);
  context.highlights.subscribe((position) => {
    for (const slot of slots) slot.highlight(position);
  });
  document.addEventListener("rundiff:theme", refresh);
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    refresh();
  }, { passive: true });
}
