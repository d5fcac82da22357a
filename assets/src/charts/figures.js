// The charts of the page: each is drawn when it comes near the view and again when what it shows has changed. Until
// then, and if anything fails, the server's static picture stands there.

import { all, html } from "../dom.js";
import { drawBars } from "./bars.js";
import { drawBox } from "./box.js";
import { choiceOf } from "./context.js";
import { drawContour } from "./contour.js";
import { drawLine } from "./line.js";
import { addFigures } from "./more.js";
import { startOptions } from "./options.js";
import { drawParallel } from "./parallel.js";
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
/** @type {import("../page/store.js").FieldName[]} */
const FIELDS = ["x", "y", "smoothing", "charts", "baseline", "selected"];

/**
 * Make a chart's place beside its static picture.
 * @param {HTMLElement} figure
 * @returns {Chart | null}
 */
function prepare(figure) {
  const kind = figure.dataset.kind ?? "line";
  if (!KINDS.has(kind)) return null;
  const picture = figure.querySelector("[data-static]") ?? figure.querySelector("svg");
  const host = html("div", { class: `plot plot-${kind}`, "data-plot": true, hidden: true });
  if (kind !== "parallel" && kind !== "contour") {
    host.tabIndex = 0;
    host.setAttribute("role", "application");
    host.setAttribute("aria-label", `${figure.getAttribute("aria-label") ?? "Chart"}; arrow keys read values`);
  }
  if (picture) picture.after(host);
  else figure.append(host);
  // What an image holds is hidden from assistive technology; a chart that is drawn holds controls.
  figure.removeAttribute("role");
  const { chart, metric = "", across = null } = figure.dataset;
  return { index: Number(chart), kind, metric, other: across, figure, host };
}

/** One chart and what is known of its drawing. */
class Slot {
  isNear = false;
  #isStale = true;
  /** @type {Drawn | null} */
  #drawn = null;

  /** @param {Chart} chart @param {ChartContext} context */
  constructor(chart, context) {
    this.chart = chart;
    this.context = context;
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
    const draw = KINDS.get(chart.kind);
    if (!draw) return;
    this.#drawn?.dispose();
    const picture = chart.figure.querySelector("[data-static]");
    const height = picture?.getBoundingClientRect().height ?? 0;
    if (height > 0 && chart.kind !== "parallel") chart.host.style.height = `${Math.round(height)}px`;
    chart.host.hidden = false;
    try {
      this.#drawn = await draw(chart, context, choiceOf(context.store.state, chart.index));
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
    return chart ? [new Slot(chart, context)] : [];
  });
  const byFigure = new Map(slots.map((slot) => [slot.chart.figure, slot]));
  let isDrawing = false;

  /** One after the other, so that the page answers in between. */
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
