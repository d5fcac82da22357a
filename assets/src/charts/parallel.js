// Parallel coordinates, our own SVG: plotly's need WebGL, took 14 s for 1,000 lines without a GPU, and misplace missing
// values. Here these have a lane of their own. All runs that are not compared are a few paths, so 10,000 of them are
// cheap; the paths are translucent: where many lines run, they add up.

import { svg } from "../dom.js";
import { showText } from "../format/text.js";
import { chosenColumns, keyText } from "./axes.js";
import { Brushes } from "./brush.js";
import { shorten } from "./layout.js";
import { runMark } from "./marks.js";
import { scaleOf } from "./scale.js";

/** @typedef {import("../data/column.js").Column} Column */
/** @typedef {{ column: Column, scale: import("./scale.js").Scale, x: number, isFlipped: boolean }} Axis */

const HEIGHT = 300;
const [TOP, BOTTOM, LANE, LEFT, RIGHT] = [58, 252, 280, 94, 62]; // to the left stand the ticks
const MOST_TICKS = 8;
const LAYERS = 24;

/**
 * The columns of the chart: the reader's, else the server's.
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 */
export function parallelColumns({ island }, choice) {
  return choice.axes ? chosenColumns(island, choice.axes, []) : island.axes;
}

/** @param {Axis} axis @param {number} position */
function yOf({ scale, isFlipped }, position) {
  const at = scale.place(position);
  if (at === null) return LANE;
  return isFlipped ? TOP + at * (BOTTOM - TOP) : BOTTOM - at * (BOTTOM - TOP);
}

/** @param {Axis[]} axes @param {number} position */
function pathOf(axes, position) {
  return axes.map((axis, at) => `${at ? "L" : "M"}${axis.x.toFixed(1)} ${yOf(axis, position).toFixed(1)}`).join("");
}

/** @param {Axis} axis @param {import("../data/island.js").Island} island @param {number} gap */
function drawAxis({ column, scale, x, isFlipped }, island, gap) {
  const meaning = column.section === "metrics" ? island.meanings.get(column.key) : undefined;
  const hint = meaning?.direction ? "better ↑" : scale.isLog ? "log" : "";
  const ticks = scale.ticks.length > MOST_TICKS ? scale.ticks.filter((_, at) => at % Math.ceil(scale.ticks.length / MOST_TICKS) === 0) : scale.ticks;
  return svg("g", { class: "pc-axis" },
    svg("title", {}, keyText(column)),
    svg("text", { class: "pc-name", x, y: 14, "text-anchor": "middle" }, shorten(keyText(column), Math.min(16, Math.floor((gap - 8) / 7.6)))),
    hint && svg("text", { class: "pc-hint", x, y: 28, "text-anchor": "middle" }, hint),
    svg("line", { class: "pc-line", x1: x, x2: x, y1: TOP, y2: BOTTOM }),
    ...ticks.map(({ at, text }) => svg("text", {
      class: "pc-tick", x: x - 6, y: (isFlipped ? TOP + at * (BOTTOM - TOP) : BOTTOM - at * (BOTTOM - TOP)) - 5, "text-anchor": "end",
    }, shorten(text, 12))));
}

/**
 * @param {import("./context.js").Chart} chart
 * @param {import("./context.js").ChartContext} context
 * @param {import("./context.js").Choice} choice
 * @returns {import("./context.js").Drawn}
 */
export function drawParallel(chart, context, choice) {
  const { island } = context;
  const { positions, colors } = context.view();
  const runs = island.runs.map((_, position) => position);
  const columns = parallelColumns(context, choice);
  const width = Math.max(chart.host.clientWidth, LEFT + RIGHT + (columns.length - 1) * 92);
  const gap = columns.length > 1 ? (width - LEFT - RIGHT) / (columns.length - 1) : 0;
  /** @type {Axis[]} */
  const axes = columns.map((column, at) => {
    const scale = scaleOf(column, runs);
    // Better is up on every axis; texts read downwards.
    const isLower = column.section === "metrics" && island.meanings.get(column.key)?.direction === "lower";
    return { column, scale, x: LEFT + at * gap, isFlipped: scale.isCategorical || isLower };
  });
  const hasNan = columns.some((column) => column.isNumeric && !column.isFinite);
  const faint = svg("path", { class: "pc-other pc-faint" });
  const rest = runs.filter((position) => !positions.includes(position));
  const layers = Array.from({ length: Math.min(LAYERS, rest.length) }, () => svg("path", { class: "pc-other" }));
  // The more lines, the less each covers.
  const clear = svg("g", { "stroke-opacity": Math.max(0.07, Math.min(0.45, 10 / rest.length)) }, ...layers);
  const own = positions.filter((position) => colors.has(position)).reverse().map((position) =>
    svg("g", { class: "pc-run", "data-color": colors.get(position), "data-position": position },
      svg("title", {}, showText(island.run(position)?.name ?? "")),
      svg("path", { d: pathOf(axes, position) }),
      ...axes.map((axis) => runMark(axis.x, yOf(axis, position), colors.get(position) ?? 0))));
  const root = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, class: "pc" },
    svg("rect", { class: "pc-lane", x: 0, y: LANE - 10, width, height: 20 }),
    svg("text", { class: "pc-tick", x: 4, y: LANE + 4 }, hasNan ? "missing, NaN" : "missing"),
    faint, clear, ...axes.map((axis) => drawAxis(axis, island, gap || width)), svg("g", {}, ...own));
  const brushes = new Brushes({ root, axes, ranges: chart.ranges, top: TOP, bottom: BOTTOM, announce: context.announce, changed: paint });

  function paint() {
    const isOpen = (/** @type {number} */ position) => axes.every((axis, at) => brushes.holds(at, yOf(axis, position)));
    // Neighbours in the order of the runs are often alike: dealt out, they add up.
    layers.forEach((layer, at) => layer.setAttribute("d",
      rest.filter((position, place) => place % layers.length === at && isOpen(position)).map((position) => pathOf(axes, position)).join("")));
    faint.setAttribute("d", rest.filter((position) => !isOpen(position)).map((position) => pathOf(axes, position)).join(""));
    for (const path of own) path.classList.toggle("pc-out", !isOpen(Number(path.dataset.position)));
    return runs.filter(isOpen).length;
  }

  paint();
  chart.host.replaceChildren(root);
  chart.host.dataset.lines = String(runs.length);
  return {
    highlight(position) {
      root.classList.toggle("pc-dimmed", position !== null && positions.includes(position));
    },
    dispose() {},
  };
}
