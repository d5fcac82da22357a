// One metric over steps or time, a line for each run. Smoothing leaves the raw line visible behind the smoothed one.

import { html } from "../dom.js";
import { formatNumbers, formatTick } from "../format/numbers.js";
import { formatDuration, formatTime } from "../format/quantities.js";
import { swatch, traceHighlighter } from "./context.js";
import { attachCursor } from "./cursor.js";
import { endNames, labelsAtEnds, MOST_LABELS } from "./labels.js";
import { axis, layout } from "./layout.js";
import { CONFIG, loadPlotly } from "./plotly.js";
import { smooth } from "./smoothing.js";
import { markerOf, readPalette, runStyle } from "./tokens.js";

/** @typedef {import("./context.js").Choice} Choice */
/** @typedef {import("../data/series.js").Series} Series */

const MICROSECONDS = 1_000;
const LOG_FROM = 15; // largest over smallest value; as rundiff/charts/scales.py

/**
 * Whether values spread over so many magnitudes that a linear axis would hide most of them.
 * @param {{ y: Float64Array, raw: Float64Array | null }[]} curves
 */
function wantsLog(curves) {
  let [low, high] = [Infinity, -Infinity];
  for (const { y, raw } of curves) {
    for (const value of raw ?? y) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low > 0 && high / low >= LOG_FROM;
}

/**
 * The x values of a series, or null where it has none of that kind: ms for wall time, s for relative time.
 * @param {Series} series
 * @param {string} kind
 * @returns {Float64Array | null}
 */
export function abscissa({ x, t }, kind) {
  if (kind === "step") return x;
  const first = t?.find((time) => time >= 0);
  if (t === null || first === undefined) return null;
  return t.map((time) => {
    if (time < 0) return Number.NaN;
    return kind === "wall" ? time / MICROSECONDS : (time - first) / 1e6;
  });
}

/** @type {Map<string, (x: number) => string>} */
const X_TEXTS = new Map([
  ["step", (x) => `step ${formatTick(x)}`],
  ["wall", (x) => formatTime(x * MICROSECONDS)],
  ["relative", (x) => `after ${formatDuration(Math.round(x * 1e6))}`],
]);
const X_TITLES = new Map([["step", "step"], ["wall", "UTC"], ["relative", "s"]]);

/**
 * The curves of a chart in the order of the columns, smoothed; `raw` where that changed them.
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {Choice} choice
 */
async function curvesOf(chart, context, choice) {
  const view = context.view();
  const { colors, positions } = view;
  const names = endNames(context.island, view);
  const known = (await context.series()).get(chart.metric) ?? [];
  return positions.flatMap((position) => {
    const series = known.find(({ run }) => run === position);
    const x = series ? abscissa(series, choice.x) : null;
    if (!series || !x) return [];
    const y = smooth(series.y, choice.smoothing / 100);
    return [{ position, label: names.get(position) ?? "", color: colors.get(position) ?? null, x, y, raw: y === series.y ? null : series.y }];
  });
}

/**
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {Choice} choice
 * @returns {Promise<import("./context.js").Drawn>}
 */
export async function drawLine(chart, context, choice) {
  const [plotly, curves] = await Promise.all([loadPlotly(), curvesOf(chart, context, choice)]);
  const palette = readPalette();
  const scale = choice.y !== "auto" ? choice.y : wantsLog(curves) ? "log" : "linear";
  /** @type {object[]} */
  const traces = [];
  /** @type {(number | null)[]} */
  const owners = [];
  for (const { position, color, x, y, raw } of curves) {
    const style = runStyle(color, palette);
    const line = { color: style.color, dash: style.dash, width: 1.7 };
    const shared = { type: "scatter", mode: "lines", hoverinfo: "skip", connectgaps: false };
    if (raw) {
      traces.push({ ...shared, x, y: raw, line: { ...line, width: 1 }, opacity: 0.3 });
      owners.push(position);
    }
    traces.push({ ...shared, x, y, line });
    owners.push(position);
  }
  // The last point carries the run's marker: a line of one point would not be seen otherwise.
  for (const { position, color, x, y } of curves) {
    const last = lastFinite(y);
    traces.push({ type: "scatter", mode: "markers", hoverinfo: "skip", cliponaxis: false, x: [x[last]], y: [y[last]], marker: markerOf(color, palette) });
    owners.push(position);
  }
  const hint = chart.figure.querySelector("figcaption .hint");
  if (hint) hint.textContent = (hint.textContent ?? "").replace(/(log|linear)$/, scale);
  const hasLabels = curves.length > 1 && curves.length <= MOST_LABELS;
  const margin = { l: 46, r: hasLabels ? 70 : 14, t: 8, b: 34 };
  const frame = {
    x: reach(curves.map(({ x }) => x), false, 0.03),
    y: reach(curves.flatMap(({ y, raw }) => (raw ? [y, raw] : [y])), scale === "log", 0.05),
    isLog: scale === "log",
    width: Math.max(60, chart.host.clientWidth - margin.l - margin.r),
    height: Math.max(60, chart.host.clientHeight - margin.t - margin.b),
    room: margin.r,
  };
  const place = layout(palette, {
    margin,
    uirevision: `${choice.x} ${scale}`, // a zoom stays until the axes mean something else
    xaxis: axis(palette, {
      type: choice.x === "wall" ? "date" : "linear",
      range: frame.x,
      nticks: choice.x === "wall" ? 4 : 6,
      showgrid: false,
      title: { text: X_TITLES.get(choice.x) ?? "", font: { size: 11 }, standoff: 4 },
    }),
    yaxis: axis(palette, { type: scale, range: frame.y, nticks: 5, automargin: false, ...(scale === "log" ? logTicks(curves) : {}) }),
    annotations: hasLabels ? labelsAtEnds(curves, frame, palette) : [],
  });
  const graph = await plotly.react(chart.host, traces, place, CONFIG);
  if (scale === "log") relaxTicks(plotly, chart.host, graph);
  const detach = attachCursor(chart.host, graph, {
    curves,
    formatX: X_TEXTS.get(choice.x) ?? String,
    formatValues: (values) => formatNumbers(values).shown,
    announce: context.announce,
    swatch,
  });
  const missing = context.view().positions.length - curves.length;
  note(chart, curves.length, missing);
  return { highlight: traceHighlighter(chart.host, ".scatterlayer > .trace", owners), dispose: detach };
}

/**
 * From where to where an axis goes: all finite values and a little more.
 * @param {Float64Array[]} arrays
 * @param {boolean} isLog
 * @param {number} share of the range that is added on each side
 * @returns {[number, number]}
 */
function reach(arrays, isLog, share) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (const value of values) {
      if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [0, 1];
  if (isLog) [low, high] = [Math.log10(low), Math.log10(high)];
  const pad = (high - low) * share || Math.abs(high) * 0.05 || 0.5;
  return [low - pad, high + pad];
}

/**
 * Ticks of a log axis at 1 and 3 of each decade, or at 1 of each: plotly's own are a row of loose digits.
 * @param {{ y: Float64Array }[]} curves
 */
function logTicks(curves) {
  const logs = curves.flatMap(({ y }) => Array.from(y).filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10));
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b), Infinity));
  const high = Math.ceil(logs.reduce((a, b) => Math.max(a, b), -Infinity));
  if (!Number.isFinite(high - low)) return {};
  const step = Math.max(1, Math.ceil((high - low) / 6));
  const decades = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, at) => low + at * step);
  const marks = decades.flatMap((power) => (high - low <= 2 ? [1, 2, 3, 5] : high - low <= 3 ? [1, 3] : [1]).map((digit) => Number(`${digit}e${power}`)));
  return { tickmode: "array", tickvals: marks, ticktext: marks.map(formatTick) };
}

