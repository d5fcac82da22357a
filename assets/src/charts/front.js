// The Pareto front of two metrics whose directions are known, as rundiff/charts/front.py: the runs that no other dominates.

import { formatCount } from "../format/numbers.js";
import { showText } from "../format/text.js";
import { isWhole } from "./context.js";
import { slotOf } from "./note.js";

const MOST_NAMED = 4;

/** @typedef {{ position: number, x: number, y: number }} Point */

/**
 * @param {Point[]} points
 * @param {(string | undefined)[]} directions of x and y
 * @param {import("../data/island.js").Island} island
 * @returns {Point[]} from left to right; nothing where a direction is not known
 */
export function frontOf(points, directions, island) {
  const [signX = 0, signY = 0] = directions.map((direction) => (direction === "lower" ? 1 : direction === "higher" ? -1 : 0));
  if (signX === 0 || signY === 0) return [];
  /** @type {Point[]} */
  const front = [];
  for (const point of points.filter(({ position }) => isWhole(island.run(position))).sort((a, b) => signX * (a.x - b.x) || signY * (a.y - b.y))) {
    const last = front.at(-1);
    if (!last || signY * point.y < signY * last.y || (point.x === last.x && point.y === last.y)) front.push(point);
  }
  return front.sort((a, b) => a.x - b.x);
}

/**
 * The front as a line in steps: what it dominates lies on one side of it.
 * @param {Point[]} front
 * @param {string | undefined} across the direction of x
 * @param {import("./tokens.js").Palette} palette
 */
export function frontTrace(front, across, palette) {
  return {
    type: "scatter", mode: "lines", hoverinfo: "skip", x: front.map(({ x }) => x), y: front.map(({ y }) => y),
    line: { color: palette("text3"), width: 1, dash: "4px,3px", shape: across === "lower" ? "hv" : "vh" },
  };
}

/**
 * Say in the caption which runs are on the front of some points, by name if they are few.
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {Point[]} front
 * @param {Point[]} points
 */
export function tellFront(chart, { island }, front, points) {
  const finished = points.every(({ position }) => isWhole(island.run(position))) ? "" : "finished ";
  const names = front.map(({ position }) => showText(island.run(position)?.label ?? ""));
  const isNamed = names.length > 0 && names.length <= MOST_NAMED;
  const isOne = new Set(front.map(({ x, y }) => `${x} ${y}`)).size < 2;
  const alone = isNamed ? `No ${finished}run is better on either metric than ${names.join(" or ")}.` : "";
  const several = `Dashed: the Pareto front, ${formatCount(names.length)} ${finished}runs that no other dominates${isNamed ? `: ${names.join(", ")}` : ""}.`;
  slotOf(chart, "front").textContent = isOne ? alone : several;
}
