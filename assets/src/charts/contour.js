// A contour chart: one metric over two numeric columns, as bands between round levels on the triangles through the
// runs. Our own SVG: plotly's heat maps and contours need image data and style attributes that the CSP forbids.

import { svg } from "../dom.js";
import { formatTick } from "../format/numbers.js";
import { showText } from "../format/text.js";
import { axisColumns, chosenColumns, isSeed, keyText } from "./axes.js";
import { chartedRuns, entitle } from "./context.js";
import { shorten } from "./layout.js";
import { axisTitle } from "./points.js";
import { scaleOf } from "./scale.js";
import { band, levels, surface, triangulate } from "./triangles.js";

/** @typedef {import("./triangles.js").Point} Point */

const HEIGHT = 280;
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 76, 10, 42];
const BANDS = 7;
const MOST_POINTS = 600;
const LEAST_SURFACE = 0.03; // of the square: less is nearly a line
const MOST_TRIED = 8;
const MOST_RUNS_TRIED = 1_000;

/**
 * The columns across, up, and the metric that is coloured.
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 */
export function contourColumns({ island }, choice) {
  const { metrics, varied } = axisColumns(island);
  const numeric = [...varied, ...metrics.slice(1)].filter(({ isNumeric, size }) => isNumeric && size > 1);
  const tried = numeric.filter((column) => !isSeed(column)).slice(0, MOST_TRIED);
  const pair = mostTelling(tried.filter(({ section }) => section === "params")) ?? mostTelling(tried);
  return chosenColumns(island, choice.axes, pair ? [...pair, metrics[0]] : []);
}

/**
 * The two columns in which the runs stand at the most different places; none where they only make a line, or two of them
 * with a made-up surface between. Of many runs some, evenly chosen, tell: looking at 10,000 of them for every two columns
 * took a third of the time to open the page.
 * @param {import("../data/column.js").Column[]} columns
 */
function mostTelling(columns) {
  let best = null;
  let most = 3;
  const count = columns[0]?.codes.length ?? 0;
  const positions = Array.from({ length: Math.min(count, MOST_RUNS_TRIED) },
    (_, place) => Math.floor((place * count) / Math.min(count, MOST_RUNS_TRIED)));
  columns.forEach((across, at) => columns.slice(at + 1).forEach((up) => {
    const places = new Map(positions.flatMap((position) => {
      const [x, y] = [across.number(position), up.number(position)];
      return (across.codes[position] ?? -1) >= 0 && Number.isFinite(x) && Number.isFinite(y) ? [[`${x} ${y}`, { x, y, z: 0 }]] : [];
    }));
    const [xs, ys] = [new Set([...places.values()].map(({ x }) => x)), new Set([...places.values()].map(({ y }) => y))];
    if (places.size <= most || xs.size < 3 || ys.size < 3) return;
    if (surface(unit([...places.values()])) < LEAST_SURFACE) return;
    [best, most] = [[across, up], places.size];
  }));
  return /** @type {import("../data/column.js").Column[] | null} */ (best);
}

/** Points moved into the unit square. @param {Point[]} points */
function unit(points) {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, bottom] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left || 1, Math.max(...ys) - bottom || 1];
  return points.slice(0, MOST_POINTS).map(({ x, y, z }) => ({ x: (x - left) / width, y: (y - bottom) / height, z }));
}

/** Points in the unit square, runs at one place averaged. @param {Point[]} points */
function gathered(points) {
  /** @type {Map<string, Point & { n: number }>} */
  const places = new Map();
  for (const { x, y, z } of points) {
    const name = `${x.toFixed(6)},${y.toFixed(6)}`;
    const known = places.get(name) ?? { x, y, z: 0, n: 0 };
    known.z = (known.z * known.n + z) / (known.n + 1);
    known.n += 1;
    places.set(name, known);
  }
  return [...places.values()].slice(0, MOST_POINTS);
}

/**
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 * @returns {import("./context.js").Drawn}
 */
