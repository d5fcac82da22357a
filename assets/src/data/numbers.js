// What a typed cell is as a number. A port of rundiff/records/values.py: the same texts are numbers here and there.

const NUMERIC = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?$/;
const SPECIAL = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["+infinity", Number.POSITIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);
const MAX_NUMERIC_TEXT = 400;

/**
 * The double that a cell holds; null where it is no number. NaN is a number here: test for null.
 * @param {string} type
 * @param {string} text
 * @returns {number | null}
 */
export function numberOf(type, text) {
  if (type === "int" || type === "float") return Number(text);
  if (type !== "text" || text.length > MAX_NUMERIC_TEXT || text === "") return null;
  const special = SPECIAL.get(text.toLowerCase());
  if (special !== undefined) return special;
  return NUMERIC.test(text) ? Number(text) : null;
}

/**
 * The exact decimal value of numeric text in one spelling, "1E-1" for "0.10"; null where it is no number.
 * @param {string} type
 * @param {string} text
 * @returns {string | null}
 */
export function canonicalNumber(type, text) {
  if (type !== "int" && type !== "float" && type !== "text") return null;
  if (type === "text" && text.length > MAX_NUMERIC_TEXT) return null;
  const special = SPECIAL.get(text.toLowerCase());
  if (special !== undefined) return String(special);
  if (!NUMERIC.test(text)) return null;
  const [mantissa = "", power = "0"] = text.toLowerCase().split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", part = ""] = (/^[+-]/.test(mantissa) ? mantissa.slice(1) : mantissa).split(".");
  const digits = (whole + part).replace(/^0+/, "");
  if (digits === "") return "0";
  const kept = digits.replace(/0+$/, "");
  return `${sign}${kept}E${Number(power) - part.length + digits.length - kept.length}`;
}

/**
 * A double as Python writes it (`repr`), which is how records hold it: "1.0", "1e-05", "1e+16", "NaN".
 * @param {number} number
 */
export function formatFloat(number) {
  if (!Number.isFinite(number)) return String(number);
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [mantissa = "", power = ""] = number.toExponential().split("e");
    return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  const text = Object.is(number, -0) ? "-0" : String(number);
  return text.includes(".") ? text : `${text}.0`;
}
