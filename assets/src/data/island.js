// The data of the page: one JSON block, columnar and dictionary-encoded. Keys of records are values in it, never
// property names, so `__proto__` is a key like any other.

import { Column } from "./column.js";

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
 * @property {string} [full] the name with a piece of the id, where another run has the same name
 */
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
 * @property {import("./column.js").PackedColumn[]} columns
 * @property {Meaning[]} metrics
 * @property {import("./series.js").PackedSeries} [series]
 * @property {Band[]} [bands]
 * @property {number[][]} [replicates] positions of runs that repeat each other
 * @property {string[]} [telling] params that go with a leading metric, the strongest first
 * @property {string} [command]
 * @property {Rest[]} [rests]
 * @property {[section: string, key: string][]} [axes] of parallel coordinates
 */

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
    this.telling = packed.telling ?? [];
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
    this.axes = (packed.axes ?? []).flatMap(([section, key]) => this.column(section, key) ?? []);
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
