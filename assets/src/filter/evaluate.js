// Whether a condition holds for a run. A port of rundiff/selection/evaluate.py: what a run does not have is in no
// relation to anything, a number literal compares with the number of a value whatever its type. A key that no run has is
// an error, unless its absence may be meant.

import { FilterError } from "./tokens.js";

/** @typedef {import("./parse.js").Condition} Condition */
/** @typedef {import("./parse.js").Test} Test */
/** @typedef {{ text: string, number: number | null }} Fact */
/** @typedef {{ codes: ArrayLike<number>, facts: Fact[] }} FactColumn `codes[position]` is a place in `facts`, or -1 */
/** @typedef {(entity: string, name: string) => FactColumn[]} Facts several columns only for datasets */

const KINDS = new Map([["metrics", "metric"], ["params", "param"], ["tags", "tag"], ["environment", "environment entry"]]);
/** @type {Map<string, (order: number) => boolean>} */
const RELATIONS = new Map([
  ["=", (order) => order === 0],
  ["!=", (order) => order !== 0],
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
]);

/**
 * The order of texts by code points, as Python has it.
 * @param {string} left
 * @param {string} right
 */
function orderOfTexts(left, right) {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * @param {string} sign
 * @param {number | null} number
 * @param {number} wanted
 */
export function relates(sign, number, wanted) {
  if (number === null) return false;
  if (Number.isNaN(number) || Number.isNaN(wanted)) return sign === "!=";
  return RELATIONS.get(sign)?.(number < wanted ? -1 : Number(number > wanted)) ?? false;
}

/** ISO 8601 as epoch milliseconds; without a zone it is UTC. @param {string} text */
function milliseconds(text) {
  const match = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (!match) return null;
  const iso = text.replace(" ", "T");
  const time = Date.parse(iso.length === 10 || match[1] ? iso : `${iso}Z`);
  return Number.isNaN(time) ? null : time;
}

/**
 * SQL's LIKE without regular expressions: on a mismatch the last `%` takes one sign more, so that no pattern explodes.
 * @param {string} pattern
 * @param {string} text
 */
export function isLike(pattern, text) {
  const [wanted, signs] = [Array.from(pattern), Array.from(text)];
  let [at, place, star, mark] = [0, 0, -1, 0];
  while (place < signs.length) {
    if (wanted[at] === "%") {
      star = at;
      mark = place;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === "_" || wanted[at] === signs[place])) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      mark += 1;
      place = mark;
      at = star + 1;
    } else return false;
  }
  while (wanted[at] === "%") at += 1;
  return at === wanted.length;
}

/**
 * @param {string} sign
 * @param {Fact} fact
 * @param {string | number} literal
 * @param {import("./parse.js").Key} key
 */
function compares(sign, fact, literal, { entity, name }) {
  if (entity === "attributes" && (name === "start_time" || name === "end_time")) {
    const wanted = typeof literal === "string" ? milliseconds(literal) : literal;
    return wanted !== null && relates(sign, fact.number, wanted);
  }
  if (typeof literal === "number") return relates(sign, fact.number, literal);
  const isFolded = entity === "attributes" && (name === "status" || name === "state");
  const order = isFolded ? orderOfTexts(fact.text.toLowerCase(), literal.toLowerCase()) : orderOfTexts(fact.text, literal);
  return RELATIONS.get(sign)?.(order) ?? false;
}

/** @param {Test} test @param {Fact} fact */
function passes({ operator, literals, key }, fact) {
  const first = literals[0] ?? "";
  if (operator === "like") return isLike(String(first), fact.text);
  if (operator === "ilike") return isLike(String(first).toLowerCase(), fact.text.toLowerCase());
  if (operator === "in") return literals.some((literal) => compares("=", fact, literal, key));
  return compares(operator, fact, first, key);
}

/**
 * A test of one key: decided once for each distinct value, then looked up for each run.
 * @param {Test} test
 * @param {FactColumn[]} columns
 * @returns {(position: number) => boolean}
 */
function compileTest(test, columns) {
  if (test.operator === "null") {
    return (position) => columns.some(({ codes }) => (codes[position] ?? -1) >= 0) === test.isNegated;
  }
  const kind = KINDS.get(test.key.entity);
  if (kind && columns.length === 0) throw new FilterError(`the page has no ${kind} named '${test.key.name}'`, test.key.position);
  const decided = columns.map(({ codes, facts }) => ({ codes, holds: facts.map((fact) => passes(test, fact) !== test.isNegated) }));
  return (position) => decided.some(({ codes, holds }) => holds[codes[position] ?? -1] === true);
}

/**
 * What tells whether a condition holds for a run.
 * @param {Condition} condition
 * @param {Facts} facts
 * @returns {(position: number) => boolean}
 */
export function compile(condition, facts) {
  if (condition.kind === "test") return compileTest(condition, facts(condition.key.entity, condition.key.name));
  if (condition.kind === "not") {
    const part = compile(condition.part, facts);
    return (position) => !part(position);
  }
  const parts = condition.parts.map((part) => compile(part, facts));
  return condition.isAny ? (position) => parts.some((part) => part(position)) : (position) => parts.every((part) => part(position));
}
