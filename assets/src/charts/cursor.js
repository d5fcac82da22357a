// The cursor of a line chart: a hairline at one step, and a box with every run's value there, sorted by value. The
// pointer moves it, and so do the arrow keys when the chart has the focus; then it is also said aloud.

import { html, svg } from "../dom.js";
import { swatch } from "./context.js";
import { attachReader } from "./reading.js";

/** @typedef {import("./plotly.js").Graph} Graph */
/**
 * @typedef {object} Curve
 * @property {number} position
 * @property {string} label
 * @property {number | null} color
 * @property {Float64Array | number[]} x
 * @property {ArrayLike<number>} y
 */
/**
 * @typedef {object} CursorOptions
 * @property {Curve[]} curves
 * @property {(x: number) => string} formatX
 * @property {(values: (number | null)[]) => string[]} formatValues
 * @property {(message: string) => void} announce
 */

const MOST_ROWS = 14;

/**
 * Index of the point nearest to x, the first of equally near ones; -1 where there is none. Times need not be sorted, since
 * a clock may have been set back, and a point may have none.
 * @param {ArrayLike<number>} places
 * @param {number} x
 */
function nearest(places, x) {
  let [best, least] = [-1, Infinity];
  for (let at = 0; at < places.length; at++) {
    const distance = Math.abs((places[at] ?? Number.NaN) - x);
    if (distance < least) [best, least] = [at, distance];
  }
  return best;
}

/** Whether x is between the first and the last of the places. @param {Float64Array | number[]} places @param {number} x */
const reaches = (places, x) => places.some((place) => place <= x) && places.some((place) => place >= x);

/**
 * Where all curves are near x: the x they are read at, and each curve that reaches there, the largest value first.
 * @param {Curve[]} curves
 * @param {number} x
 */
export function readAt(curves, x) {
  /** @type {number | null} */
  let at = null;
  for (const { x: xs } of curves) {
    const own = xs[nearest(xs, x)];
    if (own !== undefined && (at === null || Math.abs(own - x) < Math.abs(at - x))) at = own;
  }
  if (at === null) return null;
  const place = at;
  const rows = curves.flatMap((curve) => {
    const { x: xs, y } = curve;
    if (!reaches(xs, place)) return [];
    const index = nearest(xs, place);
    return [{ curve, x: xs[index] ?? 0, y: y[index] ?? Number.NaN }];
  });
  rows.sort((a, b) => (Number.isNaN(a.y) ? 1 : 0) - (Number.isNaN(b.y) ? 1 : 0) || b.y - a.y);
  return { x: place, rows };
}

/**
 * Put a cursor on a drawn chart. Returns what takes it off again.
 * @param {HTMLElement} host
 * @param {Graph} graph
 * @param {CursorOptions} options
 */
export function attachCursor(host, graph, options) {
  const line = svg("line", { class: "cursor-line" });
  const dots = svg("g", {});
  const overlay = svg("svg", { class: "cursor-overlay", "aria-hidden": "true" }, line, dots);
  const box = html("div", { class: "hover-box", "aria-hidden": "true", hidden: true });
  /** @type {number | null} */
  let current = null;

  const axes = () => ({ x: graph._fullLayout?.xaxis, y: graph._fullLayout?.yaxis });

  function hide() {
    current = null;
    overlay.classList.remove("shown");
    box.hidden = true;
  }

  /** @param {number} x */
  function show(x) {
    const found = readAt(options.curves, x);
    const { x: xAxis, y: yAxis } = axes();
    if (!found || !xAxis || !yAxis) return null;
    current = found.x;
    const left = xAxis._offset + xAxis.l2p(xAxis.d2l(found.x));
    line.setAttribute("x1", String(left));
    line.setAttribute("x2", String(left));
    line.setAttribute("y1", String(yAxis._offset));
    line.setAttribute("y2", String(yAxis._offset + yAxis._length));
    dots.replaceChildren();
    for (const { curve, x: own, y } of found.rows) {
      const top = yAxis.l2p(yAxis.d2l(y));
      if (!Number.isFinite(top) || top < -1 || top > yAxis._length + 1) continue;
      const cx = xAxis._offset + xAxis.l2p(xAxis.d2l(own));
      dots.append(svg("circle", { cx, cy: yAxis._offset + top, r: 3.2, "data-color": curve.color }));
    }
    overlay.classList.add("shown");
    fill(found);
    place(left);
    return found;
  }

  /** @param {NonNullable<ReturnType<typeof readAt>>} found */
  function fill(found) {
    const values = options.formatValues(found.rows.map(({ y }) => y));
    const rows = found.rows.slice(0, MOST_ROWS).map(({ curve, x }, index) =>
      html("div", { class: "hover-row", "data-color": curve.color },
        swatch(curve.color),
        html("span", { class: "hover-name" }, curve.label, x === found.x ? null : html("small", {}, ` at ${options.formatX(x)}`)),
        html("span", { class: "hover-value" }, values[index] ?? "")));
    const more = found.rows.length - rows.length;
    box.replaceChildren(
      html("div", { class: "hover-head" }, options.formatX(found.x)),
      ...rows,
      ...(more > 0 ? [html("div", { class: "hover-head" }, `and ${more} more`)] : []));
  }

  /** Beside the line, on the side where there is room. @param {number} left */
  function place(left) {
    box.hidden = false;
    const width = box.offsetWidth;
    const isRight = left + 14 + width <= host.clientWidth || left < host.clientWidth / 2;
    box.style.left = `${Math.round(isRight ? left + 14 : Math.max(0, left - 14 - width))}px`;
    box.style.top = "4px";
  }

  /** @param {PointerEvent} event */
  function follow(event) {
    const { x: xAxis, y: yAxis } = axes();
    if (!xAxis || !yAxis || event.buttons !== 0) return hide();
    const frame = host.getBoundingClientRect();
    const [left, top] = [event.clientX - frame.left - xAxis._offset, event.clientY - frame.top - yAxis._offset];
    if (left < -4 || left > xAxis._length + 4 || top < 0 || top > yAxis._length) return hide();
    show(xAxis.l2d(xAxis.p2l(left)));
  }

  /** All places where any curve has a point. */
  const places = () => [...new Set(options.curves.flatMap(({ x }) => Array.from(x)).filter(Number.isFinite))].sort((a, b) => a - b);

  /** @param {KeyboardEvent} event */
  function step(event) {
    if (event.target !== host) return;
    if (event.key === "Escape") return hide();
    const all = places();
    const index = current === null ? -1 : all.indexOf(current);
    const big = Math.max(1, Math.round(all.length / 10));
    /** @type {Map<string, number>} */
    const moves = new Map([
      ["ArrowRight", index + 1], ["ArrowLeft", index < 0 ? all.length - 1 : index - 1],
      ["PageDown", index + big], ["PageUp", index - big], ["Home", 0], ["End", all.length - 1]]);
    const next = moves.get(event.key);
    if (next === undefined || all.length === 0) return;
    event.preventDefault();
    const found = show(all[Math.min(all.length - 1, Math.max(0, next))] ?? 0);
    if (!found) return;
    const values = options.formatValues(found.rows.map(({ y }) => y));
    const said = found.rows.slice(0, 8).map(({ curve }, at) => `${curve.label} ${values[at]}`);
    options.announce(`${options.formatX(found.x)}: ${said.join(", ")}`);
  }

  return attachReader(host, [overlay, box], { follow, step, hide });
}
