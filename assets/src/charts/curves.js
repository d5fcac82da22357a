// The numbers behind a line chart: what runs along x, the curves of a metric, and how far its axes reach.

import { endNames } from "./labels.js";
import { smooth } from "./smoothing.js";

/** @typedef {import("../data/series.js").Series} Series */

export const MICROSECONDS = 1_000;
const LOG_FROM = 15; // largest over smallest value; as rundiff/charts/scales.py

/**
 * Whether values spread over so many magnitudes that a linear axis would hide most of them.
 * @param {{ y: Float64Array | number[], raw?: Float64Array | null }[]} curves
 */
export function wantsLog(curves) {
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

/**
 * The curves of a chart in the order of the columns, smoothed; `raw` where that changed them.
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 */
export async function curvesOf(chart, context, choice) {
  const view = context.view();
  const { colors, positions } = view;
  const names = endNames(context.island, view);
  const known = (await context.series()).get(chart.metric) ?? [];
  return positions.flatMap((position) => {
    const series = known.find(({ run }) => run === position);
    const x = series ? abscissa(series, choice.x) : null;
    if (!series || !x) return [];
    const y = smooth(series.y, choice.smoothing / 100);
    return [{ position, of: series.of, label: names.get(position) ?? "", color: colors.get(position) ?? null, x, y, raw: y === series.y ? null : series.y }];
  });
}

/** @param {Float64Array} values */
export function lastFinite(values) {
  let last = values.length - 1;
  while (last > 0 && !Number.isFinite(values[last] ?? Number.NaN)) last -= 1;
  return last;
}
