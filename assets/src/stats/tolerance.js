// Whether two numbers are further apart than a tolerance. rundiff/stats/tolerance.py decides it in decimals, as people
// write the numbers: 0.915 against 0.91 is within 0.005, although the doubles differ by a little more. Here the few last
// bits of the doubles are forgiven instead, which comes to the same for numbers of up to 14 digits.

const TOLERANCE = /^\s*([0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+)\s*(%?)\s*$/i;

/**
 * @param {number} before finite
 * @param {number} after finite
 * @param {string} text a number or a share like 1%; anything else counts as none
 */
export function exceedsTolerance(before, after, text) {
  const [, amount = "0", percent = ""] = TOLERANCE.exec(text) ?? [];
  const limit = percent ? Number(amount) / 100 * Math.abs(before) : Number(amount);
  const bits = 4 * Number.EPSILON * Math.max(Math.abs(before), Math.abs(after));
  return Math.abs(after - before) > (limit === 0 ? 0 : limit + bits);
}
