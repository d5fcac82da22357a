// Where a value lies along an axis: numbers by size (linear or log), everything else by its place in a sorted list, and
// "missing" nowhere, so that the chart can give it a lane of its own.

import { formatNumber, formatNumbers, formatTick } from "../format/numbers.js";
import { formatTyped } from "../format/text.js";

/** @typedef {import("../data/column.js").Column} Column */
/** @typedef {{ at: number, text: string }} Tick */
/**
 * @typedef {object} Scale
 * @property {boolean} isLog
 * @property {boolean} isCategorical
 * @property {Tick[]} ticks places in 0…1
 * @property {(position: number) => number | null} place of a run in 0…1, null where it has no value here
 */

const LOG_FROM = 15; // largest over smallest value; as rundiff/charts/axes.py
const APART = 0.06; // of the axis, between two ticks
const FEW = 4; // different numbers, each of which is a tick

/**
 * @param {number[]} numbers finite
 * @param {(position: number) => number} numberAt
 * @returns {Scale}
 */
function numericScale(numbers, numberAt) {
  const low = numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const high = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  const isLog = low > 0 && high / low >= LOG_FROM;
  const bend = isLog ? Math.log10 : Number;
  const half = Number.isFinite(bend(high) - bend(low)) ? 1 : 0.5; // doubles at both ends of their range
  const span = bend(high) * half - bend(low) * half;
  /** @param {number} value */
  const at = (value) => (span > 0 ? (bend(value) * half - bend(low) * half) / span : 0.5);
  const middle = isLog ? 10 ** ((bend(low) + bend(high)) / 2) : (low + high) / 2;
  const rounded = Number(middle.toPrecision(2));
  const different = [...new Set(numbers)].sort((a, b) => a - b);
  const marks = different.length > FEW ? [low, rounded, high].filter((mark) => mark >= low && mark <= high) : different
    .filter((mark, place) => place === 0 || at(mark) - at(different[place - 1] ?? 0) > APART);
  const texts = isLog ? marks.map(formatNumber) : formatNumbers(marks).shown;
  return {
    isLog,
    isCategorical: false,
    ticks: marks.map((mark, place) => ({ at: at(mark), text: (texts[place] ?? "").length > 9 ? formatTick(mark) : (texts[place] ?? "") })),
    place(position) {
      const value = numberAt(position);
      return Number.isFinite(value) ? at(value) : null;
    },
  };
}

/**
 * @param {Column} column
 * @returns {Scale}
 */
function categoricalScale(column) {
  const cells = column.cells();
  const order = cells.map((_, code) => code);
  const valueOf = (/** @type {number} */ code) => cells[code]?.value ?? "";
  order.sort((a, b) => Number(valueOf(a) > valueOf(b)) - Number(valueOf(a) < valueOf(b)) || a - b);
  const places = new Float64Array(order.length);
  order.forEach((code, rank) => {
    places[code] = order.length > 1 ? rank / (order.length - 1) : 0.5;
  });
  return {
    isLog: false,
    isCategorical: true,
    ticks: order.map((code) => ({ at: places[code] ?? 0, text: formatTyped(cells[code]?.type ?? "", cells[code]?.value ?? "") })),
    place: (position) => places[column.codes[position] ?? -1] ?? null,
  };
}

/**
 * The scale of a column over the given runs.
 * @param {Column} column
 * @param {number[]} positions
 */
export function scaleOf(column, positions) {
  const numbers = positions.map((position) => column.number(position)).filter(Number.isFinite);
  if (column.isNumeric && numbers.length > 0) return numericScale(numbers, (position) => column.number(position));
  return categoricalScale(column);
}
