// The grammar of `--where`, as rundiff/selection/grammar.py has it: the same expressions mean the same on the command
// line and in the page (tests/golden/filter_cases.json).

import { FilterError, tokensOf } from "./tokens.js";

/** @typedef {{ entity: string, name: string, position: number }} Key `position`: where it stands in the expression */
/** @typedef {{ kind: "test", key: Key, operator: string, literals: (string | number)[], isNegated: boolean }} Test */
/** @typedef {{ kind: "group", isAny: boolean, parts: Condition[] }} Group */
/** @typedef {{ kind: "not", part: Condition }} Negation */
/** @typedef {Test | Group | Negation} Condition */

const MAX_NESTING = 50;
const ENTITIES = new Map([
  ["metric", "metrics"], ["metrics", "metrics"],
  ["param", "params"], ["params", "params"], ["parameter", "params"], ["parameters", "params"],
  ["tag", "tags"], ["tags", "tags"],
  ["environment", "environment"], ["env", "environment"],
  ["dataset", "datasets"], ["datasets", "datasets"],
  ["attribute", "attributes"], ["attributes", "attributes"], ["attr", "attributes"], ["run", "attributes"],
]);
const ATTRIBUTES = new Map([
  ["run_id", "run_id"], ["run_name", "name"], ["name", "name"], ["Run name", "name"],
  ["experiment", "experiment"], ["experiment_name", "experiment"], ["status", "status"], ["state", "state"],
  ["start_time", "start_time"], ["created", "start_time"], ["Created", "start_time"], ["end_time", "end_time"],
  ["user", "user"], ["user_id", "user"], ["source", "source"], ["parent_run_id", "parent_run_id"],
]);
const DATASET_FIELDS = ["name", "digest", "context"];
const SYNONYMS = new Map([["==", "="], ["<>", "!="]]);
const NUMBER = /^[+-]?(?:(?:[0-9]+(?:_[0-9]+)*)?\.?(?:[0-9]+(?:_[0-9]+)*)?(?:e[+-]?[0-9]+(?:_[0-9]+)*)?|nan|inf(?:inity)?)$/i;

/** A number as Python's `float` reads it, or null. @param {string} text */
function numberIn(text) {
  if (!NUMBER.test(text)) return null;
  const plain = text.replaceAll("_", "").toLowerCase();
  if (plain.includes("nan")) return Number.NaN;
  if (plain.includes("inf")) return plain.startsWith("-") ? -Infinity : Infinity;
  const number = Number(plain);
  return Number.isNaN(number) || !/[0-9]/.test(plain) ? null : number;
}

class Parser {
  #next = 0;
  #tokens;

  /** @param {string} expression */
  constructor(expression) {
    this.#tokens = tokensOf(expression);
  }

