// Choices for one chart: its axes and smoothing over the ones for all charts, or its columns, and the picture as a file.

import { html } from "../dom.js";
import { showText } from "../format/text.js";
import { axisColumns, keyText } from "./axes.js";
import { boxColumns } from "./box.js";
import { contourColumns } from "./contour.js";
import { choiceOf } from "./context.js";
import { parallelColumns } from "./parallel.js";
import { savePicture } from "./picture.js";
import { pointColumns } from "./points.js";

/** @typedef {import("./context.js").Chart} Chart */
/** @typedef {import("./context.js").ChartContext} ChartContext */
/** @typedef {import("../data/column.js").Column} Column */

export const X_CHOICES = /** @type {const} */ ([["step", "step"], ["wall", "wall time"], ["relative", "relative time"]]);
export const Y_CHOICES = /** @type {const} */ ([["auto", "per chart"], ["linear", "linear"], ["log", "log"]]);

/**
 * A select with its label.
 * @param {string} label
 * @param {readonly (readonly [string, string])[]} options
 * @param {string} value
 * @param {(value: string) => void} choose
 */
export function labelledSelect(label, options, value, choose) {
  const select = html("select", {}, ...options.map(([name, text]) => html("option", { value: name }, text)));
  select.value = value;
  select.addEventListener("change", () => choose(select.value));
  return { label: html("label", { class: "choice" }, `${label} `, select), select };
}

/**
 * @param {Chart} chart
 * @param {ChartContext} context
 * @param {import("../state.js").ChartChoice} change
 */
function choose(chart, { store }, change) {
  const charts = new Map(store.state.charts);
  const merged = { ...charts.get(chart.index), ...change };
  const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
  if (Object.keys(kept).length === 0) charts.delete(chart.index);
  else charts.set(chart.index, kept);
  store.update({ charts });
}

/** @param {Chart} chart @param {ChartContext} context */
function lineOptions(chart, context) {
  const own = context.store.state.charts.get(chart.index) ?? {};
  const asAll = /** @type {const} */ (["", "as all charts"]);
  const smoothing = own.smoothing === undefined ? "" : String(own.smoothing);
  return [
    labelledSelect("X", [asAll, ...X_CHOICES], own.x ?? "", (x) => choose(chart, context, { x: x || undefined })).label,
    labelledSelect("Y", [asAll, ["linear", "linear"], ["log", "log"]], own.y ?? "", (y) => choose(chart, context, { y: y || undefined })).label,
    labelledSelect("Smoothing", [asAll, ["0", "off"], ...["30", "60", "80", "90", "95", "98"].map((p) => /** @type {const} */ ([p, `${p} %`]))],
      smoothing, (z) => choose(chart, context, { smoothing: z === "" ? undefined : Number(z) })).label,
  ];
}

/** @type {Map<string, { names: string[], columns: (context: ChartContext, choice: import("./context.js").Choice, chart: Chart) => Column[] }>} */
const AXES = new Map([
  ["scatter", { names: ["X", "Y"], columns: pointColumns }],
  ["box", { names: ["Group by", "Metric"], columns: boxColumns }],
  ["contour", { names: ["X", "Y", "Colour"], columns: contourColumns }],
]);

/** @param {Chart} chart @param {ChartContext} context */
function axisOptions(chart, context) {
  const form = AXES.get(chart.kind);
  if (!form) return [];
  const columns = form.columns(context, choiceOf(context.store.state, chart.index), chart);
  const { metrics, params } = axisColumns(context.island);
  return form.names.map((name, at) => {
    const offered = (name === "Metric" || name === "Colour" ? metrics : [...params, ...metrics]).map((column) =>
      /** @type {const} */ ([String(column.index), keyText(column)]));
    return labelledSelect(name, offered, String(columns[at]?.index ?? ""), (value) => {
      // As they are now: the panel stays open while its choices change.
      const now = form.columns(context, choiceOf(context.store.state, chart.index), chart);
      const axes = form.names.map((_, index) => (index === at ? Number(value) : (now[index]?.index ?? Number(value))));
      choose(chart, context, { axes });
    }).label;
  });
}

/** @param {Chart} chart @param {ChartContext} context */
function parallelOptions(chart, context) {
  const { metrics, params } = axisColumns(context.island);
  const shown = parallelColumns(context, choiceOf(context.store.state, chart.index)).map(({ index }) => index);
  return [html("fieldset", { class: "choice-list" }, html("legend", {}, "Axes"),
    ...[...params, ...metrics].slice(0, 200).map((column) => {
      const { index } = column;
      const box = html("input", { type: "checkbox", checked: shown.includes(index) });
      box.addEventListener("change", () => {
        const now = parallelColumns(context, choiceOf(context.store.state, chart.index)).map((column) => column.index);
        choose(chart, context, { axes: box.checked ? [...now, index] : now.filter((other) => other !== index) });
      });
      return html("label", {}, box, ` ${keyText(column)}`);
    }))];
}

/** @param {Chart} chart @param {ChartContext} context */
function contents(chart, context) {
  const files = ["SVG", "PNG"].map((form) => {
    const button = html("button", { type: "button" }, form);
    button.addEventListener("click", () => void savePicture(chart, form === "PNG", context.announce));
    return button;
  });
  const choices = chart.kind === "line" ? lineOptions(chart, context) : chart.kind === "parallel" ? parallelOptions(chart, context) : axisOptions(chart, context);
  return [...choices, html("span", { class: "choice" }, "Save as ", ...files)];
}

/**
 * @param {Chart} chart
 * @param {ChartContext} context
 */
export function startOptions(chart, context) {
  const name = chart.metric ? showText(chart.metric) : chart.kind;
  const summary = html("summary", { "aria-label": `Options of ${name}`, title: "Options" }, "⋯");
  const panel = html("div", { class: "chart-panel" });
  const block = html("details", { class: "chart-options" }, summary, panel);
  block.addEventListener("toggle", () => {
    if (block.open) panel.replaceChildren(...contents(chart, context));
  });
  block.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !block.open) return;
    block.open = false;
    summary.focus();
  });
  document.addEventListener("click", (event) => {
    // Saving a file clicks a link of its own, which is no click of the reader's.
    if (event.isTrusted && block.open && event.target instanceof Node && !block.contains(event.target)) block.open = false;
  });
  (chart.figure.querySelector("figcaption") ?? chart.figure).append(block);
}
