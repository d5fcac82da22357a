// The one state of the page. It is read from the URL fragment, every change is written back to it, and whoever depends
// on a field is called when that field changes.

import { decodeState, encodeState, isAnchorOnly } from "../fragment.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {keyof State} FieldName */
/** @typedef {{ fields: FieldName[], listener: (state: State) => void }} Subscription */

export class Store {
  /** @type {Subscription[]} */
  #subscriptions = [];
  #isWhole = true;

  /** @param {(message: string) => void} announce */
  constructor(announce) {
    this.announce = announce;
    /** @type {State} */
    this.state = decodeState(window.location.hash);
    window.addEventListener("hashchange", () => this.#adopt());
  }

  /**
   * Call the listener whenever one of the fields changes.
   * @param {FieldName[]} fields
   * @param {(state: State) => void} listener
   */
  subscribe(fields, listener) {
    this.#subscriptions.push({ fields, listener });
  }

  /** @param {Partial<State>} change */
  update(change) {
    this.#replace({ ...this.state, ...change });
    this.#write();
  }

  /** A fragment that came from outside: a link inside the page keeps the state, anything else replaces it. */
  #adopt() {
    const { hash } = window.location;
    const next = decodeState(hash);
    if (isAnchorOnly(hash)) {
      this.#replace({ ...this.state, anchor: next.anchor });
      this.#write();
    } else {
      this.#replace(next);
    }
  }

  /** @param {State} next */
  #replace(next) {
    const before = this.state;
    this.state = next;
    /** @param {FieldName} field */
    const hasChanged = (field) => !isSame(before[field], next[field]);
    for (const { fields, listener } of this.#subscriptions) {
      if (fields.some(hasChanged)) listener(this.state);
    }
  }

  #write() {
    const { fragment, isWhole } = encodeState(this.state);
    try {
      window.history.replaceState(null, "", `#${fragment}`);
    } catch {
      return; // a sandboxed frame has no address to write to; the page works without
    }
    if (!isWhole && this.#isWhole) {
      this.announce("The address has no room for all of this; a reload keeps the rest.");
    }
    this.#isWhole = isWhole;
  }
}

/**
 * Keep the text of a field and that of the state in step.
 * @param {Store} store
 * @param {HTMLInputElement} input
 * @param {"search" | "expression"} name
 */
export function fillFrom(store, input, name) {
  const fill = () => {
    if (input.value !== store.state[name]) input.value = store.state[name];
  };
  store.subscribe([name], fill);
  fill();
}

/** @param {unknown} left @param {unknown} right */
function isSame(left, right) {
  if (left === right) return true;
  /** @param {unknown} value */
  const plain = (value) => JSON.stringify(value instanceof Map ? [...value] : value);
  return plain(left) === plain(right);
}