  get #token() {
    return /** @type {import("./tokens.js").Token} */ (this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]);
  }

  /** @param {string} message @param {number} [position] */
  #fail(message, position) {
    return new FilterError(message, position ?? this.#token.position);
  }

  /** @param {string} what */
  #expected(what) {
    const { kind, text } = this.#token;
    return this.#fail(`expected ${what}, found ${kind === "end" ? "the end" : `'${text}'`}`);
  }

  /** Step over a keyword if it is next. @param {string} word */
  #takesWord(word) {
    if (this.#token.kind !== "word" || this.#token.text.toLowerCase() !== word) return false;
    this.#next += 1;
    return true;
  }

  /** @param {string} mark */
  #takesMark(mark) {
    if (this.#token.kind !== "mark" || this.#token.text !== mark) return false;
    this.#next += 1;
    return true;
  }

  expectEnd() {
    if (this.#token.kind !== "end") throw this.#expected("'and', 'or' or the end");
  }

  /** @param {number} depth @returns {Condition} */
  anyOf(depth) {
    return this.#joined("or", true, () => this.#joined("and", false, () => this.#one(depth)));
  }

  /** @param {string} word @param {boolean} isAny @param {() => Condition} read @returns {Condition} */
  #joined(word, isAny, read) {
    const first = read();
    const parts = [first];
    while (this.#takesWord(word)) parts.push(read());
    return parts.length === 1 ? first : { kind: "group", isAny, parts };
  }

  /** @param {number} depth @returns {Condition} */
  #one(depth) {
    if (depth > MAX_NESTING) throw this.#fail(`nested more than ${MAX_NESTING} deep`);
    if (this.#takesWord("not")) return { kind: "not", part: this.#one(depth + 1) };
    if (!this.#takesMark("(")) return this.#test();
    const found = this.anyOf(depth + 1);
    if (!this.#takesMark(")")) throw this.#expected("')', 'and' or 'or'");
    return found;
  }

  /** @returns {Test} */
  #test() {
    const key = this.#key();
    if (this.#takesWord("is")) {
      const isNegated = this.#takesWord("not");
      if (!this.#takesWord("null")) throw this.#expected("'null'");
      return { kind: "test", key, operator: "null", literals: [], isNegated };
    }
    const isNegated = this.#takesWord("not");
    if (this.#takesWord("in")) return { kind: "test", key, operator: "in", literals: this.#list(), isNegated };
    for (const operator of ["like", "ilike"]) {
      if (this.#takesWord(operator)) return { kind: "test", key, operator, literals: [this.#text()], isNegated };
    }
    if (isNegated || this.#token.kind !== "op") {
      throw this.#expected(isNegated ? "'in', 'like' or 'ilike'" : "a comparison such as '=' or '>'");
    }
    const sign = this.#token.text;
    this.#next += 1;
    return { kind: "test", key, operator: SYNONYMS.get(sign) ?? sign, literals: [this.#literal(key)], isNegated };
  }

  /** @returns {Key} */
  #key() {
    const { kind, text, position } = this.#token;
    if (kind !== "word" && kind !== "back") throw this.#expected("a key such as metrics.accuracy or params.model");
    this.#next += 1;
    const dot = text.indexOf(".");
    let [head, name] = [text.slice(0, dot), text.slice(dot + 1)];
    if (kind === "back" || dot < 0) [head, name] = ["attributes", text];
    else if (name === "") {
      if (this.#token.kind !== "back" && this.#token.kind !== "double") throw this.#expected(`a name after '${head}.'`);
      name = this.#token.text;
      this.#next += 1;
    }
    const entity = ENTITIES.get(head.toLowerCase());
    if (!entity) {
      throw this.#fail(`'${head}' is not one of metrics, params, tags, environment, datasets, attributes`, position);
    }
    return { entity, name: this.#checked(entity, name, position), position };
  }

  /** @param {string} entity @param {string} name @param {number} position */
  #checked(entity, name, position) {
    const attribute = ATTRIBUTES.get(name);
    if (entity === "attributes" && !attribute) {
      throw this.#fail(`'${name}' is no attribute; write metrics.${name}, params.${name} or tags.${name} for what was logged`, position);
    }
    if (entity === "datasets" && !DATASET_FIELDS.includes(name)) {
      throw this.#fail(`'${name}' is not one of ${DATASET_FIELDS.join(", ")}`, position);
    }
    return entity === "attributes" && attribute ? attribute : name;
  }

  #list() {
    if (!this.#takesMark("(")) throw this.#expected("'(' and a list of values");
    const found = [this.#anyLiteral()];
    while (this.#takesMark(",")) found.push(this.#anyLiteral());
    if (!this.#takesMark(")")) throw this.#expected("',' or ')'");
    return found;
  }

  #text() {
    const { kind, text } = this.#token;
    if (kind !== "text" && kind !== "double") throw this.#expected("a text in quotes");
    this.#next += 1;
    return text;
  }

  /** @param {Key} key */
  #literal(key) {
    const { position } = this.#token;
    const found = this.#anyLiteral();
    if (key.entity === "metrics" && typeof found === "string") {
      throw this.#fail("metrics are compared with numbers, without quotes", position);
    }
    return found;
  }

  #anyLiteral() {
    const { kind, text } = this.#token;
    if (kind === "text" || kind === "double") {
      this.#next += 1;
      return text;
    }
    if (kind !== "word") throw this.#expected("a number or a text in quotes");
    const number = numberIn(text);
    if (number === null) throw this.#expected("a number, or a text in quotes");
    this.#next += 1;
    return number;
  }
}

/**
 * The condition that an expression states; throws FilterError with the position.
 * @param {string} expression
 * @returns {Condition}
 */
export function parseWhere(expression) {
  const parser = new Parser(expression);
  const found = parser.anyOf(0);
  parser.expectEnd();
  return found;
}
