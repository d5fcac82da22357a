// The state of the page as a URL fragment: `#run-3&d=0&b=3&s=c-.4`. What stands before the first `=` is the place to
// scroll to. Columns and runs are numbers in base 36, never names, so that a report with 4 kB keys still fits. A field for
// which there is no room in 2,000 characters after those before it is left out, and the caller is told.

import { defaultState, THEMES } from "./state.js";

/** @typedef {import("./state.js").ChartChoice} ChartChoice */
/** @typedef {import("./state.js").State} State */

export const MAX_FRAGMENT = 2_000;
// A link may hold more than the page ever writes, and a few signs of it a hundred thousand numbers.
const MOST_READ = 4 * MAX_FRAGMENT;
const [MOST_NUMBERS, MOST_AXES] = [100_000, 200];
const SECTIONS = ["params", "metrics", "tags", "datasets", "artifacts", "environment"];
const X_AXES = ["step", "wall", "relative"];
const Y_AXES = ["auto", "linear", "log"];

/** @param {number} number */
const digits = (number) => number.toString(36);
/** @param {string} text */
const number = (text) => (/^[0-9a-z]{1,7}$/.test(text) ? Number.parseInt(text, 36) : Number.NaN);
/** @param {string} text */
const isIndex = (text) => Number.isInteger(number(text));

/**
 * Numbers in order, runs of neighbours as `first-last`: 0,1,2,7 is `0-2.7`.
 * @param {number[]} numbers
 */
export function packNumbers(numbers) {
  /** @type {string[]} */
  const parts = [];
  for (let at = 0; at < numbers.length; at++) {
    const first = numbers[at] ?? 0;
    let last = first;
    while (numbers[at + 1] === last + 1) {
      last += 1;
      at += 1;
    }
    parts.push(last === first ? digits(first) : `${digits(first)}-${digits(last)}`);
  }
  return parts.join(".");
}

/**
 * @param {string} text
 * @param {number} [most]
 * @returns {number[]}
 */
export function unpackNumbers(text, most = MOST_NUMBERS) {
  /** @type {number[]} */
  const numbers = [];
  for (const part of text.split(".")) {
    const [first = "", last = first] = part.split("-");
    if (!isIndex(first) || !isIndex(last)) continue;
    const end = Math.min(number(last), number(first) + most - numbers.length - 1);
    for (let at = number(first); at <= end; at++) numbers.push(at);
  }
  return numbers;
}

/** @param {string} name */
const letter = (name) => digits(SECTIONS.indexOf(name));
/**
 * @param {string} text
 * @returns {string[]}
 */
const sectionsOf = (text) => [...text].flatMap((sign) => SECTIONS[number(sign)] ?? []);

/**
 * @param {string[]} names
 * @param {string} text
 */
const choice = (names, text) => names[number(text)] ?? names[0] ?? "";

/** @param {ChartChoice} choices */
function packChart({ x, y, smoothing, axes }) {
  return [
    x === undefined ? "" : `x${X_AXES.indexOf(x)}`,
    y === undefined ? "" : `y${Y_AXES.indexOf(y)}`,
    smoothing === undefined ? "" : `z${digits(smoothing)}`,
    axes === undefined ? "" : `a${packNumbers(axes)}`,
  ].filter(Boolean).join("!");
}

/**
 * @param {string} text
 * @returns {ChartChoice}
 */
function unpackChart(text) {
  /** @type {ChartChoice} */
  const choices = {};
  for (const part of text.split("!")) {
    const rest = part.slice(1);
    if (part[0] === "x") choices.x = choice(X_AXES, rest);
    if (part[0] === "y") choices.y = choice(Y_AXES, rest);
    if (part[0] === "z" && isIndex(rest)) choices.smoothing = Math.min(99, number(rest));
    if (part[0] === "a") choices.axes = unpackNumbers(rest, MOST_AXES);
  }
  return choices;
}

/**
 * @template T
 * @param {Map<number, T>} map
 * @param {(value: T) => string} write
 */
const packMap = (map, write) => [...map].map(([key, value]) => `${digits(key)}~${write(value)}`).join(",");

/**
 * @template T
 * @param {string} text
 * @param {(value: string) => T | null} read
 * @returns {Map<number, T>}
 */
function unpackMap(text, read) {
  /** @type {Map<number, T>} */
  const map = new Map();
  for (const part of text.split(",")) {
    const at = part.indexOf("~");
    const value = at > 0 && isIndex(part.slice(0, at)) ? read(part.slice(at + 1)) : null;
    if (value !== null) map.set(number(part.slice(0, at)), value);
  }
  return map;
}

