// One row compared with any baseline, by the rules of rundiff/sql/comparison.sql: numeric text by its exact decimal
// value where the whole row is numeric text; metrics as doubles, NaN equal to NaN; everything else by type and text.

import { canonicalNumber, numberOf } from "./numbers.js";

/** @typedef {import("./column.js").Cell} Cell */
/** @typedef {import("./column.js").Column} Column */
/**
 * @typedef {object} ComparedCell
 * @property {string} type
 * @property {string} value
 * @property {string} text the value, or how it is shown where it is long
 * @property {number | null} number
 * @property {boolean} differs from the baseline's
 * @property {number | null} delta
 * @property {number | null} relative
 * @property {boolean} isBest
 * @property {boolean} isWorst
 */
/** @typedef {{ cells: ComparedCell[], differs: boolean, isNumericText: boolean }} ComparedRow */
/** @typedef {{ isNumericText: boolean, lowest: number, highest: number }} Rule */

/** @type {WeakMap<Column, Rule>} */
const rules = new WeakMap();

/** What holds for the row over all runs of the selection. @param {Column} column @returns {Rule} */
function ruleOf(column) {
  const known = rules.get(column);
  if (known) return known;
  let [lowest, highest] = [Infinity, -Infinity];
  for (let code = 0; code < column.size; code++) {
    const number = column.numberAt(code);
    if (number === null || !Number.isFinite(number)) continue;
    lowest = Math.min(lowest, number);
    highest = Math.max(highest, number);
  }
  const rule = { isNumericText: column.isNumericText, lowest, highest };
  rules.set(column, rule);
  return rule;
}

/** An integer that no double holds is recorded as it is, without a point. @param {Cell} cell */
const isExactInteger = ({ value }) => /^[+-]?[0-9]+$/.test(value);

/**
 * @param {string} section
 * @param {Cell} cell
 * @param {Cell} base
 * @param {boolean} isNumericText
 */
function isDifferent(section, cell, base, isNumericText) {
  if ((cell.type === "missing") !== (base.type === "missing")) return true;
  if (cell.type === "missing") return false;
  if (section === "metrics") {
    const isSame = Object.is(Number(cell.value), Number(base.value)) || Number(cell.value) === Number(base.value);
    if (!isSame) return true;
    return (isExactInteger(cell) || isExactInteger(base)) && cell.value !== base.value;
  }
  if (isNumericText) return canonicalNumber(cell.type, cell.value) !== canonicalNumber(base.type, base.value);
  // What was cut is told apart by its digest; a text that reads like that is another value.
  return cell.type !== base.type || cell.value !== base.value || !cell.isCut !== !base.isCut;
}

/**
 * @param {Column} column
 * @param {string} direction higher, lower or ""
 * @param {number[]} positions baseline first
 * @returns {ComparedRow}
 */
export function compareRow(column, direction, positions) {
  const { isNumericText, lowest, highest } = ruleOf(column);
  const base = column.cell(positions[0] ?? -1);
  /** @param {Cell} cell */
  const isQuantity = (cell) => cell.type === "int" || cell.type === "float" || (isNumericText && cell.type !== "missing");
  const baseNumber = isQuantity(base) ? numberOf(base.type, base.value) : null;
  const [best, worst] = direction === "lower" ? [lowest, highest] : [highest, lowest];
  const isRanked = direction !== "" && lowest < highest;
  const cells = positions.map((position, at) => {
    const cell = column.cell(position);
    const number = numberOf(cell.type, cell.value);
    const differs = isDifferent(column.section, cell, base, isNumericText);
    let delta = null;
    if (at > 0 && isQuantity(cell) && number !== null && baseNumber !== null) {
      const change = number - baseNumber;
      if (Number.isFinite(change) && (change !== 0 || !differs)) delta = change;
    }
    const relative = delta === null || !baseNumber ? null : delta / Math.abs(baseNumber);
    return {
      type: cell.type,
      value: cell.value,
      text: cell.short ?? cell.value,
      number,
      differs,
      delta,
      relative: relative !== null && Number.isFinite(relative) ? relative : null,
      isBest: isRanked && number === best,
      isWorst: isRanked && number === worst,
    };
  });
  return { cells, differs: cells.some(({ differs }) => differs), isNumericText };
}
