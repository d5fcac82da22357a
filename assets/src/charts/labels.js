// Names at the ends of the lines, moved apart where they would overlap. Lines may end at different steps, so each label
// stands at its own line's end, not in a gutter.

import { plain } from "./plotly.js";
import { shorten } from "./layout.js";
import { runStyle } from "./tokens.js";

export const MOST_LABELS = 6;
const HEIGHT = 13;

/** @typedef {{ at: number, top: number, text: string, color: number | null }} Label */

/**
 * Push labels of neighbouring ends apart, keeping their order and staying inside.
 * @param {Label[]} labels
 * @param {number} height of the plot
 */
export function spread(labels, height) {
  const sorted = [...labels].sort((a, b) => a.top - b.top);
  for (let round = 0; round < 40; round++) {
    let isDone = true;
    sorted.forEach((label, index) => {
      const next = sorted[index + 1];
      const gap = next ? label.top + HEIGHT - next.top : 0;
      if (!next || gap <= 0.5 || Math.abs(next.at - label.at) > 70) return;
      label.top -= gap / 2;
      next.top += gap / 2;
      isDone = false;
    });
    if (isDone) break;
  }
  for (const label of sorted) label.top = Math.min(height - 4, Math.max(4, label.top));
  return sorted;
}

/**
 * @param {import("./plotly.js").PlotlyModule} plotly
 * @param {HTMLElement} host
 * @param {import("./plotly.js").Graph} graph
 * @param {import("./cursor.js").Curve[]} curves
 * @param {import("./tokens.js").Palette} palette
 */
export async function labelsAtEnds(plotly, host, graph, curves, palette) {
  const { xaxis, yaxis } = graph._fullLayout ?? {};
  if (!xaxis || !yaxis) return;
  const labels = curves.flatMap(({ x, y, label, color }) => {
    let last = x.length - 1;
    while (last >= 0 && !Number.isFinite(y[last] ?? Number.NaN)) last -= 1;
    if (last < 0) return [];
    const top = yaxis.l2p(yaxis.d2l(y[last]));
    const at = xaxis.l2p(xaxis.d2l(x[last]));
    return Number.isFinite(top) ? [{ at, top, text: color === 0 ? "baseline" : label, color }] : [];
  });
  const annotations = spread(labels, yaxis._length).map(({ at, top, text, color }) => ({
    x: at / xaxis._length,
    y: 1 - top / yaxis._length,
    xref: "paper",
    yref: "paper",
    xanchor: "left",
    xshift: 8,
    yanchor: "middle",
    showarrow: false,
    text: plain(shorten(text, 11)),
    font: { size: 11, color: runStyle(color, palette).color },
  }));
  await plotly.relayout(host, { annotations });
}
