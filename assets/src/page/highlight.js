// The run under the pointer or the focus stands out wherever it is shown.

import { all } from "../dom.js";

/** @typedef {(position: number | null) => void} Highlighter */

/** Whoever draws runs without elements of their own (charts) joins here. */
export class Highlights {
  /** @type {Set<Highlighter>} */
  #listeners = new Set();
  /** @type {number | null} */
  #current = null;

  constructor() {
    /** @param {Event} event */
    const follow = (event) => {
      const target = event.target instanceof Element ? event.target.closest("[data-position]") : null;
      this.set(target instanceof HTMLElement || target instanceof SVGElement ? Number(target.dataset.position) : null);
    };
    document.addEventListener("pointerover", follow, { passive: true });
    document.addEventListener("focusin", follow);
    document.documentElement.addEventListener("pointerleave", () => this.set(null));
  }

  /** @param {Highlighter} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** @param {number | null} position */
  set(position) {
    if (position === this.#current) return;
    this.#current = position;
    for (const node of all("[data-highlight]")) delete node.dataset.highlight;
    if (position !== null) {
      for (const node of all(`[data-position="${position}"]`)) node.dataset.highlight = "";
    }
    for (const listener of this.#listeners) listener(position);
  }
}
