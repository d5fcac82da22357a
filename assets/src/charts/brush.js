// Brushes on the axes of parallel coordinates: drag along an axis, or give it the focus and use the arrow keys (with
// Shift the range grows), to keep only the runs that pass through. A click or Escape takes it away.

import { svg } from "../dom.js";
import { showText } from "../format/text.js";

/**
 * @typedef {object} BrushOptions
 * @property {SVGSVGElement} root
 * @property {{ x: number, column: { key: string } }[]} axes
 * @property {number} top
 * @property {number} bottom
 * @property {(message: string) => void} announce
 * @property {() => number} changed repaints, and returns how many runs are left
 */
/** @typedef {[number, number]} Range in pixels, upper end first */

const STEP = 0.05;

export class Brushes {
  /** @type {(Range | null)[]} */
  #ranges;
  #options;
  /** @type {{ target: SVGElement, bar: SVGElement }[]} */
  #nodes = [];

  /** @param {BrushOptions} options */
  constructor(options) {
    this.#options = options;
    this.#ranges = options.axes.map(() => null);
    options.axes.forEach((axis, at) => this.#add(axis, at));
  }

  /**
   * @param {number} at
   * @param {number} y
   */
  holds(at, y) {
    const range = this.#ranges[at];
    return !range || (y >= range[0] - 0.5 && y <= range[1] + 0.5);
  }

  /** @param {{ x: number, column: { key: string } }} axis @param {number} at */
  #add({ x, column }, at) {
    const { root, top, bottom } = this.#options;
    const bar = svg("rect", { class: "pc-brush", x: x - 6, width: 12, y: top, height: 0 });
    const target = svg("rect", {
      class: "pc-grip", x: x - 14, y: top - 6, width: 28, height: bottom - top + 12, tabindex: 0, role: "slider",
      "aria-orientation": "vertical", "aria-label": `Range of ${showText(column.key)}`,
      "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 100, "aria-valuetext": "all runs",
    });
    this.#nodes.push({ target, bar });
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
    target.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} moved */
    const follow = (moved) => this.#set(at, [Math.min(from, yOf(moved)), Math.max(from, yOf(moved))], false);
    target.addEventListener("pointermove", follow);
    target.addEventListener("pointerup", (ended) => {
      target.removeEventListener("pointermove", follow);
      const size = Math.abs(yOf(ended) - from);
      this.#set(at, size < 3 ? null : [Math.min(from, yOf(ended)), Math.max(from, yOf(ended))], true);
    }, { once: true });
  }

  /** @param {KeyboardEvent} event @param {number} at */
  #key(event, at) {
    const { top, bottom } = this.#options;
    const length = bottom - top;
    const [high, low] = this.#ranges[at] ?? [top, bottom];
    const move = event.key === "ArrowUp" ? -STEP * length : event.key === "ArrowDown" ? STEP * length : 0;
    if (event.key === "Escape" || event.key === "Delete") this.#set(at, null, true);
    else if (move === 0) return;
    else if (event.shiftKey) this.#set(at, [Math.max(top, high + Math.min(0, move)), Math.min(bottom, low + Math.max(0, move))], true);
    else if (!this.#ranges[at]) this.#set(at, move < 0 ? [top, top + length / 4] : [bottom - length / 4, bottom], true);
    else {
      const shift = Math.max(top - high, Math.min(bottom - low, move));
      this.#set(at, [high + shift, low + shift], true);
    }
    event.preventDefault();
  }

  /** @param {number} at @param {Range | null} range @param {boolean} isSaid */
  #set(at, range, isSaid) {
    this.#ranges[at] = range;
    const node = this.#nodes[at];
    const { top, bottom } = this.#options;
    const [high, low] = range ?? [top, top];
    node?.bar.setAttribute("y", String(high));
    node?.bar.setAttribute("height", String(low - high));
    /** @param {number} y */
    const percent = (y) => Math.round(((bottom - y) / (bottom - top)) * 100);
    node?.target.setAttribute("aria-valuetext", range ? `${percent(low)} to ${percent(high)} % of the axis` : "all runs");
    node?.target.setAttribute("aria-valuenow", String(range ? percent(high) : 100));
    const left = this.#options.changed();
    if (isSaid) this.#options.announce(`${left} runs in the brushed ranges`);
  }
}
