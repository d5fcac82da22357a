// The words of a filter expression, with where they stand. A port of rundiff/selection/grammar.py.

/** @typedef {"word" | "text" | "double" | "back" | "op" | "mark" | "end"} Kind */
/** @typedef {{ kind: Kind, text: string, position: number }} Token */

export const MAX_EXPRESSION = 10_000;
const QUOTES = new Map(/** @type {[string, Kind][]} */ ([["'", "text"], ['"', "double"], ["`", "back"]]));
const OPERATORS = ["<=", ">=", "<>", "!=", "==", "=", "<", ">"];
const MARKS = "(),";
const WORD_ENDS = "'\"`(),=<>!";
const SPACE = /\s/;

/** What is wrong with an expression, and where. */
export class FilterError extends Error {
  /**
   * @param {string} message
   * @param {number} position
   */
  constructor(message, position) {
    super(message);
    this.position = position;
  }
}

/**
 * A quoted text; doubled quotes stand for one.
 * @param {string} expression
 * @param {number} start
 * @returns {[text: string, end: number] | null}
 */
function quoted(expression, start) {
  const quote = expression[start] ?? "";
  let text = "";
  for (let at = start + 1; at < expression.length; at++) {
    if (expression[at] !== quote) text += expression[at];
    else if (expression[at + 1] === quote) {
      text += quote;
      at += 1;
    } else return [text, at + 1];
  }
  return null;
}

/**
 * @param {string} expression
 * @returns {Token[]}
 */
export function tokensOf(expression) {
  if (expression.length > MAX_EXPRESSION) throw new FilterError("the expression is longer than 10,000 characters", 0);
  /** @type {Token[]} */
  const tokens = [];
  const end = expression.trimEnd().length;
  let place = 0;
  while (place < end) {
    const sign = expression[place] ?? "";
    if (SPACE.test(sign)) {
      place += 1;
      continue;
    }
    const [token, next] = tokenAt(expression, place, sign);
    tokens.push(token);
    place = next;
  }
  tokens.push({ kind: "end", text: "", position: end });
  return tokens;
}

/**
 * @param {string} expression
 * @param {number} place
 * @param {string} sign
 * @returns {[Token, number]}
 */
function tokenAt(expression, place, sign) {
  const kind = QUOTES.get(sign);
  if (kind) {
    const found = quoted(expression, place);
    if (!found) throw new FilterError("this quote is not closed", place);
    return [{ kind, text: found[0], position: place }, found[1]];
  }
  const operator = OPERATORS.find((text) => expression.startsWith(text, place));
  if (operator) return [{ kind: "op", text: operator, position: place }, place + operator.length];
  if (MARKS.includes(sign)) return [{ kind: "mark", text: sign, position: place }, place + 1];
  let end = place;
  while (end < expression.length && !WORD_ENDS.includes(expression[end] ?? "") && !SPACE.test(expression[end] ?? "")) end += 1;
  if (end === place) throw new FilterError(`'${sign}' is not expected`, place);
  return [{ kind: "word", text: expression.slice(place, end), position: place }, end];
}
