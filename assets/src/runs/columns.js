// The columns that the Runs table can show: what is known of a run, then every key of every section. The state names
// them by number, so the order of ATTRIBUTES is part of the address format: new ones come last, up to RESERVED.

import { Column } from "../data/column.js";
import { alignDecimals, formatExact, formatNumbers } from "../format/numbers.js";
import { formatDuration, formatTimeShort } from "../format/quantities.js";
import { formatTypedRow, showText } from "../format/text.js";

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("../data/island.js").Run} Run */

const RESERVED = 12;
const SAMPLE = 300;
const SECTION_TITLES = new Map([
  ["params", "Parameters"], ["metrics", "Metrics"], ["tags", "Tags"], ["datasets", "Datasets"],
  ["artifacts", "Artifacts"], ["environment", "Environment"],
]);

/** @type {[name: string, title: string, type: string, value: (run: Run) => string | null][]} */
const ATTRIBUTES = [
  ["run_name", "Run", "text", (run) => run.name],
  ["status", "Status", "text", (run) => run.status],
  ["duration", "Took", "int", (run) => (run.start === null || run.end === null ? null : String(run.end - run.start))],
  ["start_time", "Started", "int", (run) => (run.start === null ? null : String(run.start))],
  ["experiment", "Experiment", "text", (run) => run.experiment],
  ["user", "User", "text", (run) => run.user],
  ["run_id", "Id", "text", (run) => run.id],
  ["source", "Source", "text", (run) => run.source ?? null],
];

/** Which of them free text finds although they are not shown: those that are texts. */
export const SEARCHED = [0, 1, 4, 5, 6, 7];

/** @type {Map<string, (microseconds: number) => string>} */
const MOMENTS = new Map([["attributes.duration", formatDuration], ["attributes.start_time", formatTimeShort]]);

/** One column of the Runs table. */
export class RunColumn {
  /** @type {string[] | null} */
  #texts = null;
  /** @type {Map<number, string>} */
  #late = new Map();
  /** @type {number | null} */
  #decimals = null;
  #longest = ""; // a text of the first ones that has all decimals: late ones stand below them
  /** @type {string[] | null} */
  #lowered = null;
  /** @type {[number, number] | null} */
  #range = null;

  /**
   * @param {number} index
   * @param {string} id as in data-column
   * @param {string} title
   * @param {Column} column
   */
  constructor(index, id, title, column) {
    this.index = index;
    this.id = id;
    this.title = title;
    this.column = column;
    this.group = SECTION_TITLES.get(column.section) ?? "";
    this.isNumber = column.isNumeric;
  }

  get codes() {
    return this.column.codes;
  }

  /**
   * Which distinct values contain a word in lower case; null where none can.
   * @param {string} word
   * @returns {ArrayLike<boolean | number> | null}
   */
  hits(word) {
    // "tiger" is in no number, and most of what is typed is in none: their texts are made when one could hold it.
    if (this.column.isDoubles && !(this.column.isFinite ? /^(?!e$)[\d.e+-]+$/ : /^[\d.e+\-infaty]+$/).test(word)) return null;
    this.#lowered ??= this.column.map((code) => this.column.valueAt(code).toLowerCase());
    const found = this.#lowered.map((value) => value.includes(word));
    return found.includes(true) ? found : null;
  }

  /** @param {number} position */
  cell(position) {
    return this.column.cell(position);
  }

  /** What is shown for a run. @param {number} position */
  text(position) {
    const code = this.codes[position] ?? -1;
    return code < 0 ? "–" : this.shown(code);
  }

  /** What is shown for a distinct value. @param {number} code @returns {string} */
  shown(code) {
    this.#texts ??= this.#format(this.column.cells(SAMPLE));
    const known = this.#texts[code] ?? this.#late.get(code);
    if (known !== undefined) return known;
    // Columns of tens of thousands of different numbers are formatted as they come into view, like the first ones.
    const [text = ""] = this.#format([this.column.cellAt(code)], this.#decimals);
    this.#late.set(code, text);
    return text;
  }

  /**
   * @param {import("../data/column.js").Cell[]} cells
   * @param {number | null} [floor] decimals asked for
   */
  #format(cells, floor = null) {
    const moment = MOMENTS.get(this.id);
    if (moment) return cells.map(({ value }) => moment(Number(value)));
    if (this.column.section === "metrics") {
      const row = formatNumbers(cells.map(({ value }) => Number(value)), { floor });
      this.#decimals ??= row.decimals;
      const texts = row.shown.map((text, at) => formatExact(cells[at]?.value ?? "", text));
      // One value with all of its digits would push the others out of their cells.
      if (texts.some((text) => text.length > 12)) return texts;
      const shown = alignDecimals([this.#longest, ...texts]).slice(1);
      this.#longest ||= shown.find((text) => /\d$/.test(text)) ?? "";
      return shown;
    }
    if (this.column.section === "attributes") return cells.map(({ value }) => showText(value));
    return formatTypedRow(cells.map(({ type, value, short }) => ({ type, value: short ?? value })));
  }

  /** The width of the column in a table whose rows come and go: it cannot be as wide as its widest cell. */
  get width() {
    if (this.id === "attributes.run_name") return 240;
    return Math.min(220, Math.max(this.isNumber ? 110 : 120, 40 + 7 * this.title.length));
  }

  /** A run's place along the column's range, 0 … 1, for in-cell bars. @param {number} position */
  share(position) {
    if (this.#range === null) {
      const finite = Array.from(this.codes, (_, at) => this.column.number(at)).filter(Number.isFinite);
      this.#range = [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
    }
    const [low, high] = this.#range;
    const value = this.column.number(position);
    if (!Number.isFinite(value)) return null;
    return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) || 0 : 1;
  }
}

/**
 * @param {Run[]} runs
 * @param {string} name
 * @param {string} type
 * @param {(run: Run) => string | null} valueOf
 */
function attributeColumn(runs, name, type, valueOf) {
  /** @type {Map<string, number>} */
  const codes = new Map();
  const places = runs.map((run) => {
    const value = valueOf(run);
    if (value === null) return -1;
    if (!codes.has(value)) codes.set(value, codes.size);
    return codes.get(value) ?? -1;
  });
  const values = [...codes.keys()];
  return new Column({ section: "attributes", key: name, t: values.map(() => 0), v: values, i: places }, [type], -1);
}

/**
 * All columns by their number.
 * @param {Island} island
 * @returns {Map<number, RunColumn>}
 */
export function runColumns({ runs, columns }) {
  /** @type {Map<number, RunColumn>} */
  const found = new Map();
  ATTRIBUTES.forEach(([name, title, type, valueOf], index) => {
    if (name === "source" && !runs[0]?.source) return;
    found.set(index, new RunColumn(index, `attributes.${name}`, title, attributeColumn(runs, name, type, valueOf)));
  });
  for (const column of columns) {
    const index = RESERVED + column.index;
    found.set(index, new RunColumn(index, `${column.section}.${column.key}`, showText(column.key) || '""', column));
  }
  return found;
}
