// Which runs the filters let through: the expression or free text of "Filter runs", and the texts under the heads.

import { holds } from "../filter/evaluate.js";
import { parseWhere } from "../filter/parse.js";
import { FilterError } from "../filter/tokens.js";
import { numberOf } from "../data/numbers.js";
import { columnTest } from "./columnfilter.js";

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("./columns.js").RunColumn} RunColumn */
/** @typedef {{ message: string, position: number }} Fault */

const DURATION = "attributes.duration";
const LOOKS_LIKE_EXPRESSION = /[=<>!]|\s(?:like|ilike|in|is)\s|^\s*(?:metrics?|params?|tags?|attributes?|datasets?|environment)\./i;

/**
 * What a run's key has, for expressions.
 * @param {Island} island
 * @returns {import("../filter/evaluate.js").Facts}
 */
export function factsOf(island) {
  const datasets = [...(island.sections.get("datasets")?.entries() ?? [])].map(([key, column]) => ({ parts: key.split(" · "), column }));
  return (entity, name, position) => {
    if (entity === "attributes") return attributeFacts(island.run(position), name);
    if (entity === "datasets") {
      const found = datasets.filter(({ parts, column }) =>
        column.cell(position).type !== "missing" && (name === "context" ? parts.length > 1 : parts.at(-1) === name));
      return found.map(({ parts, column }) => ({ text: name === "context" ? (parts[0] ?? "") : column.cell(position).value, number: null }));
    }
    const cell = island.column(entity, name)?.cell(position);
    if (!cell || cell.type === "missing") return [];
    return [{ text: cell.value, number: numberOf(cell.type, cell.value) }];
  };
}

/**
 * @param {import("../data/island.js").Run | null} run
 * @param {string} name
 */
function attributeFacts(run, name) {
  if (!run) return [];
  if (name === "start_time" || name === "end_time") {
    const time = name === "start_time" ? run.start : run.end;
    return time === null ? [] : [{ text: String(time), number: time / 1_000 }];
  }
  const texts = new Map([
    ["run_id", run.id], ["name", run.name], ["experiment", run.experiment], ["status", run.status], ["state", run.state],
    ["user", run.user],
  ]);
  const text = texts.get(name);
  return text === undefined ? [] : [{ text, number: null }];
}

/**
 * Positions that contain every word in any of the columns.
 * @param {string} text
 * @param {RunColumn[]} columns
 */
function freeText(text, columns) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = words.map((word) => columns.map((column) => {
    const hits = new Uint8Array(column.lowered.length);
    column.lowered.forEach((value, code) => {
      if (value.includes(word)) hits[code] = 1;
    });
    return { hits, codes: column.codes };
  }));
  /** @param {number} position */
  return (position) => tests.every((columnsOfWord) => columnsOfWord.some(({ hits, codes }) => hits[codes[position] ?? -1] === 1));
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
    const condition = parseWhere(text);
    return { test: (position) => holds(condition, position, facts), fault: null };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    if (!LOOKS_LIKE_EXPRESSION.test(text)) return { test: freeText(text, columns), fault: null };
    return { test: null, fault: { message: error.message, position: error.position } };
  }
}

/**
 * What a filter sees of a cell: durations in seconds, moments as they are shown, everything else as recorded.
 * @param {RunColumn} column
 * @param {import("../data/island.js").Cell} cell
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
    const passes = column.distinct.map((cell, code) => test(filtered(column, cell, code)));
    const isMissingFine = test({ type: "missing", value: "" });
    return [(/** @type {number} */ position) => {
      const code = column.codes[position] ?? -1;
      return code < 0 ? isMissingFine : (passes[code] ?? false);
    }];
  });
}
