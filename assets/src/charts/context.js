// What a chart gets to draw with, and what it gives back.

import { html } from "../dom.js";
import { formatCount } from "../format/numbers.js";

/**
 * @typedef {object} ChartContext
 * @property {import("../data/island.js").Island} island
 * @property {import("../page/store.js").Store} store
 * @property {() => import("../page/view.js").View} view
 * @property {() => Promise<Map<string, import("../data/series.js").Series[]>>} series
 * @property {import("../page/highlight.js").Highlights} highlights
 * @property {(message: string) => void} announce
 */
/**
 * @typedef {object} Chart
 * @property {number} index
 * @property {string} kind line, bar, box, scatter, parallel or contour
 * @property {string} metric
 * @property {HTMLElement} figure
 * @property {HTMLElement} host
 * @property {string | null} other the key across, of a scatter chart
 * @property {Map<number, import("./brush.js").Range>} ranges that are brushed on the axes of parallel coordinates
 */
/**
 * @typedef {object} Drawn
 * @property {(position: number | null) => void} highlight
 * @property {() => void} dispose
 */
/** @typedef {{ x: string, y: string, smoothing: number, axes: number[] | null }} Choice */

/**
 * What holds for one chart: its own choices over the ones for all charts.
 * @param {import("../state.js").State} state
 * @param {number} index
 * @returns {Choice}
 */
export function choiceOf(state, index) {
  const own = state.charts.get(index) ?? {};
  return {
    x: own.x ?? state.x,
    y: own.y ?? state.y,
    smoothing: own.smoothing ?? state.smoothing,
    axes: own.axes ?? null,
  };
}

/**
 * The marker of a run; the style sheet draws it from the number.
 * @param {number | null | undefined} color
 */
export function swatch(color) {
  return html("span", { class: "swatch", "data-color": color ?? null, "aria-hidden": "true" });
}

/**
 * Let the traces of other runs step back. plotly keeps the traces of a layer in the order of the data.
 * @param {HTMLElement} host
 * @param {string} selector of the traces' groups
 * @param {(number | null)[]} runs position of each trace
 */
export function traceHighlighter(host, selector, runs) {
  /** @param {number | null} position */
  return (position) => {
    host.querySelectorAll(selector).forEach((group, index) => {
      if (group instanceof SVGElement) {
        group.style.opacity = position === null || !runs.includes(position) || runs[index] === position ? "" : "0.18";
      }
    });
  };
}

/**
 * Say what a drawn chart shows to those who do not see it.
 * @param {Chart} chart
 * @param {string} title
 */
export function label({ host }, title) {
  host.setAttribute("aria-label", host.tabIndex === 0 ? `${title}; arrow keys read values` : title);
}

/**
 * Whether a run came to its end. One that did not was not measured there: crashed early, it would be the cheapest of all.
 * @param {import("../data/island.js").Run | null} run
 */
export const isWhole = (run) => run !== null && ["finished", ""].includes(run.status) && ["complete", ""].includes(run.state);

/**
 * The runs of a chart of runs: those that came to their end, and those that are compared whatever became of them.
 * @param {ChartContext} context
 */
export function chartedRuns({ island, view }) {
  const { positions } = view();
  return island.runs.map((_, position) => position).filter((position) => positions.includes(position) || isWhole(island.run(position)));
}

/**
 * How many runs a chart shows, and how many it leaves out.
 * @param {ChartContext} context
 * @param {number} shown
 */
export function countOf({ island }, shown) {
  const left = island.runs.length - shown;
  return ` ${formatCount(shown)} runs${left > 0 ? `, ${formatCount(left)} unfinished or without values` : ""}`;
}

/**
 * Give a chart of runs the title of what it shows now, and say how many runs that are.
 * @param {Chart} chart
 * @param {ChartContext} context
 * @param {string} title
 * @param {number} shown
 */
export function entitle(chart, context, title, shown) {
  const name = chart.figure.querySelector("figcaption bdi");
  if (name) name.textContent = title;
  label(chart, title);
  const hint = chart.figure.querySelector("figcaption .hint, [data-slot=runs]");
  if (hint) hint.textContent = countOf(context, shown);
}