/**
 * A reader who zooms in needs finer ticks than those.
 * @param {import("./plotly.js").PlotlyModule} plotly
 * @param {HTMLElement} host
 * @param {import("./plotly.js").Graph} graph
 */
function relaxTicks(plotly, host, graph) {
  graph.removeAllListeners?.("plotly_relayout");
  graph.on?.("plotly_relayout", (change) => {
    if ("yaxis.range[0]" in change) void plotly.relayout(host, { "yaxis.tickmode": "auto" });
    if (change["yaxis.autorange"]) void plotly.relayout(host, { "yaxis.tickmode": "array" });
  });
}

/** @param {Float64Array} values */
function lastFinite(values) {
  let last = values.length - 1;
  while (last > 0 && !Number.isFinite(values[last] ?? Number.NaN)) last -= 1;
  return last;
}

/**
 * Say which runs have no line here.
 * @param {import("./context.js").Chart} chart
 * @param {number} drawn
 * @param {number} missing
 */
function note(chart, drawn, missing) {
  chart.host.dataset.lines = String(drawn);
  let slot = chart.figure.querySelector("[data-slot='chart-note']");
  if (!slot) {
    slot = html("span", { class: "chart-note", "data-slot": "chart-note" });
    chart.figure.querySelector("figcaption")?.append(slot);
  }
  slot.textContent = missing === 0 ? "" : `${missing} of ${drawn + missing} runs have no line here`;
}
