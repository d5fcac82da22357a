// One value for each run: a bar from the baseline's value. Runs stand at numeric places with their names as tick texts.

import { formatNumbers } from "../format/numbers.js";
import { traceHighlighter } from "./context.js";
import { endNames } from "./labels.js";
import { axis, layout, reach, ticksAt } from "./layout.js";
import { CONFIG, loadPlotly } from "./plotly.js";
import { markerOf, readPalette, runStyle } from "./tokens.js";

/**
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @returns {Promise<import("./context.js").Drawn>}
 */
export async function drawBars(chart, context) {
  const plotly = await loadPlotly();
  const palette = readPalette();
  const { positions, colors } = context.view();
  const column = context.island.column("metrics", chart.metric);
  const values = positions.map((position) => column?.number(position) ?? Number.NaN);
  const texts = formatNumbers(values.map((value, at) => (column?.cell(positions[at] ?? -1).type === "missing" ? null : value)), { baseline: 0 }).shown;
  const base = Number.isFinite(values[0]) ? /** @type {number} */ (values[0]) : 0;
  const count = positions.length;
  const styles = positions.map((position) => runStyle(colors.get(position) ?? null, palette));
  // One trace a run, bar and marker: a run without a value keeps its line and its name.
  const traces = positions.flatMap((_, at) => {
    const value = values[at] ?? Number.NaN;
    const style = styles[at];
    if (!style) return [];
    return [
      { type: "bar", orientation: "h", base: [base], x: [Number.isFinite(value - base) ? value - base : null], y: [count - 1 - at], width: 0.09, marker: { color: style.color }, hoverinfo: "skip" },
      { type: "scatter", mode: "markers", x: [Number.isFinite(value) ? value : null], y: [count - 1 - at], marker: markerOf(colors.get(positions[at] ?? -1) ?? null, palette), hoverinfo: "skip", cliponaxis: false },
    ];
  });
  const short = endNames(context.island, context.view());
  const names = positions.map((position, at) => ({ at: count - 1 - at, text: short.get(position) ?? "" }));
  const rows = layout(palette, {
    margin: { l: 84, r: Math.max(62, ...texts.map(({ length }) => 7 * length + 10)), t: 4, b: 4 },
    barmode: "overlay",
    xaxis: axis(palette, { range: reach([[...values, base]], false, 0.06), visible: false, fixedrange: true }),
    yaxis: axis(palette, { ...ticksAt(names), range: [-0.6, count - 0.4], showgrid: false, showline: false, fixedrange: true }),
    // plotly cannot place a shape near the end of what doubles hold.
    shapes: Math.abs(base) < 1e300 ? [{ type: "line", x0: base, x1: base, y0: 0, y1: 1, yref: "paper", line: { color: palette("line2"), width: 1 }, layer: "below" }] : [],
    annotations: positions.map((_, at) => ({
      x: 1, xref: "paper", xanchor: "left", xshift: 6, y: count - 1 - at, yanchor: "middle", showarrow: false,
      text: texts[at] ?? "", font: { size: 11, color: palette("text") },
    })),
  });
  await plotly.react(chart.host, traces, rows, CONFIG);
  chart.host.dataset.bars = String(values.filter(Number.isFinite).length);
  const bars = traceHighlighter(chart.host, ".barlayer > .trace", positions);
  const marks = traceHighlighter(chart.host, ".scatterlayer > .trace", positions);
  return { highlight: (position) => { bars(position); marks(position); }, dispose() {} };
}
