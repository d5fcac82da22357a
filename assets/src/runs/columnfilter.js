// The filter under a column's head: `> 0.93`, `0.1..0.5`, `!sgd`, `missing`, or any text that the value contains. No
// regular expression is ever made from what a reader types.

import { numberOf } from "../data/numbers.js";
import { relates } from "../filter/evaluate.js";

/** @typedef {import("../data/column.js").Cell} Cell */
/** @typedef {(cell: Cell) => boolean} Test */

const SPELLED = new Map([["≥", ">="], ["≤", "<="], ["≠", "!="]]);
const SIGNS = [...SPELLED.values(), ...SPELLED.keys(), "<", ">", "="];

/** @param {string} text */
const numeric = (text) => numberOf("text", text.trim().replace("−", "-"));

/** @param {Cell} cell */
const isMissing = (cell) => cell.type === "missing";

/** @param {string} text @returns {Test | null} */
function range(text) {
  const at = text.indexOf("..");
  if (at < 1) return null;
  const [low, high] = [numeric(text.slice(0, at)), numeric(text.slice(at + 2))];
  if (low === null || high === null) return null;
  return (cell) => {
    const number = numberOf(cell.type, cell.value);
    return number !== null && number >= low && number <= high;
  };
}

/** @param {string} text @returns {Test | null} */
function relation(text) {
  const sign = SIGNS.find((one) => text.startsWith(one));
  if (!sign) return null;
  const operator = SPELLED.get(sign) ?? sign;
  const rest = text.slice(sign.length).trim();
  const bound = numeric(rest);
  if (bound !== null) return (cell) => relates(operator, numberOf(cell.type, cell.value), bound);
  if (operator === "=") return (cell) => !isMissing(cell) && cell.value === rest;
  return operator === "!=" ? (cell) => !isMissing(cell) && cell.value !== rest : null;
}

/**
 * The test that a filter text means; null where there is nothing to test. Half-typed relations (`>`) test nothing.
 * @param {string} text
 * @returns {Test | null}
 */
export function columnTest(text) {
  const wanted = text.trim();
  if (wanted === "") return null;
  if (wanted === "missing" || wanted === "–") return isMissing;
  if (wanted === "!missing") return (cell) => !isMissing(cell);
  const test = range(wanted) ?? relation(wanted);
  if (test) return test;
  if (/^[<>=≤≥≠!]+$/.test(wanted)) return null;
  const part = wanted.replace(/^!/, "").toLowerCase();
  if (wanted.startsWith("!")) return (cell) => !cell.value.toLowerCase().includes(part);
  return (cell) => cell.value.toLowerCase().includes(part);
}
