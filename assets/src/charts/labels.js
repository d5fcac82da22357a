// Names at the ends of the lines. Each label stands at its own line's end, not in a gutter (lines may end at different
// steps), and tries a few places there: it takes the one that covers the fewest labels and points, and what still touches
// is moved apart. A port of rundiff/charts/labels.py.

import { showText } from "../format/text.js";
import { plain } from "./plotly.js";
import { runStyle } from "./tokens.js";

export const MOST_LABELS = 6;
const [HEIGHT, CHARACTER, APART] = [12, 5.8, 13];
const UPSIDE_DOWN = 200; // worse than to touch: names in another order than their lines mislead
const HIGHEST = -4; // a little above the plot
const OFFSETS = [0, -9, 9, -13, 13, -18, 18, -25, 25, -32, 32];

/** @typedef {{ color: number | null, x: number, y: number, text: string }} End */
/** @typedef {[left: number, upper: number, right: number, lower: number]} Box */

/**
 * Some ten characters that tell each run apart: its beginning where that is enough.
 * @param {import("../data/island.js").Island} island
 * @param {import("../page/view.js").View} view
 * @returns {Map<number, string>}
 */
export function endNames(island, view) {
  const names = new Map(view.positions.map((position) => [position, showText(island.run(position)?.label ?? "")]));
  return new Map([...names].map(([position, name]) => {
    if (position === view.baseline) return [position, "baseline"];
    if (Array.from(name).length <= 11) return [position, name];
    return [position, shortName(name, [...names].filter(([other]) => other !== position).map(([, text]) => text))];
  }));
}

/**
 * @param {string} name
 * @param {string[]} others the names of the other runs
 */
function shortName(name, others) {
  const signs = Array.from(name);
  /** @param {number} count */
  const first = (count) => signs.slice(0, count).join("");
  /** @param {number} count */
  const last = (count) => signs.slice(-count).join("");
  const head = name.match(/^[^-_…]{3,9}(?=[-_…])/u)?.[0] ?? first(8);
  const tail = name.match(/(?<=[-_./= ])[^-_./= …].{2,8}$/u)?.[0] ?? last(8);
  if (!others.some((other) => other.startsWith(head))) return `${head}…`;
  if (!others.some((other) => other.endsWith(tail))) return `…${tail}`;
  const both = [4, 5, 3, 6, 2, 7].find((count) => !others.some((other) => other.startsWith(first(count)) && other.endsWith(last(9 - count))));
  return `${first(both ?? 8)}…${last(both ? 9 - both : 8)}`;
}

/** @param {number} x @param {number} y @param {number} width @returns {Box} */
const boxAt = (x, y, width) => [x, y - HEIGHT / 2, x + width, y + HEIGHT / 2];

/**
 * @param {Box} box
 * @param {Box[]} boxes
 * @param {[number, number][]} points
 * @param {number} bottom
 */
function costOf([left, upper, right, lower], boxes, points, bottom) {
  let cost = upper < HIGHEST || lower > bottom + 4 ? 40 : 0;
  for (const other of boxes) {
    if (left >= other[2] || other[0] >= right) continue;
    cost += 12 * Math.max(0, Math.min(lower, other[3]) - Math.max(upper, other[1]));
    if (upper < other[1]) cost += UPSIDE_DOWN; // its line ends higher
  }
  const covered = points.filter(([x, y]) => left - 6 < x && x < right && upper < y && y < lower).length;
  return cost + 1.5 * Math.min(covered, 12);
}

/**
 * @param {End[]} ends
 * @param {[number, number][]} points
 * @param {number} bottom
 * @param {number} right
 */
