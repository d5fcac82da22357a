// One metric over steps or time, a line for each run. Smoothing leaves the raw line visible behind the smoothed one.

import { formatNumbers, formatTick } from "../format/numbers.js";
import { formatDuration, formatTime } from "../format/quantities.js";
import { showText } from "../format/text.js";
import { swatch, traceHighlighter } from "./context.js";
import { attachCursor } from "./cursor.js";
import { labelsAtEnds, MOST_LABELS } from "./labels.js";
import { axis, layout } from "./layout.js";
import { CONFIG, loadPlotly } from "./plotly.js";
import { smooth } from "./smoothing.js";
import { readPalette, runStyle } from "./tokens.js";

/** @typedef {import("./context.js").Choice} Choice */
/** @typedef {import("../data/series.js").Series} Series */

const MICROSECONDS = 1_000;

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
  const { colors, positions } = context.view();
  const known = (await context.series()).get(chart.metric) ?? [];
  return positions.flatMap((position) => {
    const series = known.find(({ run }) => run === position);
    const x = series ? abscissa(series, choice.x) : null;
    if (!series || !x) return [];
    const y = smooth(series.y, choice.smoothing / 100);
    const label = showText(context.island.run(position)?.label ?? "");
    return [{ position, label, color: colors.get(position) ?? null, x, y, raw: y === series.y ? null : series.y }];
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
  const scale = choice.y === "auto" ? chart.scale : choice.y;
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
    // A line of one point would not be seen; the last point carries the run's marker.
    const size = Array.from(x, (_, at) => (at === x.length - 1 ? 7 : 0));
    traces.push({ ...shared, mode: "lines+markers", x, y, line, marker: { color: style.color, symbol: style.symbol, size, line: { width: style.symbol === "circle-open" ? 1.6 : 0 } } });
    owners.push(position);
  }
  const hasLabels = curves.length > 1 && curves.length <= MOST_LABELS;
  const place = layout(palette, {
    margin: { l: 44, r: hasLabels ? 78 : 14, t: 8, b: 30 },
    xaxis: axis(palette, {
      type: choice.x === "wall" ? "date" : "linear",
      nticks: choice.x === "wall" ? 4 : 6,
      title: { text: X_TITLES.get(choice.x) ?? "", font: { size: 11 }, standoff: 4 },
    }),
    yaxis: axis(palette, { type: scale, nticks: 5, ...(scale === "log" ? { dtick: undefined } : {}) }),
  });
  const graph = await plotly.react(chart.host, traces, place, CONFIG);
  if (hasLabels) await labelsAtEnds(plotly, chart.host, graph, curves, palette);
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
 * Say which runs have no line here.
 * @param {import("./context.js").Chart} chart
 * @param {number} drawn
 * @param {number} missing
 */
function note(chart, drawn, missing) {
  chart.host.dataset.lines = String(drawn);
  const text = missing === 0 ? "" : `${missing} of ${drawn + missing} runs without a line here`;
  const slot = chart.figure.querySelector("[data-slot='chart-note']");
  if (slot) slot.textContent = text;
}