export function drawContour(chart, context, choice) {
  const { island } = context;
  const { colors, positions } = context.view();
  const [across, up, metric] = contourColumns(context, choice);
  const nothing = { highlight() {}, dispose() {} };
  if (!across || !up || !metric) return nothing;
  const runs = chartedRuns(context);
  const [xScale, yScale] = [scaleOf(across, runs), scaleOf(up, runs)];
  const placed = runs.flatMap((position) => {
    const [x, y, z] = [xScale.place(position), yScale.place(position), metric.number(position)];
    return x === null || y === null || !Number.isFinite(z) ? [] : [{ position, x, y, z }];
  });
  const width = Math.max(280, chart.host.clientWidth);
  /** @param {{ x: number, y: number }} point */
  const at = ({ x, y }) => [LEFT + x * (width - LEFT - RIGHT), HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM)];
  const root = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, class: "contour" });
  const points = gathered(placed);
  const marks = levels(Math.min(...points.map(({ z }) => z)), Math.max(...points.map(({ z }) => z)), BANDS);
  for (const triangle of triangulate(points)) {
    const corners = /** @type {Point[]} */ (triangle.map((index) => points[index]));
    for (let level = 0; level + 1 < marks.length; level++) {
      const polygon = band(corners, marks[level] ?? 0, marks[level + 1] ?? 0);
      if (polygon.length < 3) continue;
      const d = polygon.map((point) => at(point).map((value) => value.toFixed(1)).join(" ")).join("L");
      root.append(svg("path", { class: "band", "data-band": shade(level, marks.length - 1), d: `M${d}Z` }));
    }
  }
  const [left = 0, bottom = 0] = at({ x: 0, y: 0 });
  if (!root.querySelector(".band")) {
    root.append(svg("text", { class: "pc-hint", x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, "Too few runs have different values of both for a surface"));
  }
  root.append(
    ...xScale.ticks.map((tick) => svg("text", { class: "pc-tick", x: at({ x: tick.at, y: 0 })[0], y: bottom + 16, "text-anchor": "middle" }, shorten(tick.text, 12))),
    ...yScale.ticks.map((tick) => svg("text", { class: "pc-tick", x: left - 8, y: (at({ x: 0, y: tick.at })[1] ?? 0) + 4, "text-anchor": "end" }, shorten(tick.text, 8))),
    svg("text", { class: "pc-hint", x: (left + width - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, axisTitle(across, island)),
    svg("text", { class: "pc-hint", x: 12, y: (TOP + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(TOP + bottom) / 2})` }, axisTitle(up, island)),
    ...legend(marks, width),
    ...placed.map(({ position, x, y }) => {
      const [cx, cy] = at({ x, y });
      const isCompared = positions.includes(position);
      return svg("circle", { class: "contour-run", cx, cy, r: isCompared ? 5 : 3, "data-position": position, "data-color": isCompared ? (colors.get(position) ?? null) : null },
        svg("title", {}, `${showText(island.run(position)?.name ?? "")}: ${metric.cell(position).value}`));
    }));
  chart.host.replaceChildren(root);
  entitle(chart, context, `${keyText(metric)} over ${keyText(across)} and ${keyText(up)}`, placed.length);
  chart.host.dataset.points = String(placed.length);
  return nothing;
}

/**
 * The shade of a band, 0 … 7.
 * @param {number} level
 * @param {number} count
 */
function shade(level, count) {
  return count < 2 ? 4 : Math.round((level / (count - 1)) * 7);
}

/**
 * @param {number[]} marks
 * @param {number} width
 */
function legend(marks, width) {
  const count = marks.length - 1;
  const step = Math.min(24, (HEIGHT - TOP - BOTTOM) / Math.max(1, count));
  return marks.flatMap((mark, level) => {
    const y = HEIGHT - BOTTOM - level * step;
    return [
      level < count && svg("rect", { class: "band", "data-band": shade(level, count), x: width - RIGHT + 16, y: y - step, width: 10, height: step }),
      svg("text", { class: "pc-tick", x: width - RIGHT + 32, y: y + 4 }, formatTick(mark)),
    ];
  }).filter((node) => node !== false);
}
