// The filter language means in the page what it means on the command line (tests/unit/selection/test_shared_cases.py).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compile, isLike } from "../src/filter/evaluate.js";
import { parseWhere } from "../src/filter/parse.js";
import { FilterError } from "../src/filter/tokens.js";
import { factsOf } from "../src/runs/passing.js";

const cases = JSON.parse(readFileSync(new URL("../../tests/golden/filter_cases.json", import.meta.url), "utf8"));
const number = (text) => (text === "inf" ? Infinity : Number(text));

function plain(condition) {
  if (condition.kind === "not") return { not: plain(condition.part) };
  if (condition.kind === "group") return { [condition.isAny ? "any" : "all"]: condition.parts.map(plain) };
  const { key, operator, literals, isNegated } = condition;
  return { test: operator, entity: key.entity, name: key.name, literals, is_negated: isNegated };
}

/** The case's condition with its numbers as numbers. */
function expected(condition) {
  if (condition.not) return { not: expected(condition.not) };
  for (const name of ["any", "all"]) if (condition[name]) return { [name]: condition[name].map(expected) };
  return { ...condition, literals: condition.literals.map((one) => (typeof one === "string" ? one : number(one.number))) };
}

const names = Object.keys(cases.runs);
function facts(entity, name) {
  const owns = names.map((run) => new Map(Object.entries(cases.runs[run][entity])).get(name));
  const known = owns.map((own) => (own ? { text: own[0], number: own[1] === null ? null : number(own[1]) } : { text: "", number: null }));
  return [{ codes: owns.map((own, at) => (own ? at : -1)), facts: known }];
}

for (const { expression, condition, holds_for } of cases.expressions) {
  test(expression, () => {
    const parsed = parseWhere(expression);
    assert.deepEqual(plain(parsed), expected(condition));
    const holds = compile(parsed, facts);
    assert.deepEqual(names.filter((_, position) => holds(position)), holds_for);
  });
}

test("wrong expressions are wrong at their place", () => {
  for (const { expression, position } of cases.errors) {
    assert.throws(() => parseWhere(expression), (error) => error instanceof FilterError && error.position === position, expression);
  }
});

test("a key that no run has is said, unless its absence is asked for", () => {
  const none = () => [];
  assert.throws(
    () => compile(parseWhere("metrics.loss is null or params.modle = 'rf'"), none),
    (error) => error instanceof FilterError && error.position === 24 && error.message.includes("no param named 'modle'"),
  );
  assert.equal(compile(parseWhere("metrics.loss is null"), none)(0), true);
});

test("an empty attribute is none, as on the command line", () => {
  const runs = [{ id: "a", name: "a", user: "", status: "" }, { id: "b", name: "b", user: "ann", status: "finished" }];
  const holds = (expression) => {
    const passes = compile(parseWhere(expression), factsOf({ runs }));
    return runs.filter((_, position) => passes(position)).map(({ id }) => id);
  };
  assert.deepEqual(holds("user is null"), ["a"]);
  assert.deepEqual(holds("user != 'bob'"), ["b"]);
  assert.deepEqual(holds("status != 'failed'"), ["b"]);
});

test("no pattern takes long", () => {
  const started = performance.now();
  for (let round = 0; round < 1_000; round++) isLike("%a%a%a%a%a%a%a%a%b", "a".repeat(200));
  assert.ok(performance.now() - started < 5_000);
});
