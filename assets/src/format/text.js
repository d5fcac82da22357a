// How texts and typed values are shown. A port of rundiff/format.py, where the rules stand; both are tested on
// tests/golden/format_cases.json.

export const MISSING = "–";
export const MINUS = "\u2212";

const COMBINING = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f";
const UNSEEN = new RegExp(
  "[\\u{0}-\\u{1f}\\u{7f}-\\u{a0}\\u{ad}\\u{34f}\\u{61c}\\u{115f}-\\u{1160}\\u{1680}\\u{17b4}-\\u{17b5}\\u{180b}-\\u{180f}" +
    "\\u{2000}-\\u{200f}\\u{2028}-\\u{202f}\\u{205f}-\\u{206f}\\u{21b5}\\u{21e5}\\u{2800}\\u{3000}\\u{3164}\\u{d800}-\\u{f8ff}" +
    "\\u{fdd0}-\\u{fdef}\\u{fe00}-\\u{fe0f}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffc}\\u{fffe}-\\u{ffff}\\u{1bca0}-\\u{1bca3}" +
    "\\u{1d173}-\\u{1d17a}\\u{1fffe}-\\u{1ffff}\\u{e0000}-\\u{e0fff}\\u{f0000}-\\u{10ffff}]|\\\\(?=u\\{)",
  "gu",
);
const MARK = new RegExp(`[${COMBINING}\u1100-\u11ff]`, "u");
const STACKED = new RegExp(`(?<=[${COMBINING}]{2})[${COMBINING}]`, "gu");
const PLAIN = /^[ -[\]-~]*$/;
// Python's IGNORECASE takes ı for i, JavaScript's does not.
const LOOKALIKE =
  /^(?:null|true|false|[+\-\u2212]?(?:nan|[iı]nf|[iı]nf[iı]n[iı]ty|∞)|[+\-\u2212]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+\-\u2212]?[0-9]+)?|[[{].*[\]}])$/isu;

/** @param {string} character */
const escape = (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** @param {string} character */
function unseen(character) {
  if (character === "\n") return "↵";
  return character === "\t" ? "⇥" : escape(character);
}

/** @param {string} text */
const isComposed = (text) => text.normalize("NFC") === text;

/**
 * A text with everything that cannot be seen made visible; no two texts are shown alike.
 * @param {string} text
 */
export function showText(text) {
  if (PLAIN.test(text)) return text;
  const seen = text.replace(UNSEEN, unseen);
  if (isComposed(text)) return seen.replace(STACKED, unseen);
  return Array.from(seen, (character) =>
    MARK.test(character) || !isComposed(character) ? escape(character) : character,
  ).join("");
}

/**
 * How one param, tag, dataset or environment value is shown.
 * @param {string} type
 * @param {string} value
 * @param {boolean} isMixed the row holds a value that is not a text
 */
export function formatTyped(type, value, isMixed = false) {
  if (type === "missing") return MISSING;
  if (type === "text") {
    const isQuoted =
      value === "" || value === MISSING || /^[" ]/.test(value) || value.endsWith(" ") || (isMixed && LOOKALIKE.test(value));
    return isQuoted ? `"${showText(value)}"` : showText(value);
  }
  if (type === "float" && value === "Infinity") return "∞";
  if (type === "float" && value === "-Infinity") return `${MINUS}∞`;
  return showText(value);
}

/**
 * How the typed cells of one row are shown.
 * @param {{ type: string, value: string }[]} cells
 */
export function formatTypedRow(cells) {
  const short = shortDigests(cells) ?? shortNumbers(cells);
  if (short !== null) return short;
  const isMixed = cells.some(({ type }) => type !== "text" && type !== "missing");
  return cells.map(({ type, value }) => formatTyped(type, value, isMixed));
}

const DIGEST = /^(?:([a-z0-9]{2,10}):)?([0-9a-f]{32,128})$/;
const FEWEST_DIGITS = 8;

/**
 * The shown digests of a row in which every present value is one of the same kind.
 * @param {readonly { type: string, value: string }[]} cells
 * @returns {string[] | null}
 */
function shortDigests(cells) {
  const present = cells.filter(({ type }) => type !== "missing");
  const kinds = new Set(present.map(({ type, value }) => {
    const match = type === "text" ? DIGEST.exec(value) : null;
    return match === null ? null : `${match[1] ?? ""}:${match[2]?.length}`;
  }));
  if (kinds.size !== 1 || kinds.has(null)) return null;
  const digits = (/** @type {string} */ value) => value.slice(value.lastIndexOf(":") + 1);
  const values = new Set(present.map(({ value }) => value));
  let count = FEWEST_DIGITS;
  while (new Set([...values].map((value) => digits(value).slice(0, count))).size < values.size) count += 1;
  return cells.map(({ type, value }) => (type === "missing" ? MISSING : digits(value).slice(0, count)));
}

const NUMBER = /^[+-]?[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?$|^NaN$|^-?Infinity$/;
const FRACTION = /^([+-]?0*([0-9]*)\.)([0-9]+)((?:[eE][+-]?[0-9]+)?)$/;
const FEWEST_FIGURES = 5;
const MOST_FIGURES = 8;

/**
 * The shown numbers of a row of numbers, at least one of them long.
 * @param {readonly { type: string, value: string }[]} cells
 * @returns {string[] | null}
 */
function shortNumbers(cells) {
  const present = cells.filter(({ type }) => type !== "missing");
  const values = [...new Set(present.map(({ value }) => value))];
  const isText = present[0]?.type === "text";
  const isRow = present.every(({ type, value }) => (isText ? type === "text" : type === "int" || type === "float") && NUMBER.test(value));
  const longest = Math.max(0, ...values.map(figures));
  if (!isRow || longest <= MOST_FIGURES) return null;
  for (let count = FEWEST_FIGURES; count < longest; count += 1) {
    if (new Set(values.map((value) => cut(value, count))).size === values.length) {
      return cells.map(({ type, value }) => formatTyped(type, cut(value, count)));
    }
  }
  return null;
}

/** @param {string} number */
function figures(number) {
  const [, , whole = "", fraction = ""] = FRACTION.exec(number) ?? [];
  return (whole + fraction).replace(/^0+/, "").length;
}

/** @param {string} number @param {number} count */
function cut(number, count) {
  const [, head = "", whole = "", fraction = "", power = ""] = FRACTION.exec(number) ?? [];
  if (figures(number) <= MOST_FIGURES) return number;
  const zeros = whole === "" ? fraction.length - fraction.replace(/^0+/, "").length : 0;
  const kept = Math.max(zeros + count - whole.length, 1);
  return kept >= fraction.length ? number : `${head}${fraction.slice(0, kept)}…${power}`;
}
