// The order of the runs: an index array is sorted, no row moves. Missing and NaN stand last in both directions.

/** @typedef {import("../data/column.js").Column} Column */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "variant" });

/** @type {WeakMap<Column, Int32Array>} */
const known = new WeakMap();

/**
 * Each distinct value's place: numbers by size, then texts; NaN has the place after the last.
 * @param {Column} column
 */
function ranksOf(column) {
  const ready = known.get(column);
  if (ready) return ready;
  const numbers = column.map((code) => column.numberAt(code));
  const order = numbers.map((_, code) => code).filter((code) => !Number.isNaN(numbers[code] ?? 0));
  order.sort((left, right) => {
    const [a, b] = [numbers[left] ?? null, numbers[right] ?? null];
    if (a !== null && b !== null && a !== b) return a - b;
    if ((a === null) !== (b === null)) return a === null ? 1 : -1;
    return (a === null ? collator.compare(column.valueAt(left), column.valueAt(right)) : 0) || left - right;
  });
  const ranks = new Int32Array(column.size).fill(column.size);
  let shared = 0; // equal numbers have one place
  order.forEach((code, rank) => {
    if (numbers[code] === null || numbers[code] !== numbers[order[rank - 1] ?? -1]) shared = rank;
    ranks[code] = shared;
  });
  known.set(column, ranks);
  return ranks;
}

/**
 * The given positions in the order of the sort keys; ties keep the order they came in.
 * @param {number[]} positions
 * @param {{ column: Column, descending: boolean }[]} keys
 */
export function sortPositions(positions, keys) {
  if (keys.length === 0) return positions;
  const ranked = keys.map(({ column, descending }) => {
    const ranks = ranksOf(column);
    const last = column.size;
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
