// The order of the runs: an index array is sorted, no row moves. Missing and NaN stand last in both directions.

import { numberOf } from "../data/numbers.js";

/** @typedef {import("../data/island.js").Cell} Cell */
/** @typedef {{ distinct: Cell[], codes: ArrayLike<number> }} Sortable */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "variant" });

/** @param {Cell} left @param {Cell} right */
function compareCells(left, right) {
  const a = numberOf(left.type, left.value);
  const b = numberOf(right.type, right.value);
  if (a !== null && b !== null && a !== b) return a - b;
  if (a !== null && b === null) return -1;
  if (a === null && b !== null) return 1;
  return collator.compare(left.value, right.value) || (left.type < right.type ? -1 : Number(left.type !== right.type));
}

/** @param {Cell} cell */
function isLast(cell) {
  return Number.isNaN(numberOf(cell.type, cell.value) ?? 0);
}

/**
 * Each distinct value's place: ranks for values, `count` for NaN, and missing (code -1) after that.
 * @param {Sortable} column
 */
function ranksOf({ distinct }) {
  const order = distinct.map((_, code) => code).filter((code) => !isLast(/** @type {Cell} */ (distinct[code])));
  order.sort((a, b) => compareCells(/** @type {Cell} */ (distinct[a]), /** @type {Cell} */ (distinct[b])));
  const ranks = new Int32Array(distinct.length).fill(distinct.length);
  order.forEach((code, rank) => {
    ranks[code] = rank;
  });
  return ranks;
}

/**
 * The given positions in the order of the sort keys; ties keep the order they came in.
 * @param {number[]} positions
 * @param {{ column: Sortable, descending: boolean }[]} keys
 */
export function sortPositions(positions, keys) {
  if (keys.length === 0) return positions;
  const ranked = keys.map(({ column, descending }) => {
    const ranks = ranksOf(column);
    const last = column.distinct.length;
    return { codes: column.codes, ranks, last, sign: descending ? -1 : 1 };
  });
  /** @param {typeof ranked[number]} key @param {number} position */
  const rankOf = ({ codes, ranks, last }, position) => ranks[codes[position] ?? -1] ?? last + 1;
  return [...positions].sort((a, b) => {
    for (const key of ranked) {
      const left = rankOf(key, a);
      const right = rankOf(key, b);
      if (left === right) continue;
      if (left >= key.last || right >= key.last) return left - right;
      return (left - right) * key.sign;
    }
    return a - b;
  });
}
