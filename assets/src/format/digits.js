// One number as text: fixed, scientific, exact. `toFixed` and `toExponential` round half away from zero on the exact
// binary value, which is the rule of rundiff/format.py.

import { MINUS, MISSING } from "./text.js";

/** @param {string} text */
export const minus = (text) => text.replaceAll("-", MINUS);
/** @param {string} whole */
export const thousands = (whole) => whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
/** 10^-n without the error of `**`. @param {number} decimals */
export const unit = (decimals) => Number(`1e${-decimals}`);

/**
 * The value rounded to decimals, as a count of the last of them.
 * @param {number} value
 * @param {number} decimals
 */
export const rounded = (value, decimals) => BigInt(value.toFixed(decimals).replace(".", ""));

/**
 * @param {number} value
 * @param {number} decimals
 */
export function fixed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  const [whole = "", fraction] = text.split(".");
  const sign = value < 0 && /[1-9]/.test(text) ? MINUS : "";
  return sign + (whole.length > 4 ? thousands(whole) : whole) + (fraction ? `.${fraction}` : "");
}

/**
 * @param {string} figures
 * @param {number} exponent
 * @param {boolean} isNegative
 */
function mantissa(figures, exponent, isNegative) {
  const tail = figures.slice(1).replace(/0+$/, "");
  return `${isNegative ? MINUS : ""}${figures[0]}${tail && `.${tail}`}e${minus(String(exponent))}`;
}

/**
 * d.ddde−n with at most so many decimals, trailing zeros dropped.
 * @param {number} value
 * @param {number} digits
 */
export function scientific(value, digits) {
  const [figures = "0", exponent = "0"] = Math.abs(value).toExponential(digits).split("e");
  return mantissa(figures.replace(".", ""), Number(exponent), value < 0);
}

/**
 * The digits of the shortest text that reads back as the value, and their exponent.
 * @param {number} value
 * @returns {[figures: string, power: number]}
 */
export function shortest(value) {
  const [figures = "0", exponent = "0"] = Math.abs(value).toExponential().split("e");
  return [figures.replace(".", "").replace(/0+$/, "") || "0", Number(exponent)];
}

/** How many decimals the value has by itself. @param {number} value */
export function naturalDecimals(value) {
  const [figures, power] = shortest(value);
  return value ? Math.max(figures.length - 1 - power, 0) : 0;
}

/** @param {number} value */
export function special(value) {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "∞" : `${MINUS}∞`;
}

/** All digits there are. @param {number | null} value */
export function exact(value) {
  if (value === null) return MISSING;
  if (!Number.isFinite(value)) return special(value);
  const [figures, power] = shortest(value);
  if (power < -5 || power >= 15) return mantissa(figures, power, value < 0);
  const sign = value < 0 ? MINUS : "";
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${figures}`;
  const whole = figures.slice(0, power + 1).padEnd(power + 1, "0");
  const fraction = figures.slice(power + 1);
  return sign + (power > 3 ? thousands(whole) : whole) + (fraction && `.${fraction}`);
}
