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
  const digests = shortDigests(cells);
  if (digests !== null) return digests;
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
