// One key of one section with the values of all runs: codes that point into the distinct values, or, where nearly every
// run has a double of its own, the doubles. A page of 10,000 runs has 800,000 cells: an object for each would be half of
// its memory, so cells are made when they are asked for.

import { canonicalNumber, formatFloat, numberOf } from "./numbers.js";
import { bytesOf } from "./series.js";

/**
 * @typedef {object} PackedColumn
 * @property {string} section
 * @property {string} key
 * @property {string} [guards] size or steps: what another value makes incomparable
 * @property {number[]} [t] the types of the distinct values
 * @property {string[]} [v] the distinct values
 * @property {number[]} [i] which of them each run has, or -1
 * @property {[number, string | null][]} [long] how long values are shown; null for one that is cut
 * @property {string} [f] instead of these: doubles in base64, one for each run
 * @property {number[]} [gaps] with them: the runs that have no value
 */
/**
 * One value. Of a long one, `short` is how it is shown; where `isCut`, the page has no more of it than that.
 * @typedef {{ type: string, value: string, short?: string, isCut?: boolean }} Cell
 */

const MISSING = { type: "missing", value: "" };

/** 0, 1, 2, …: the codes of every column of doubles without a gap. @type {Int32Array} */
let counting = new Int32Array(0);

/** @param {number} count */
function countTo(count) {
  if (counting.length !== count) counting = Int32Array.from({ length: count }, (_, at) => at);
  return counting;
}

export class Column {
  /** What there is instead of values. @type {Float64Array | null} */
  #numbers = null;
  /** @type {string[]} */
  #values;
  /** @type {string[]} */
  #types;
  /** @type {number[]} */
  #kinds;
  /** @type {Map<number, string | null>} */
  #long;
  /** @type {boolean | null} */
  #isNumeric = null;

  /**
   * @param {PackedColumn} packed
   * @param {string[]} types
   * @param {number} index
   */
  constructor(packed, types, index) {
    this.section = packed.section;
    this.key = packed.key;
    this.guards = packed.guards ?? "";
    this.index = index;
    this.#types = types;
    this.#kinds = packed.t ?? [];
    this.#values = packed.v ?? [];
    if (packed.f) this.#numbers = new Float64Array(bytesOf(packed.f).buffer);
    this.#long = new Map(packed.long);
    /** How many distinct values there are; of doubles, equal ones may count twice. */
    this.size = (this.#numbers ?? this.#values).length;
    /** Which of them each run has, or -1. @type {Int32Array} */
    this.codes = packed.i ? Int32Array.from(packed.i) : countTo(this.size);
    if (packed.gaps) {
      this.codes = this.codes.slice();
      for (const position of packed.gaps) this.codes[position] = -1;
    }
  }

  /** Whether there are only doubles. */
  get isDoubles() {
    return this.#numbers !== null;
  }

  /** Whether every value is a number of some size. */
  get isFinite() {
    return this.every((code) => Number.isFinite(this.numberAt(code)));
  }

  /** @param {number} code */
  typeAt(code) {
    return this.isDoubles ? "float" : (this.#types[this.#kinds[code] ?? 0] ?? "text");
  }

  /** @param {number} code */
  valueAt(code) {
    return this.#numbers ? formatFloat(this.#numbers[code] ?? Number.NaN) : (this.#values[code] ?? "");
  }

  /**
   * @param {number} code
   * @returns {Cell}
   */
  cellAt(code) {
    const cell = { type: this.typeAt(code), value: this.valueAt(code) };
    const short = this.#long.get(code);
    return short === undefined ? cell : { ...cell, short: short ?? cell.value, isCut: !short };
  }

  /** The long value that is shown like this. @param {string} text */
  longCell(text) {
    return [...this.#long.keys()].map((code) => this.cellAt(code)).find(({ short }) => short === text);
  }

  /**
   * Something of each distinct value.
   * @template T
   * @param {(code: number) => T} read
   * @param {number} [most]
   */
  map(read, most = this.size) {
    return Array.from({ length: Math.min(most, this.size) }, (_, code) => read(code));
  }

  /** The cells of the distinct values, made anew. @param {number} [most] */
  cells(most) {
    return this.map((code) => this.cellAt(code), most);
  }

  /**
   * @param {number} position
   * @returns {Cell}
   */
  cell(position) {
    const code = this.codes[position] ?? -1;
    return code < 0 ? MISSING : this.cellAt(code);
  }

  /**
   * A distinct value as a double; null where it is none.
   * @param {number} code
   */
  numberAt(code) {
    return this.#numbers ? (this.#numbers[code] ?? null) : numberOf(this.typeAt(code), this.valueAt(code));
  }

  /**
   * The value of a run as a double; NaN also stands for "no number", which `cell` tells apart.
   * @param {number} position
   */
  number(position) {
    const code = this.codes[position] ?? -1;
    return code < 0 ? Number.NaN : (this.numberAt(code) ?? Number.NaN);
  }

  /** @param {(code: number) => boolean} holds */
  every(holds) {
    for (let code = 0; code < this.size; code++) if (!holds(code)) return false;
    return true;
  }

  /** True where every value there is can be put on a number line. */
  get isNumeric() {
    this.#isNumeric ??= this.size > 0 && this.every((code) => this.numberAt(code) !== null);
    return this.#isNumeric;
  }

  /** True where every value is a text that reads as a number. */
  get isNumericText() {
    return this.size > 0 && this.every((code) => this.typeAt(code) === "text" && canonicalNumber("text", this.valueAt(code)) !== null);
  }
}
