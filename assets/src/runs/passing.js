// Which runs the filters let through: the expression or free text of "Filter runs", and the texts under the heads.

import { compile } from "../filter/evaluate.js";
import { parseWhere } from "../filter/parse.js";
import { FilterError } from "../filter/tokens.js";
import { columnTest } from "./columnfilter.js";

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("./columns.js").RunColumn} RunColumn */
/** @typedef {{ message: string, position: number }} Fault */

const DURATION = "attributes.duration";
const LOOKS_LIKE_EXPRESSION = /[=<>!]|\s(?:like|ilike|in|is)\s|^\s*(?:metrics?|params?|tags?|attributes?|datasets?|environment)\./i;

/** @param {import("../data/column.js").Column} column */
const columnFacts = (column) => ({
  codes: column.codes,
  facts: column.map((code) => ({ text: column.valueAt(code), number: column.numberAt(code) })),
});

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => import("../filter/evaluate.js").Fact | null} read
 */
function listFacts(items, read) {
  const found = items.map(read);
  return { codes: found.map((fact, at) => (fact === null ? -1 : at)), facts: found.map((fact) => fact ?? { text: "", number: null }) };
}

/**
 * What the runs have, for expressions.
 * @param {Island} island
 * @returns {import("../filter/evaluate.js").Facts}
 */
export function factsOf(island) {
  return (entity, name) => {
    if (entity === "attributes") return [attributeFacts(island.runs, name)];
    if (entity === "datasets") return datasetFacts(island, name);
    const column = island.column(entity, name);
    return column ? [columnFacts(column)] : [];
  };
}

/**
 * Datasets stand in the island as `context · field`.
 * @param {Island} island
 * @param {string} name
 */
function datasetFacts(island, name) {
  return [...(island.sections.get("datasets")?.values() ?? [])].flatMap((column) => {
    const parts = column.key.split(" · ");
    if (name !== "context") return parts.at(-1) === name ? [columnFacts(column)] : [];
    const { codes } = column;
    return parts.length > 1 ? [{ codes: codes.map((code) => Math.min(code, 0)), facts: [{ text: parts[0] ?? "", number: null }] }] : [];
  });
}

/**
 * @param {import("../data/island.js").Run[]} runs
 * @param {string} name
 */
function attributeFacts(runs, name) {
  return listFacts(runs, (run) => {
    if (name === "start_time" || name === "end_time") {
      const time = name === "start_time" ? run.start : run.end;
      return time === null ? null : { text: String(time), number: time / 1_000 };
    }
    const texts = new Map([
      ["run_id", run.id], ["name", run.name], ["experiment", run.experiment], ["status", run.status], ["state", run.state],
      ["user", run.user],
    ]);
    const text = texts.get(name);
    if (text === undefined) throw new FilterError(`the page does not have '${name}'; use --where`, 0);
    return text === "" ? null : { text, number: null };
  });
}

/**
 * Positions that contain every word in any of the columns.
 * @param {string} text
 * @param {RunColumn[]} columns
 */
function freeText(text, columns) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.map((word) => {
    const isFound = new Uint8Array(columns[0]?.codes.length ?? 0);
    for (const column of columns) {
      const hits = column.hits(word);
      if (!hits) continue;
      const { codes } = column;
      for (let position = 0; position < isFound.length; position++) {
        if (hits[codes[position] ?? -1]) isFound[position] = 1;
      }
    }
    return isFound;
  });
  /** @param {number} position */
  return (position) => found.every((isFound) => isFound[position] === 1);
}

/**
 * The test that "Filter runs" states, or what is wrong with it.
 * @param {string} text
 * @param {RunColumn[]} columns searched by free text
 * @param {import("../filter/evaluate.js").Facts} facts
 * @returns {{ test: ((position: number) => boolean) | null, fault: Fault | null }}
 */
export function expressionTest(text, columns, facts) {
  if (text.trim() === "") return { test: null, fault: null };
  try {
    return { test: compile(parseWhere(text), facts), fault: null };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    if (!LOOKS_LIKE_EXPRESSION.test(text)) return { test: freeText(text, columns), fault: null };
    return { test: null, fault: { message: error.message, position: error.position } };
  }
}

/**
 * What a filter sees of a cell: durations in seconds, moments as they are shown, everything else as recorded.
 * @param {RunColumn} column
 * @param {import("../data/column.js").Cell} cell
 * @param {number} code
 */
function filtered(column, cell, code) {
  if (column.id === DURATION) return { type: "float", value: String(Number(cell.value) / 1e6) };
  if (column.id === "attributes.start_time") return { type: "shown", value: column.shown(code) };
  return cell;
}

/**
 * The tests under the heads, each decided once per distinct value.
 * @param {Map<number, string>} filters
 * @param {Map<number, RunColumn>} columns
 */
export function columnTests(filters, columns) {
  return [...filters].flatMap(([index, text]) => {
    const column = columns.get(index);
    const test = columnTest(column?.id === DURATION ? text.replace(/(\d)\s*s$/, "$1") : text);
    if (!column || !test) return [];
    const passes = column.column.cells().map((cell, code) => test(filtered(column, cell, code)));
    const isMissingFine = test({ type: "missing", value: "" });
    return [(/** @type {number} */ position) => {
      const code = column.codes[position] ?? -1;
      return code < 0 ? isMissingFine : (passes[code] ?? false);
    }];
  });
}
