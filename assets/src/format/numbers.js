// The numbers of one row: the fewest digits that tell them apart. A port of rundiff/format.py, where the rules stand.

import { exact, fixed, minus, naturalDecimals, rounded, scientific, shortest, special, thousands, unit } from "./digits.js";
import { MISSING } from "./text.js";

/** @typedef {{ shown: string[], decimals: number | null }} NumberRow decimals is null in scientific notation */

const FIGURE_SPACE = "\u2007";
const PUNCTUATION_SPACE = "\u2008";

/**
 * @param {(number | null)[]} values
 * @param {{ baseline?: number | null, floor?: number | null }} [options] index of the baseline; decimals asked for
 * @returns {NumberRow}
 */
export function formatNumbers(values, { baseline = null, floor = null } = {}) {
  const finite = /** @type {number[]} */ (values.filter((value) => value !== null && Number.isFinite(value)));
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest && !(largest >= 1e-4 && largest < 1e15)) {
    const digits = Math.min(2, Math.max(...finite.map((value) => shortest(value)[0].length)) - 1);
    return { shown: apart(values, digits, null), decimals: null };
  }
  const natural = finite.reduce((most, value) => Math.max(most, naturalDecimals(value)), 0);
  const magnitude = largest ? shortest(largest)[1] : 0;
  const start = Math.max(2 - magnitude, 0);
  const most = Math.min(magnitude < 0 ? start + 1 : Math.max(4 - magnitude, 0), natural);
  let decimals = Math.min(start, natural);
  if (floor !== null) decimals = Math.max(decimals, Math.min(floor, natural));
  const reference = baseline === null ? null : (values[baseline] ?? null);
  while (decimals < most && !isSettled(finite, reference, decimals)) decimals += 1;
  return { shown: apart(values, decimals, decimals), decimals };
}

/**
 * @param {number[]} finite
 * @param {number | null} reference
 * @param {number} decimals
 */
function isSettled(finite, reference, decimals) {
  const different = new Set(finite);
  if (new Set([...different].map((value) => rounded(value, decimals))).size < different.size) return false;
  if (reference === null || !Number.isFinite(reference)) return true;
  const base = rounded(reference, decimals);
  return finite.every((value) => rounded(value - reference, decimals) === rounded(value, decimals) - base);
}

/**
 * Show each value; those that look like an unequal one get more digits, their exact text at last.
 * @param {(number | null)[]} values
 * @param {number} digits
 * @param {number | null} decimals
 */
function apart(values, digits, decimals) {
  const shown = values.map((value) => one(value, digits, decimals));
  for (let more = 1; more < 14; more++) {
    const clashing = findClashing(values, shown);
    if (clashing.length === 0) break;
    for (const index of clashing) {
      const value = values[index] ?? null;
      shown[index] = more === 13 ? exact(value) : one(value, digits + more, decimals === null ? null : decimals + more);
    }
  }
  return shown;
}

/**
 * @param {(number | null)[]} values
 * @param {string[]} shown
 */
function findClashing(values, shown) {
  /** @type {Map<string, number>} */
  const first = new Map();
  /** @type {Set<string>} */
  const bad = new Set();
  values.forEach((value, index) => {
    const text = shown[index] ?? "";
    if (value === null || Number.isNaN(value)) return;
    const other = first.get(text);
    if (other === undefined) first.set(text, value);
    else if (other !== value) bad.add(text);
  });
  return bad.size === 0 ? [] : shown.flatMap((text, index) => (bad.has(text) ? [index] : []));
}

/**
 * @param {number | null} value
 * @param {number} digits
 * @param {number | null} decimals
 */
function one(value, digits, decimals) {
  if (value === null) return MISSING;
  if (!Number.isFinite(value)) return special(value);
  if (value === 0) return fixed(0, decimals ?? 0);
  if (decimals === null) return scientific(value, digits);
  if (Math.abs(value) < unit(decimals) && naturalDecimals(value) > decimals) {
    return small(value, 1 + Math.max(digits - decimals, 0));
  }
  return fixed(value, decimals);
}

/**
 * A value that is small beside its row, with `digits` + 1 significant digits.
 * @param {number} value
 * @param {number} digits
 */
function small(value, digits) {
  if (Math.abs(value) < 0.001) return scientific(value, digits);
  return fixed(value, Math.min(digits - shortest(value)[1], naturalDecimals(value)));
}

/**
 * All digits of a metric that is an integer which no double holds.
 * @param {string} text the exact value
 * @param {string} shown
 */
export const formatExact = (text, shown) => (/^-?\d{1,40}$/.test(text) ? minus(text) : shown);

/** One number by itself. @param {number | null} value */
export function formatNumber(value) {
  return formatNumbers([value]).shown[0] ?? "";
}

/**
 * Candidate − baseline with its sign, in the row's decimals.
 * @param {number | null} delta
 * @param {number | null} decimals
 */
export function formatDelta(delta, decimals) {
  if (delta === null) return "";
  if (delta === 0) return "±0";
  if (Number.isNaN(delta)) return special(delta);
  const sign = delta > 0 ? "+" : "";
  if (!Number.isFinite(delta)) return sign + special(delta);
  if (decimals === null) {
    const size = Math.abs(delta);
    return sign + (size >= 0.001 && size < 1e6 ? formatNumber(delta) : scientific(delta, 2));
  }
  if (Math.abs(delta) < unit(decimals) && rounded(delta, decimals) === 0n) return sign + small(delta, 1);
  return sign + fixed(delta, decimals);
}

/** A relative change (0.038) as a percentage: never a false 0 or −100 %. @param {number | null} change */
export function formatRelative(change) {
  if (change === null || !Number.isFinite(change) || change === 0) return "";
  const percent = change * 100;
  const size = Math.abs(percent);
  const sign = percent > 0 ? "+" : "";
  if (size >= 1e6 || size < 0.001) return `${sign}${scientific(percent, 1)} %`;
  let decimals = 3;
  if (size >= 9.95) decimals = 0;
  else if (size >= 0.095) decimals = 1;
  else if (size >= 0.0095) decimals = 2;
  while (decimals < 14 && percent !== -100 && Number(percent.toFixed(decimals)) === -100) decimals += 1;
  return `${sign}${fixed(percent, decimals)} %`;
}

/**
 * Pad numbers with figure spaces so that, right-aligned, their decimal points stand in one line.
 * @param {string[]} shown
 */
export function alignDecimals(shown) {
  const tails = shown.map((text) => {
    const match = /^[+±\u2212]?[0-9][0-9,]*(\.[0-9]+)?$/.exec(text);
    return match && (match[1] ?? "");
  });
  const longest = tails.reduce((/** @type {number} */ most, tail) => Math.max(most, tail?.length ?? 0), 0);
  return shown.map((text, index) => {
    const tail = tails[index];
    if (tail === null || tail === undefined || tail.length === longest) return text;
    return text + (tail ? "" : PUNCTUATION_SPACE) + FIGURE_SPACE.repeat(longest - Math.max(tail.length, 1));
  });
}

/** An axis tick: its exact short text. @param {number} value */
export function formatTick(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.00999 || size >= 99_999.5) return scientific(value, 6);
  return minus(Number(value.toPrecision(10)).toFixed(10).replace(/\.?0+$/, ""));
}

/** A count with thousands separated. @param {number} count */
export function formatCount(count) {
  return (count < 0 ? "-" : "") + thousands(String(Math.abs(count)));
}
