// One metric over steps or time, a line for each run. Smoothing leaves the raw line visible behind the smoothed one.

import { formatNumbers, formatTick } from "../format/numbers.js";
import { formatDuration, formatTime } from "../format/quantities.js";
import { bandTraces } from "./bands.js";
import { traceHighlighter } from "./context.js";
import { attachCursor } from "./cursor.js";
import { curvesOf, lastFinite, MICROSECONDS, wantsLog } from "./curves.js";
import { labelsAtEnds, MOST_LABELS } from "./labels.js";
import { axis, layout, logTicks, reach } from "./layout.js";
import { noteOf } from "./note.js";
import { CONFIG, loadPlotly } from "./plotly.js";
import { behindOf } from "./rest.js";
import { markerOf, readPalette, runStyle } from "./tokens.js";

/** @typedef {import("./context.js").Choice} Choice */

/** @type {Map<string, (x: number) => string>} */
const X_TEXTS = new Map([
  ["step", (x) => `step ${formatTick(x)}`],
  ["wall", (x) => formatTime(x * MICROSECONDS)],
  ["relative", (x) => `after ${formatDuration(Math.round(x * 1e6))}`],
]);
const MOST_THICK = 12; // lines; more are thinner
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
  const behind = await behindOf(chart, context, choice, palette);
  const mayBeLog = context.island.meanings.get(chart.metric)?.direction !== "higher";
  const scale = choice.y !== "auto" ? choice.y : mayBeLog && wantsLog([...curves, ...behind.extents]) ? "log" : "linear";
  const bands = choice.x === "step" ? bandTraces(context.island.bands, chart.metric, context.view(), palette) : [];
  const traces = [...behind.traces.map((trace) => ({ owner: null, trace })), ...bands, ...curveTraces(curves, behind.ends, palette)];
  const hint = chart.figure.querySelector("figcaption .hint");
  if (hint) hint.textContent = (hint.textContent ?? "").replace(/(log|linear)$/, scale);
  const hasLabels = curves.length > 1 && curves.length <= MOST_LABELS;
  const named = [...(hasLabels ? curves : curves.map((curve) => ({ ...curve, label: "" }))), ...behind.ends];
  const margin = { l: 46, r: hasLabels ? 70 : behind.ends.length > 0 ? 44 : 14, t: 8, b: 34 };
  const drawn = [...curves, ...behind.ends, ...behind.extents];
  const frame = {
    x: reach(drawn.map(({ x }) => x), false, 0.03),
    y: reach([...drawn.map(({ y }) => y), ...curves.flatMap(({ raw }) => (raw ? [raw] : []))], scale === "log", 0.05),
    isLog: scale === "log",
    width: Math.max(60, chart.host.clientWidth - margin.l - margin.r),
    height: Math.max(60, chart.host.clientHeight - margin.t - margin.b),
    room: margin.r,
  };
  const ticks = scale === "log" ? logTicks(drawn.map(({ y }) => y)) : {};
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
    // A copy, since plotly writes into its layout and the range is read again below.
    yaxis: axis(palette, { type: scale, range: [...frame.y], nticks: 5, automargin: false, ...ticks }),
    annotations: labelsAtEnds(named, frame, palette),
  });
  const graph = await plotly.react(chart.host, traces.map(({ trace }) => trace), place, CONFIG);
  graph.removeAllListeners?.("plotly_relayout");
  if ("tickvals" in ticks) relaxTicks(plotly, chart.host, graph, frame.y);
  const detach = attachCursor(chart.host, graph, {
    curves,
    formatX: X_TEXTS.get(choice.x) ?? String,
    formatValues: (values) => formatNumbers(values).shown,
    announce: context.announce,
  });
  noteOf(chart, context, curves, frame.width);
  return { highlight: traceHighlighter(chart.host, ".scatterlayer > .trace", traces.map(({ owner }) => owner)), dispose: detach };
}

/**
 * The lines and their last points, from back to front, each with the run that it belongs to.
 * @param {Awaited<ReturnType<typeof curvesOf>>} curves
 * @param {import("./rest.js").End[]} ends of runs that are no columns
 * @param {import("./tokens.js").Palette} palette
 */
function curveTraces(curves, ends, palette) {
  const width = curves.length > MOST_THICK ? 1.1 : 1.7;
  const columns = [...curves].reverse(); // the baseline on top of all
  const lines = [...ends.map((end) => ({ ...end, raw: null })), ...columns].flatMap(({ position, color, x, y, raw }) => {
    const style = runStyle(color, palette);
    const line = { color: style.color, dash: style.dash, width: color === null ? 1 : width };
    const shared = { type: "scatter", mode: "lines", hoverinfo: "skip", connectgaps: false, x };
    const behind = raw ? [{ owner: position, trace: { ...shared, y: raw, line: { ...line, width: 1 }, opacity: 0.3 } }] : [];
    return [...behind, { owner: position, trace: { ...shared, y, line } }];
  });
  // The last point carries the run's marker: a line of one point would not be seen otherwise.
  const marks = columns.map(({ position, color, x, y }) => {
    const last = lastFinite(y);
    return { owner: position, trace: { type: "scatter", mode: "markers", hoverinfo: "skip", cliponaxis: false, x: [x[last]], y: [y[last]], marker: markerOf(color, palette) } };
  });
  return [...lines, ...marks];
}

/**
 * A reader who zooms in needs finer ticks than those of the whole axis.
 * @param {import("./plotly.js").PlotlyModule} plotly
 * @param {HTMLElement} host
 * @param {import("./plotly.js").Graph} graph
 * @param {[number, number]} whole what the axis reaches from and to
 */
function relaxTicks(plotly, host, graph, whole) {
  const relax = () => {
    const { range, tickmode } = graph._fullLayout.yaxis;
    const wanted = String(range) === String(whole) ? "array" : "auto";
    if (tickmode !== wanted) void plotly.relayout(host, { "yaxis.tickmode": wanted });
  };
  graph.on?.("plotly_relayout", relax);
  relax(); // a zoom stays when the chart is drawn anew
}
