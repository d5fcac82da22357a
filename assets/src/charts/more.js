// Two charts that only make sense when one can choose their columns, so the server draws no picture of them: how a metric
// spreads over a param's values, and a metric over two numeric columns.

import { html } from "../dom.js";
import { boxColumns } from "./box.js";
import { contourColumns } from "./contour.js";

const FEWEST_RUNS = 4;
const CHOICE = Object.freeze({ x: "", y: "", smoothing: 0, axes: null });

/**
 * @param {string} kind
 * @param {number} index
 */
function figure(kind, index) {
  return html("figure", { class: kind, "data-chart": index, "data-kind": kind, "aria-label": kind === "box" ? "Box chart" : "Contour chart" },
    html("figcaption", {}, html("bdi", {})));
}

/** @param {import("./context.js").ChartContext} context */
export function addFigures(context) {
  const section = document.getElementById("charts");
  const { island } = context;
  if (!section || island.runs.length < FEWEST_RUNS) return;
  const first = Math.max(-1, ...Array.from(section.querySelectorAll("[data-chart]"), (node) => Number(node.getAttribute("data-chart")))) + 1;
  const hasBoxes = boxColumns(context, CHOICE).length === 2;
  const hasContour = contourColumns(context, CHOICE).length === 3;
  const made = [hasBoxes ? figure("box", first) : null, hasContour ? figure("contour", first + 1) : null].filter((node) => node !== null);
  if (made.length === 0) return;
  const grid = html("div", { class: "scatter-grid" }, ...made);
  const note = section.querySelector(":scope > .table-note");
  if (note) note.before(grid);
  else section.append(grid);
}
