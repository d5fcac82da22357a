// A scatter chart: one column against another, every run of the report a point; compared runs in their colours.

import { showText } from "../format/text.js";
import { axisColumns, chosenColumns, keyText } from "./axes.js";
import { chartedRuns, entitle, traceHighlighter } from "./context.js";
import { frontOf, frontTrace, tellFront } from "./front.js";
import { labelsAtEnds, MOST_LABELS } from "./labels.js";
import { axis, layout, logTicks, reach, shorten, ticksAt } from "./layout.js";
import { CONFIG, loadPlotly, plain } from "./plotly.js";
import { attachTips } from "./tips.js";
import { scaleOf } from "./scale.js";
import { markerOf, readPalette } from "./tokens.js";

/** @typedef {import("../data/column.js").Column} Column */

/**
 * How plotly gets one axis: numbers as they are, anything else as places with tick texts.
 * @param {Column} column
 * @param {number[]} runs
 */
export function dimension(column, runs) {
  const scale = scaleOf(column, runs);
  /** @param {number} position */
  const valueAt = (position) => {
    if (!scale.isCategorical) return column.number(position);
    return scale.place(position) ?? Number.NaN;
  };
  const values = [runs.map(valueAt)];
  const ticks = scale.isCategorical ? ticksAt(scale.ticks) : scale.isLog ? logTicks(values) : {};
  return { valueAt, isLog: scale.isLog, form: { type: scale.isLog ? "log" : "linear", ...ticks, range: reach(values, scale.isLog, 0.06) } };
}

/** @param {Column} column @param {import("../data/island.js").Island} island */
export function axisTitle(column, island) {
  const meaning = column.section === "metrics" ? island.meanings.get(column.key) : undefined;
  const direction = meaning?.direction ? ` · ${meaning.direction} is better` : "";
  const unit = meaning?.unit ? ` (${showText(meaning.unit)})` : "";
  return shorten(keyText(column), 24) + unit + direction;
}

/**
 * The two columns of the chart: the server's metric up, and across what the server chose: what it cost, or a param.
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 * @param {import("./context.js").Chart} chart
 */
export function pointColumns({ island }, choice, chart) {
  const { metrics, params } = axisColumns(island);
  const up = island.column("metrics", chart.metric) ?? metrics[0];
  const across = chart.other === null ? null : island.column(chart.figure.dataset.acrossSection ?? "metrics", chart.other);
  return chosenColumns(island, choice.axes, [across ?? metrics.find((column) => column !== up) ?? params[0], up]);
}

/** @param {number} position @param {import("./context.js").ChartContext} context */
function nameOf(position, { island, view }) {
  return position === view().baseline ? "baseline" : shorten(showText(island.run(position)?.label ?? ""), 24);
}

/**
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 * @returns {Promise<import("./context.js").Drawn>}
 */
export async function drawPoints(chart, context, choice) {
  const plotly = await loadPlotly();
  const palette = readPalette();
  const { island } = context;
  const { positions, colors } = context.view();
  const [across, up] = pointColumns(context, choice, chart);
  if (!across || !up) return { highlight() {}, dispose() {} };
  const hasBoth = chartedRuns(context).filter((position) =>
    [across, up].every((column) => (column.isNumeric ? Number.isFinite(column.number(position)) : (column.codes[position] ?? -1) >= 0)));
  const [x, y] = [dimension(across, hasBoth), dimension(up, hasBoth)];
  const others = hasBoth.filter((position) => !positions.includes(position));
  const compared = positions.filter((position) => hasBoth.includes(position)).reverse();
  const directions = [across, up].map(({ section, key }) => (section === "metrics" ? island.meanings.get(key)?.direction : undefined));
  const points = hasBoth.map((position) => ({ position, x: x.valueAt(position), y: y.valueAt(position) }));
  const front = across === up ? [] : frontOf(points, directions, island);
  const line = front.length > 1 ? [frontTrace(front, directions[0], palette)] : [];
  const groups = [...(others.length ? [others] : []), ...compared.map((position) => [position])];
  const traces = groups.map((group) => {
    return {
      type: "scatter", mode: "markers", hoverinfo: "skip", cliponaxis: false,
      x: group.map(x.valueAt), y: group.map(y.valueAt),
      marker: markerOf(group === others ? null : (colors.get(group[0] ?? -1) ?? null), palette, 10),
    };
  });
  const named = compared.length > MOST_LABELS ? [] : hasBoth.map((position) => ({
    x: [x.isLog ? Math.log10(x.valueAt(position)) : x.valueAt(position)], y: [y.valueAt(position)], color: colors.get(position) ?? null,
    label: positions.includes(position) ? nameOf(position, context) : "",
  }));
  const form = layout(palette, {
    annotations: labelsAtEnds(named, {
      x: x.form.range, y: y.form.range, isLog: y.isLog, room: 16, width: chart.host.clientWidth - 68, height: chart.host.clientHeight - 50,
    }, palette),
    margin: { l: 52, r: 16, t: 8, b: 42 },
    xaxis: axis(palette, { ...x.form, title: { text: plain(axisTitle(across, island)), font: { size: 11 }, standoff: 6 } }),
    yaxis: axis(palette, { ...y.form, title: { text: plain(axisTitle(up, island)), font: { size: 11 }, standoff: 6 } }),
  });
  const graph = await plotly.react(chart.host, [...line, ...traces], form, CONFIG);
  chart.host.dataset.points = String(hasBoth.length);
  entitle(chart, context, `${keyText(up)} by ${keyText(across)}`, hasBoth.length);
  tellFront(chart, context, front, points);
  const detach = attachTips(chart.host, graph, context, {
    runs: hasBoth, place: (position) => [x.valueAt(position), y.valueAt(position)], columns: [across, up],
  });
  const owners = [...line.map(() => null), ...groups.map((group) => (group === others ? null : (group[0] ?? null)))];
  return { highlight: traceHighlighter(chart.host, ".scatterlayer > .trace", owners), dispose: detach };
}
