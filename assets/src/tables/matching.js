// Which stretches two lists of words share: Ratcliff and Obershelp's way, as Python's difflib.SequenceMatcher goes it
// (without its junk rule), so that the page marks the same words as the server did.

/**
 * The longest common stretch; of equal ones the one that starts first in `a`, then in `b`.
 * @param {string[]} a
 * @param {Map<string, number[]>} places where each word stands in b
 * @param {[number, number, number, number]} window aLow, aHigh, bLow, bHigh
 * @returns {[number, number, number]} start in a, start in b, size
 */
function longestMatch(a, places, [aLow, aHigh, bLow, bHigh]) {
  let [bestA, bestB, size] = [aLow, bLow, 0];
  /** @type {Map<number, number>} */
  let lengths = new Map();
  for (let i = aLow; i < aHigh; i++) {
    /** @type {Map<number, number>} */
    const next = new Map();
    for (const j of places.get(a[i] ?? "") ?? []) {
      if (j < bLow) continue;
      if (j >= bHigh) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > size) [bestA, bestB, size] = [i - length + 1, j - length + 1, length];
    }
    lengths = next;
  }
  return [bestA, bestB, size];
}

/**
 * The stretches of `b`, in order, as `[isShared, first, last]`.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {[boolean, number, number][]}
 */
export function stretches(a, b) {
  /** @type {Map<string, number[]>} */
  const places = new Map();
  b.forEach((word, at) => places.set(word, [...(places.get(word) ?? []), at]));
  /** @type {[number, number, number][]} */
  const blocks = [];
  /** @type {[number, number, number, number][]} */
  const queue = [[0, a.length, 0, b.length]];
  for (let window = queue.pop(); window; window = queue.pop()) {
    const [i, j, size] = longestMatch(a, places, window);
    if (size === 0) continue;
    blocks.push([i, j, size]);
    if (window[0] < i && window[2] < j) queue.push([window[0], i, window[2], j]);
    if (i + size < window[1] && j + size < window[3]) queue.push([i + size, window[1], j + size, window[3]]);
  }
  blocks.sort((left, right) => left[0] - right[0] || left[1] - right[1]);
  /** @type {[boolean, number, number][]} */
  const found = [];
  let [aEnd, bEnd] = [0, 0];
  for (const [i, j, size] of blocks) {
    const last = found.at(-1);
    if (i === aEnd && j === bEnd && last?.[0]) last[2] = j + size;
    else {
      if (j > bEnd) found.push([false, bEnd, j]);
      found.push([true, j, j + size]);
    }
    [aEnd, bEnd] = [i + size, j + size];
  }
  if (bEnd < b.length) found.push([false, bEnd, b.length]);
  return found;
}
