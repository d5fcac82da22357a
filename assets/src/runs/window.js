// Shows only the rows near the view of a long table. Rows are keyed by run, so that a row that stays keeps its nodes,
// its focus and its selection while others come and go around it.

import { html, oncePerFrame } from "../dom.js";

const ROW_HEIGHT = 28;
const AHEAD = 8;

/**
 * @typedef {object} WindowOptions
 * @property {HTMLElement} frame what scrolls
 * @property {HTMLTableSectionElement} body
 * @property {(position: number) => HTMLTableRowElement} makeRow
 * @property {() => void} scrolled called when the rows follow the scroll position
 */

export class RowWindow {
  /** @type {number[]} */
  #order = [];
  /** @type {Map<number, HTMLTableRowElement>} */
  #rows = new Map();
  #isWindowed = false;
  #isStale = false;
  #first = -1;
  #last = -1;
  #above = html("tr", { class: "spacer", "aria-hidden": "true" }, html("td", {}));
  #below = html("tr", { class: "spacer", "aria-hidden": "true" }, html("td", {}));
  #options;

  /** @param {WindowOptions} options */
  constructor(options) {
    this.#options = options;
    options.frame.addEventListener("scroll", oncePerFrame(() => {
      if (!this.#isWindowed) return;
      this.#slide();
      options.scrolled();
    }), { passive: true });
  }

  /** Forget all rows: their cells have changed. They leave the page when new ones come. */
  clear() {
    this.#rows.clear();
    this.#isStale = true;
    this.#first = -1;
  }

  /** The rows that exist. */
  get rows() {
    return this.#rows;
  }

  /**
   * @param {number[]} order
   * @param {boolean} isWindowed
   */
  show(order, isWindowed) {
    this.#order = order;
    this.#first = -1;
    if (isWindowed !== this.#isWindowed) this.#options.body.replaceChildren();
    this.#isWindowed = isWindowed;
    if (isWindowed) {
      this.#slide();
      return;
    }
    this.#isStale = false;
    this.#options.body.replaceChildren(...order.map((position) => this.#row(position)));
  }

  /** @param {number} position */
  #row(position) {
    const known = this.#rows.get(position);
    if (known) return known;
    const made = this.#options.makeRow(position);
    this.#rows.set(position, made);
    return made;
  }

  /** Bring the rows around the scroll position in. */
  #slide() {
    const { frame, body } = this.#options;
    const head = /** @type {HTMLElement | null} */ (body.parentElement?.querySelector("thead"))?.offsetHeight ?? 0;
    const top = Math.max(0, frame.scrollTop);
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - AHEAD);
    // An empty frame is low: the style sheet lets it grow to this.
    const height = Math.max(frame.clientHeight, Math.min(window.innerHeight * 0.76, 900));
    const last = Math.min(this.#order.length, Math.ceil((top + height - head) / ROW_HEIGHT) + AHEAD);
    if (first === this.#first && last === this.#last) return;
    [this.#first, this.#last] = [first, last];
    const wanted = this.#order.slice(first, last);
    const kept = new Set(wanted);
    for (const [position, row] of this.#rows) {
      if (kept.has(position)) continue;
      row.remove();
      this.#rows.delete(position);
    }
    this.#above.style.height = `${first * ROW_HEIGHT}px`;
    this.#below.style.height = `${(this.#order.length - last) * ROW_HEIGHT}px`;
    if (this.#isStale || this.#above.parentElement !== body) body.replaceChildren(this.#above, this.#below);
    /** @type {Element} */
    let place = this.#above;
    wanted.forEach((position, index) => {
      const row = this.#row(position);
      row.setAttribute("aria-rowindex", String(first + index + 3));
      if (place.nextElementSibling !== row) place.after(row);
      place = row;
    });
    // A body that was low for a moment has let the frame slip.
    if (this.#isStale && frame.scrollTop !== top) frame.scrollTop = top;
    this.#isStale = false;
  }
}
