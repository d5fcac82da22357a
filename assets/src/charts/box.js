// A box chart: how one metric spreads over the runs that share a value of one param. Groups stand at numeric places.

import { formatTyped } from "../format/text.js";
import { axisColumns, chosenColumns, keyText } from "./axes.js";
import { chartedRuns, entitle } from "./context.js";
import { axis, layout, reach, ticksAt } from "./layout.js";
import { CONFIG, loadPlotly, plain } from "./plotly.js";
import { axisTitle } from "./points.js";
import { readPalette } from "./tokens.js";

/**
 * The param to group by and the metric.
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 */
export function boxColumns({ island }, choice) {
  const { metrics, params, varied } = axisColumns(island);
  const runs = island.runs.length;
  const grouping = varied.find(({ size }) => size > 1 && size <= Math.max(2, runs / 2));
  return chosenColumns(island, choice.axes, [grouping ?? varied[0] ?? params[0], metrics[0]]);
}

/**
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 * @returns {Promise<import("./context.js").Drawn>}
 */
export async function drawBox(chart, context, choice) {
  const plotly = await loadPlotly();
  const palette = readPalette();
  const { island } = context;
  const [group, metric] = boxColumns(context, choice);
  if (!group || !metric) return { highlight() {}, dispose() {} };
  const runs = chartedRuns(context);
  const kept = [...group.cells(), null].map((cell, place) => {
    const code = cell ? place : -1;
    return {
      text: cell ? formatTyped(cell.type, cell.value) : "–",
      size: (cell && group.numberAt(code)) ?? Infinity,
      values: runs.map((position) => group.codes[position] === code ? metric.number(position) : Number.NaN).filter(Number.isFinite),
    };
  }).filter(({ values }) => values.length > 0);
  kept.sort((left, right) => left.size - right.size || 0); // numbers by size, then the others as they came
  const traces = kept.map(({ values }, at) => ({
    type: "box", x0: at, y: values, name: "", width: 0.5, boxpoints: "all", jitter: 0.35, pointpos: 0, hoverinfo: "skip",
    line: { color: palette("text2"), width: 1.2 }, fillcolor: "rgba(0,0,0,0)", marker: { color: palette("accent"), size: 5, opacity: 0.7 },
  }));
  const form = layout(palette, {
    margin: { l: 52, r: 16, t: 8, b: 42 },
    xaxis: axis(palette, {
      ...ticksAt(kept.map(({ text, values }, at) => ({ at, text: `${text} (${values.length})` }))),
      range: [-0.6, kept.length - 0.4], showgrid: false,
      title: { text: plain(keyText(group)), font: { size: 11 }, standoff: 6 },
    }),
    yaxis: axis(palette, { range: reach(kept.map(({ values }) => values), false, 0.06), title: { text: plain(axisTitle(metric, island)), font: { size: 11 }, standoff: 6 } }),
  });
  await plotly.react(chart.host, traces, form, CONFIG);
  entitle(chart, context, `${keyText(metric)} by ${keyText(group)}`, kept.reduce((sum, { values }) => sum + values.length, 0));
  chart.host.dataset.boxes = String(kept.length);
  return { highlight() {}, dispose() {} };
}
