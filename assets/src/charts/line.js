// One metric over steps or time, a line for each run. Smoothing leaves the raw line visible behind the smoothed one.

import { html } from "../dom.js";
import { formatNumbers, formatTick } from "../format/numbers.js";
import { formatDuration, formatTime } from "../format/quantities.js";
import { bandTraces } from "./bands.js";
import { swatch, traceHighlighter } from "./context.js";
import { attachCursor } from "./cursor.js";
import { curvesOf, lastFinite, MICROSECONDS, wantsLog } from "./curves.js";
import { labelsAtEnds, MOST_LABELS } from "./labels.js";
import { axis, layout, logTicks, reach } from "./layout.js";
import { CONFIG, loadPlotly } from "./plotly.js";
import { markerOf, readPalette, runStyle } from "./tokens.js";

/** @typedef {import("./context.js").Choice} Choice */

/** @type {Map<string, (x: number) => string>} */
const X_TEXTS = new Map([
  ["step", (x) => `step ${formatTick(x)}`],
  ["wall", (x) => formatTime(x * MICROSECONDS)],
  ["relative", (x) => `after ${formatDuration(Math.round(x * 1e6))}`],
]);
const X_TITLES = new Map([["step", "step"], ["wall", "UTC"], ["relative", "s"]]);

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
  const bands = choice.x === "step" ? bandTraces(context.island.bands, chart.metric, context.view(), palette) : [];
  for (const { owner, trace } of bands) {
    traces.push(trace);
    owners.push(owner);
  }
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
    yaxis: axis(palette, { type: scale, range: frame.y, nticks: 5, automargin: false, ...(scale === "log" ? logTicks(curves.map(({ y }) => y)) : {}) }),
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