/** @param {string} text */
function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
/** `encodeURIComponent` leaves `~` and `!`, which separate things here. @param {string} text */
const safe = (text) =>
  encodeURIComponent(text.toWellFormed()).replaceAll("~", "%7E").replaceAll("!", "%21");

/**
 * One field: its short name, how it is written ("" where it is as by default) and read.
 * @typedef {[name: string, write: (state: State) => string, read: (text: string, state: State) => void]} Field
 */
/** @type {Field[]} */
const FIELDS = [
  ["b", (s) => (s.baseline === null ? "" : digits(s.baseline)),
    (text, s) => { s.baseline = isIndex(text) ? number(text) : null; }],
  ["d", (s) => (s.differences ? "" : "0"), (text, s) => { s.differences = text !== "0"; }],
  ["h", (s) => (s.theme === "auto" ? "" : digits(THEMES.indexOf(s.theme))),
    (text, s) => { s.theme = choice(THEMES, text); }],
  ["t", (s) => s.transposed.map(letter).join(""), (text, s) => { s.transposed = sectionsOf(text); }],
  ["o", (s) => s.unfolded.map(letter).join(""), (text, s) => { s.unfolded = sectionsOf(text); }],
  ["m", (s) => (s.moved === null ? "" : digits(s.moved)),
    (text, s) => { s.moved = isIndex(text) ? number(text) : null; }],
  ["x", (s) => (s.x === "step" ? "" : digits(X_AXES.indexOf(s.x))), (text, s) => { s.x = choice(X_AXES, text); }],
  ["y", (s) => (s.y === "auto" ? "" : digits(Y_AXES.indexOf(s.y))), (text, s) => { s.y = choice(Y_AXES, text); }],
  ["z", (s) => (s.smoothing ? digits(s.smoothing) : ""),
    (text, s) => { s.smoothing = isIndex(text) ? Math.min(99, number(text)) : 0; }],
  ["s", (s) => (s.sort === null ? "" : s.sort.map((key) => digits(key.column) + (key.descending ? "-" : "")).join(".") || "."),
    (text, s) => {
      s.sort = text.split(".").filter((part) => isIndex(part.replace("-", "")))
        .map((part) => ({ column: number(part.replace("-", "")), descending: part.endsWith("-") }));
    }],
  ["q", (s) => safe(s.search), (text, s) => { s.search = plain(text); }],
  ["e", (s) => safe(s.expression), (text, s) => { s.expression = plain(text); }],
  ["f", (s) => packMap(s.filters, safe), (text, s) => { s.filters = unpackMap(text, plain); }],
  ["p", (s) => (s.pinned === 1 ? "" : digits(s.pinned)), (text, s) => { s.pinned = isIndex(text) ? number(text) : 1; }],
  ["c", (s) => (s.columns === null ? "" : packNumbers(s.columns) || "."),
    (text, s) => { s.columns = unpackNumbers(text); }],
  ["i", (s) => packNumbers(s.bars), (text, s) => { s.bars = unpackNumbers(text); }],
  ["r", (s) => (s.selected === null ? "" : packNumbers(s.selected) || "."),
    (text, s) => { s.selected = unpackNumbers(text); }],
  ["g", (s) => packMap(s.charts, packChart), (text, s) => { s.charts = unpackMap(text, unpackChart); }],
  ["w", (s) => packMap(s.widths, digits),
    (text, s) => { s.widths = unpackMap(text, (part) => (isIndex(part) ? number(part) : null)); }],
];

/**
 * The fragment, without `#`, and whether everything found room in it.
 * @param {State} state
 * @returns {{ fragment: string, isWhole: boolean }}
 */
export function encodeState(state) {
  let fragment = safe(state.anchor);
  let isWhole = true;
  for (const [name, write] of FIELDS) {
    const text = write(state);
    if (text === "") continue;
    const longer = `${fragment}${fragment ? "&" : ""}${name}=${text}`;
    if (longer.length > MAX_FRAGMENT) isWhole = false;
    else fragment = longer;
  }
  return { fragment, isWhole };
}

/**
 * The state that a fragment tells; what it does not tell, or tells wrongly, is as by default.
 * @param {string} fragment
 * @returns {State}
 */
export function decodeState(fragment) {
  const state = defaultState();
  for (const part of fragment.slice(0, MOST_READ).replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at < 0) {
      if (state.anchor === "") state.anchor = plain(part);
      continue;
    }
    const field = FIELDS.find(([name]) => name === part.slice(0, at));
    field?.[2](part.slice(at + 1), state);
  }
  return state;
}

/** True for a fragment that only says where to scroll. @param {string} fragment */
export function isAnchorOnly(fragment) {
  return fragment.length > 1 && !fragment.includes("=");
}
