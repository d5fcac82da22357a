// The order of the runs: an index array is sorted, no row moves. Missing and NaN stand last in both directions.

import { numberOf } from "../data/numbers.js";

/** @typedef {import("../data/island.js").Cell} Cell */
/** @typedef {{ distinct: Cell[], codes: ArrayLike<number> }} Sortable */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "variant" });

/** @type {WeakMap<Cell[], Int32Array>} */
const known = new WeakMap();

/**
 * Each distinct value's place: numbers by size, then texts; NaN has the place after the last.
 * @param {Sortable} column
 */
function ranksOf({ distinct }) {
  const ready = known.get(distinct);
  if (ready) return ready;
  const numbers = distinct.map(({ type, value }) => numberOf(type, value));
  /** @param {number} code */
  const textOf = (code) => distinct[code]?.value ?? "";
  const order = distinct.map((_, code) => code).filter((code) => !Number.isNaN(numbers[code] ?? 0));
  order.sort((left, right) => {
    const [a, b] = [numbers[left] ?? null, numbers[right] ?? null];
    if (a !== null && b !== null && a !== b) return a - b;
    if ((a === null) !== (b === null)) return a === null ? 1 : -1;
    return (a === null ? collator.compare(textOf(left), textOf(right)) : 0) || left - right;
  });
  const ranks = new Int32Array(distinct.length).fill(distinct.length);
  order.forEach((code, rank) => {
    ranks[code] = rank;
  });
  known.set(distinct, ranks);
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
