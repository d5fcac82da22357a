// What a line chart says of itself: how its lines stand for the points that were logged, and which runs have no line.

import { html } from "../dom.js";
import { formatCount } from "../format/numbers.js";

/** @typedef {{ position: number, of: number, x: ArrayLike<number> }} Drawn */

/**
 * The line of a caption that has a name; made where the server had nothing to say.
 * @param {import("./context.js").Chart} chart
 * @param {string} name
 */
export function slotOf({ figure }, name) {
  const found = figure.querySelector(`[data-slot='${name}']`);
  if (found) return found;
  const made = html("span", { class: "chart-note", "data-slot": name });
  const caption = figure.querySelector("figcaption");
  const first = caption?.querySelector(name === "points" ? ".chart-note, .chart-options" : ".chart-options");
  if (first) first.before(made);
  else caption?.append(made);
  return made;
}

/**
 * How curves of fewer points than were logged stand for them.
 * @param {Drawn[]} curves
 * @param {import("../data/island.js").Island} island
 * @param {number} width of the plot
 */
function reduction(curves, island, width) {
  const [own = 0, others = 0] = island.series?.columns ?? [];
  const reduced = curves.filter(({ x, of }) => x.length < of);
  const isOwn = (/** @type {Drawn} */ { position }) => island.compared.includes(position);
  /** @type {[boolean, string, number][]} */
  const kinds = [
    [reduced.some(isOwn), "first, last, lowest and highest", own],
    [!reduced.every(isOwn), "of ticked runs lowest and highest", others],
  ];
  return kinds.filter(([isThere]) => isThere).map(([, what, count]) => {
    const pixels = Math.round(width / count);
    return `${what} of ${count} columns${pixels > 1 ? ` of ${pixels} px` : ", exact to the pixel"}`;
  });
}

/**
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {Drawn[]} curves
 * @param {number} width of the plot
 */
export function noteOf(chart, context, curves, width) {
  const shown = curves.reduce((sum, { x }) => sum + x.length, 0);
  const logged = curves.reduce((sum, { of }) => sum + of, 0);
  const how = reduction(curves, context.island, width).join("; ");
  slotOf(chart, "points").textContent = shown === logged ? "" :
    `${formatCount(shown)} of ${formatCount(logged)} points drawn: ${how}`;
  const count = context.view().positions.length;
  const missing = count - curves.length;
  chart.host.dataset.lines = String(curves.length);
  const mayBeLeftOut = context.island.rests.some(({ key }) => key === chart.metric);
  slotOf(chart, "chart-note").textContent = missing === 0 ? "" :
    `${missing} of ${count} runs have no line here${mayBeLeftOut ? "; About this report says what was left out" : ""}`;
}
