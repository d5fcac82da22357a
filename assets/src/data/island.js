// The data of the page: one JSON block, columnar and dictionary-encoded. Keys of records are values in it, never
// property names, so `__proto__` is a key like any other.

import { numberOf } from "./numbers.js";

/**
 * @typedef {object} Run
 * @property {string} id
 * @property {string} name
 * @property {string} label
 * @property {string} experiment
 * @property {string} status
 * @property {string} state
 * @property {string} user
 * @property {number | null} color
 * @property {number | null} start microseconds since the epoch
 * @property {number | null} end
 * @property {string} [source] the tracker, where the runs are of several
 */
/** @typedef {{ section: string, key: string, guards?: string, t: number[], v: string[], i: number[], long?: [number, string | null][] }} PackedColumn */
/**
 * @typedef {object} Meaning
 * @property {string} key
 * @property {string} direction
 * @property {string} origin
 * @property {string} unit
 * @property {string} tolerance as recorded
 * @property {boolean} [training] measured on the training data
 * @property {string} [limit] the tolerance that was judged by, where it is another
 */
/**
 * One value. Of a long one, `short` is how it is shown; where `isCut`, the page has no more of it than that.
 * @typedef {{ type: string, value: string, short?: string, isCut?: boolean }} Cell
 */
/** @typedef {{ key: string, run: number, x: number[], low: (number | null)[], high: (number | null)[] }} Band */
/**
 * What the runs that are no columns do in one metric: how far they reach, where the middle half of them is, and which of
 * them are the best and the worst.
 * @typedef {object} Rest
 * @property {string} key
 * @property {{ run: number, word: string }[]} ends
 * @property {number} [runs]
 * @property {number[]} [x]
 * @property {number[]} [low]
 * @property {number[]} [high]
 * @property {number[]} [from]
 * @property {number[]} [to]
 */
/**
 * @typedef {object} Packed
 * @property {string} title
 * @property {Run[]} runs
 * @property {number[]} compared
 * @property {string[]} types
 * @property {PackedColumn[]} columns
 * @property {Meaning[]} metrics
 * @property {import("./series.js").PackedSeries} [series]
 * @property {Band[]} [bands]
 * @property {number[][]} [replicates] positions of runs that repeat each other
 * @property {string} [command]
 * @property {Rest[]} [rests]
 */

const MISSING = Object.freeze({ type: "missing", value: "" });

/** One key of one section with the values of all runs. */
export class Column {
  /** @type {Float64Array | null} */
  #numbers = null;
  /** @type {Cell[]} */
  #cells;

  /**
   * @param {PackedColumn} packed
   * @param {string[]} types
   * @param {number} index
   */
  constructor(packed, types, index) {
    this.section = packed.section;
    this.key = packed.key;
    this.guards = packed.guards ?? ""; // size or steps: what another value makes incomparable
    this.index = index;
    this.codes = packed.i;
    this.#cells = packed.v.map((value, at) => ({ type: types[packed.t[at] ?? 0] ?? "text", value }));
    for (const [code, short] of packed.long ?? []) {
      const cell = this.#cells[code];
      if (cell) Object.assign(cell, { short: short ?? cell.value, isCut: short === null });
    }
  }

  /** The distinct cells; `codes` point into them. */
  get distinct() {
    return this.#cells;
  }

  /**
   * @param {number} position
   * @returns {Cell}
   */
  cell(position) {
    return this.#cells[this.codes[position] ?? -1] ?? MISSING;
  }

  /**
   * The value of a run as a double; NaN also stands for "no number", which `cell` tells apart.
   * @param {number} position
   */
  number(position) {
    if (this.#numbers === null) {
      const distinct = this.#cells.map(({ type, value }) => numberOf(type, value) ?? Number.NaN);
      this.#numbers = Float64Array.from(this.codes, (code) => distinct[code] ?? Number.NaN);
    }
    return this.#numbers[position] ?? Number.NaN;
  }

  /** True where every value there is can be put on a number line. */
  get isNumeric() {
    return this.#cells.length > 0 && this.#cells.every(({ type, value }) => numberOf(type, value) !== null);
  }
}

/** The whole comparison as the page carries it. */
export class Island {
  /** @param {Packed} packed */
  constructor(packed) {
    this.title = packed.title;
    this.runs = packed.runs;
    this.compared = packed.compared;
    this.columns = packed.columns.map((column, index) => new Column(column, packed.types, index));
    this.series = packed.series ?? null;
    this.bands = packed.bands ?? [];
    this.replicates = packed.replicates ?? [];
    this.command = packed.command ?? "";
    this.rests = packed.rests ?? [];
    /** @type {Map<string, Meaning>} */
    this.meanings = new Map(packed.metrics.map((meaning) => [meaning.key, meaning]));
    /** @type {Map<string, Map<string, Column>>} */
    this.sections = new Map();
    for (const column of this.columns) {
      const section = this.sections.get(column.section) ?? new Map();
      this.sections.set(column.section, section.set(column.key, column));
    }
  }

  /**
   * @param {string} section
   * @param {string} key
   */
  column(section, key) {
    return this.sections.get(section)?.get(key) ?? null;
  }

  /** @param {number} position */
  run(position) {
    return this.runs[position] ?? null;
  }
}

/** Read the island of this page; null where it has none. */
export function readIsland() {
  const text = document.getElementById("data")?.textContent;
  return text ? new Island(JSON.parse(text)) : null;
}