export function placeLabels(ends, points, bottom, right) {
  /** @type {Box[]} */
  const boxes = [];
  const placed = [...ends].sort((a, b) => a.y - b.y || (a.color ?? 0) - (b.color ?? 0)).map((end) => {
    const width = CHARACTER * Array.from(end.text).length;
    const x = Math.min(end.x + 8, right - width);
    const costs = OFFSETS.map((offset) => costOf(boxAt(x, end.y + offset, width), boxes, points, bottom) + Math.abs(offset) / 9);
    const best = OFFSETS[costs.indexOf(Math.min(...costs))] ?? 0;
    boxes.push(boxAt(x, end.y + best, width));
    // Widths are estimates: what would reach the edge ends there, however wide the font is.
    const isAtEdge = x < end.x + 8;
    return { ...end, x: isAtEdge ? right : x, y: end.y + best, anchor: isAtEdge ? "right" : "left" };
  });
  const moved = apart(boxes, bottom + 4);
  return placed.map((end, at) => ({ ...end, y: end.y + (moved[at] ?? 0) }));
}

/**
 * By how much each box moves so that none touches another: down, then up from below. Boxes stand in the order of their
 * lines' ends; where all are beside each other they keep it.
 * @param {Box[]} boxes
 * @param {number} bottom
 */
function apart(boxes, bottom) {
  /** @param {Box} one @param {Box} other */
  const isBeside = (one, other) => one[0] < other[2] && other[0] < one[2];
  const uppers = boxes.map((box) => Math.max(box[1], HIGHEST));
  if (boxes.every((one) => boxes.every((other) => isBeside(one, other)))) uppers.sort((a, b) => a - b);
  const all = boxes.map((box, at) => ({ box, at, upper: uppers[at] ?? 0 })).sort((a, b) => a.upper - b.upper || a.at - b.at);
  /** @param {(own: number, other: number) => number} limit */
  const push = (limit) => all.forEach((one, place) => all.slice(0, place).forEach((other) => {
    if (isBeside(one.box, other.box)) one.upper = limit(one.upper, other.upper);
  }));
  push((own, other) => Math.max(own, other + APART));
  all.reverse().forEach((one) => {
    one.upper = Math.min(one.upper, bottom - HEIGHT);
  });
  push((own, other) => Math.min(own, other - APART));
  return all.sort((a, b) => a.at - b.at).map(({ box, upper }) => upper - box[1]);
}

/**
 * @typedef {object} Frame the plot in pixels and what its axes reach from and to (logarithms where `isLog`)
 * @property {[number, number]} x
 * @property {[number, number]} y
 * @property {boolean} isLog
 * @property {number} width
 * @property {number} height
 * @property {number} room beside the plot, to the right
 */

/**
 * The labels as annotations; a curve without a name is only in their way. They are placed before plotly draws: a second pass would cost as much as the first.
 * @param {{ x: ArrayLike<number>, y: ArrayLike<number>, label: string, color: number | null }[]} curves
 * @param {Frame} frame
 * @param {import("./tokens.js").Palette} palette
 */
export function labelsAtEnds(curves, { x: [left, right], y: [low, high], isLog, width, height, room }, palette) {
  /** @param {number} value @returns {number} */
  const down = (value) => (1 - ((isLog ? Math.log10(value) : value) - low) / (high - low)) * height;
  /** @type {[number, number][]} */
  const points = [];
  const ends = curves.flatMap(({ x, y, label, color }) => {
    const step = Math.max(1, Math.ceil(x.length / 120));
    for (let at = 0; at < x.length; at += step) {
      points.push([((x[at] ?? 0) - left) / (right - left) * width, down(y[at] ?? Number.NaN)]);
    }
    let last = x.length - 1;
    while (last >= 0 && !Number.isFinite(down(y[last] ?? Number.NaN))) last -= 1;
    if (last < 0 || label === "") return [];
    return [{ x: ((x[last] ?? 0) - left) / (right - left) * width, y: down(y[last] ?? 0), text: label, color }];
  });
  return placeLabels(ends, points, height, width + room - 2).map(({ x, y, text, color, anchor }) => ({
    x: x / width, y: 1 - y / height, xref: "paper", yref: "paper", xanchor: anchor, yanchor: "middle", showarrow: false,
    text: plain(text), font: { size: 11, color: runStyle(color, palette).color },
  }));
}
