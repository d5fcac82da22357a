// Brushes on the axes of parallel coordinates: drag along an axis, or give it the focus and use the arrow keys (with
// Shift the range grows), to keep only the runs that pass through. A click or Escape takes it away.

import { drag, svg } from "../dom.js";
import { showText } from "../format/text.js";

/**
 * @typedef {object} BrushOptions
 * @property {SVGSVGElement} root
 * @property {BrushedAxis[]} axes
 * @property {Map<number, Range>} ranges by the number of the column; kept while the chart is drawn anew
 * @property {number} top
 * @property {number} bottom
 * @property {(message: string) => void} announce
 * @property {() => number} changed repaints, and returns how many runs are left
 */
/** @typedef {{ x: number, column: { key: string, index: number } }} BrushedAxis */
/** @typedef {[number, number]} Range in pixels, upper end first */

const STEP = 0.05;

export class Brushes {
  #options;
  /** @type {{ target: SVGElement, bar: SVGElement }[]} */
  #nodes = [];

  /** @param {BrushOptions} options */
  constructor(options) {
    this.#options = options;
    options.axes.forEach((axis, at) => this.#add(axis, at));
  }

  /** @param {number} at @returns {Range | undefined} */
  #range(at) {
    const axis = this.#options.axes[at];
    return axis && this.#options.ranges.get(axis.column.index);
  }

  /**
   * @param {number} at
   * @param {number} y
   */
  holds(at, y) {
    const range = this.#range(at);
    return !range || (y >= range[0] - 0.5 && y <= range[1] + 0.5);
  }

  /** @param {BrushedAxis} axis @param {number} at */
  #add({ x, column }, at) {
    const { root, top, bottom } = this.#options;
    const bar = svg("rect", { class: "pc-brush", x: x - 6, width: 12, y: top, height: 0 });
    const target = svg("rect", {
      class: "pc-grip", x: x - 14, y: top - 6, width: 28, height: bottom - top + 12, tabindex: 0, role: "slider",
      "aria-orientation": "vertical", "aria-label": `Range of ${showText(column.key)}`, "aria-valuemin": 0, "aria-valuemax": 100,
    });
    this.#nodes.push({ target, bar });
    this.#show(at);
    root.append(bar, target);
    target.addEventListener("pointerdown", (event) => this.#drag(event, at));
    target.addEventListener("keydown", (event) => this.#key(event, at));
  }

  /** @param {PointerEvent} event @param {number} at */
  #drag(event, at) {
    const target = this.#nodes[at]?.target;
    if (!target) return;
    const { root, top, bottom } = this.#options;
    const frame = root.getBoundingClientRect();
    const ratio = root.viewBox.baseVal.height / frame.height;
    /** @param {PointerEvent} moved */
    const yOf = (moved) => Math.min(bottom, Math.max(top, (moved.clientY - frame.top) * ratio));
    const from = yOf(event);
    /** @type {Range} */
    let range = [from, from];
    drag(target, event, (moved) => {
      range = [Math.min(from, yOf(moved)), Math.max(from, yOf(moved))];
      this.#set(at, range, false);
    }, () => this.#set(at, range[1] - range[0] < 3 ? null : range, true));
  }

  /** @param {KeyboardEvent} event @param {number} at */
  #key(event, at) {
    const { top, bottom } = this.#options;
    const length = bottom - top;
    const [high, low] = this.#range(at) ?? [top, bottom];
    const move = event.key === "ArrowUp" ? -STEP * length : event.key === "ArrowDown" ? STEP * length : 0;
    if (event.key === "Escape" || event.key === "Delete") this.#set(at, null, true);
    else if (move === 0) return;
    else if (event.shiftKey) this.#set(at, [Math.max(top, high + Math.min(0, move)), Math.min(bottom, low + Math.max(0, move))], true);
    else if (!this.#range(at)) this.#set(at, move < 0 ? [top, top + length / 4] : [bottom - length / 4, bottom], true);
    else {
      const shift = Math.max(top - high, Math.min(bottom - low, move));
      this.#set(at, [high + shift, low + shift], true);
    }
    event.preventDefault();
  }

  /** @param {number} at @param {Range | null} range @param {boolean} isSaid */
  #set(at, range, isSaid) {
    const { axes, ranges, changed, announce } = this.#options;
    const index = axes[at]?.column.index ?? -1;
    if (range) ranges.set(index, range);
    else ranges.delete(index);
    this.#show(at);
    const left = changed();
    if (isSaid) announce(`${left} runs in the brushed ranges`);
  }

  /** @param {number} at */
  #show(at) {
    const node = this.#nodes[at];
    const { top, bottom } = this.#options;
    const range = this.#range(at);
    const [high, low] = range ?? [top, top];
    node?.bar.setAttribute("y", String(high));
    node?.bar.setAttribute("height", String(low - high));
    /** @param {number} y */
    const percent = (y) => Math.round(((bottom - y) / (bottom - top)) * 100);
    node?.target.setAttribute("aria-valuetext", range ? `${percent(low)} to ${percent(high)} % of the axis` : "all runs");
    node?.target.setAttribute("aria-valuenow", String(range ? percent(high) : 100));
  }
}
