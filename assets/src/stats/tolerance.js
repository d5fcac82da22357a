// Whether two numbers are further apart than a tolerance, decided in decimals as people write them: 0.915 against 0.91 is
// within 0.005, although the doubles differ by a little more. A port of rundiff/stats/tolerance.py.

const TOLERANCE = /^\s*([0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+)\s*(%?)\s*$/i;

/** @typedef {{ digits: bigint, power: number }} Decimal */

/** @param {string} text @returns {Decimal} */
function decimal(text) {
  const [mantissa = "", power = "0"] = text.toLowerCase().split("e");
  const [whole = "", part = ""] = mantissa.split(".");
  return { digits: BigInt(whole + part), power: Number(power) - part.length };
}

/** @param {bigint} number */
const size = (number) => (number < 0n ? -number : number);

/**
 * @param {number} before finite
 * @param {number} after finite
 * @param {string} text a number or a share like 1%; anything else counts as none
 */
export function exceedsTolerance(before, after, text) {
  const [one, two] = [decimal(String(before)), decimal(String(after))];
  const [, amount = "0", percent = ""] = TOLERANCE.exec(text) ?? [];
  const limit = decimal(amount);
  if (percent) {
    limit.digits *= size(one.digits);
    limit.power += one.power - 2;
  }
  const least = Math.min(one.power, two.power, limit.power);
  /** @param {Decimal} number */
  const scaled = ({ digits, power }) => digits * 10n ** BigInt(power - least);
  return size(scaled(two) - scaled(one)) > scaled(limit);
}
