// The runs that are no columns, behind the lines of a chart: one band of how far they reach, a darker one of the middle
// half of them, and the best and worst of them as grey lines. A hundred grey lines would be a grey block.

import { translucent } from "./bands.js";
import { abscissa } from "./curves.js";

const OPACITY = 0.12; // of each band, as rundiff/charts/band.py

/** @typedef {import("./context.js").ChartContext} ChartContext */
/** @typedef {{ position: number, label: string, color: null, x: Float64Array, y: Float64Array }} End */
/** @typedef {{ traces: object[], extents: { x: number[], y: number[] }[], ends: End[] }} Behind */

/**
 * @param {import("./context.js").Chart} chart
 * @param {ChartContext} context
 * @param {import("./context.js").Choice} choice
 * @param {import("./tokens.js").Palette} palette
 * @returns {Promise<Behind>}
 */
export async function behindOf(chart, context, choice, palette) {
  const rest = context.island.rests.find(({ key }) => key === chart.metric);
  if (!rest) return { traces: [], extents: [], ends: [] };
  const { positions } = context.view();
  const known = (await context.series()).get(chart.metric) ?? [];
  const ends = rest.ends.filter(({ run }) => !positions.includes(run)).flatMap(({ run, word }) => {
    const series = known.find((one) => one.run === run);
    const x = series ? abscissa(series, choice.x) : null;
    return series && x ? [{ position: run, label: word, color: null, x, y: series.y }] : [];
  });
  const { x, low, high, from, to } = rest;
  if (!x || !low || !high || choice.x !== "step") return { traces: [], extents: [], ends };
  const edge = { type: "scatter", mode: "lines", hoverinfo: "skip", line: { width: 0 }, x };
  const fillcolor = translucent(palette("text3"), OPACITY);
  const inner = from?.length && to ? [{ ...edge, y: from }, { ...edge, y: to, fill: "tonexty", fillcolor }] : [];
  const traces = [{ ...edge, y: low }, { ...edge, y: high, fill: "tonexty", fillcolor }, ...inner];
  return { traces, extents: [{ x, y: low }, { x, y: high }], ends };
}
