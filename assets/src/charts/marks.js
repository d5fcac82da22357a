// The markers of runs in our own SVG charts, the same shapes as in rundiff/charts/palette.py.

import { svg } from "../dom.js";
import { markerPlace } from "./tokens.js";

const SHAPES = [
  "",
  "M0-4.2L4.2 3.4H-4.2Z",
  "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0Z",
  "M-3.3-3.3H3.3V3.3H-3.3Z",
  "M0-4.6L4.6 0L0 4.6L-4.6 0Z",
  "M0 4.2L4.2-3.4H-4.2Z",
  "M-4.2 0L-2.1-3.7H2.1L4.2 0L2.1 3.7H-2.1Z",
  "M-1.3-4.2H1.3V-1.3H4.2V1.3H1.3V4.2H-1.3V1.3H-4.2V-1.3H-1.3Z",
];

/**
 * @param {number} x
 * @param {number} y
 * @param {number} color place among the compared runs
 */
export function runMark(x, y, color) {
  const place = markerPlace(color);
  if (place === 0) return svg("circle", { class: "mark-ring", cx: x, cy: y, r: 3.4 });
  return svg("path", { class: "mark", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, d: SHAPES[place] ?? "" });
}
