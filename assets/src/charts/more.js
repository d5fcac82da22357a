// Two charts that only make sense when one can choose their columns, so the server draws no picture of them: how a metric
// spreads over a param's values, and a metric over two numeric columns.

import { html } from "../dom.js";
import { keyText } from "./axes.js";
import { boxColumns } from "./box.js";
import { chartedRuns, countOf } from "./context.js";
import { contourColumns } from "./contour.js";

const FEWEST_RUNS = 4;
const CHOICE = Object.freeze({ x: "", y: "", smoothing: 0, axes: null });

/**
 * An empty figure with its caption, which has its lines before the chart is drawn: nothing moves then.
 * @param {string} kind
 * @param {number} index
 * @param {string} title
 * @param {string} hint
 */
function figure(kind, index, title, hint) {
  return html("figure", { class: kind, "data-chart": index, "data-kind": kind, "aria-label": kind === "box" ? "Box chart" : "Contour chart" },
    html("figcaption", {}, html("bdi", {}, title), html("span", { class: "chart-note", "data-slot": "runs" }, hint)));
}

/** @param {import("./context.js").ChartContext} context */
export function addFigures(context) {
  const section = document.getElementById("charts");
  const { island } = context;
  if (!section || island.runs.length < FEWEST_RUNS) return;
  const first = Math.max(-1, ...Array.from(section.querySelectorAll("[data-chart]"), (node) => Number(node.getAttribute("data-chart")))) + 1;
  const [group, spread] = boxColumns(context, CHOICE);
  const [across, up, colour] = contourColumns(context, CHOICE);
  const hint = countOf(context, chartedRuns(context).length);
  const made = [
    group && spread ? figure("box", first, `${keyText(spread)} by ${keyText(group)}`, hint) : null,
    across && up && colour ? figure("contour", first + 1, `${keyText(colour)} over ${keyText(across)} and ${keyText(up)}`, hint) : null,
  ].filter((node) => node !== null);
  if (made.length === 0) return;
  const grid = html("div", { class: "scatter-grid" }, ...made);
  const note = section.querySelector(":scope > .table-note");
  if (note) note.before(grid);
  else section.append(grid);
}
