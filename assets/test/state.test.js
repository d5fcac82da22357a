import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_FRAGMENT, decodeState, encodeState, isAnchorOnly, packNumbers, unpackNumbers } from "../src/fragment.js";
import { defaultState } from "../src/state.js";

/** A state in which every field differs from the default. */
function full() {
  return {
    anchor: "run-3",
    differences: false,
    search: "lr & ~!=%,#",
    baseline: 3,
    transposed: ["params", "tags"],
    unfolded: ["metrics"],
    selected: [0, 1, 2, 9, 40],
    expression: "metrics.acc > 0.9 and params.`a b` = 'x~y'",
    sort: [{ column: 12, descending: true }, { column: 4, descending: false }],
    columns: [0, 5, 4, 7],
    pinned: 2,
    filters: new Map([[4, "> 0.93"], [37, "a,b~c!"]]),
    bars: [4],
    widths: new Map([[4, 210]]),
    x: "wall",
    y: "log",
    smoothing: 60,
    charts: new Map([[2, { y: "linear" }], [3, { x: "relative", smoothing: 0, axes: [4, 1] }]]),
    moved: 2,
    theme: "dark",
  };
}

test("the default state is an empty fragment", () => {
  assert.deepEqual(encodeState(defaultState()), { fragment: "", isWhole: true });
  assert.deepEqual(decodeState("#"), defaultState());
});

test("every field comes back", () => {
  const { fragment, isWhole } = encodeState(full());
  assert.ok(isWhole);
  assert.ok(fragment.length < 400, fragment);
  assert.deepEqual(decodeState(`#${fragment}`), full());
});

test("nothing selected, no columns and no order are told from the default", () => {
  const { fragment } = encodeState({ ...defaultState(), selected: [], columns: [], sort: [] });
  const { selected, columns, sort } = decodeState(fragment);
  assert.deepEqual([selected, columns, sort], [[], [], []]);
});

test("a long state leaves out its last fields, keeps the first and says so", () => {
  const state = { ...full(), selected: Array.from({ length: 2_000 }, (_, index) => index * 2) };
  const { fragment, isWhole } = encodeState(state);
  assert.equal(isWhole, false);
  assert.ok(fragment.length <= MAX_FRAGMENT);
  const back = decodeState(fragment);
  assert.equal(back.selected, null);
  assert.deepEqual(back.filters, state.filters);
});

test("nonsense becomes the default, never an error", () => {
  for (const text of ["b=-1", "b=zzzzzzzzzzzzzz", "q=%", "c=%E0%A4%A", "f=~~~,", "g=1~q", "s=..", "__proto__=1", "z=zzz", "h=9", "=", "&&&"]) {
    const state = decodeState(text);
    assert.ok(state.baseline === null && state.theme === "auto" && state.smoothing <= 99, text);
  }
  assert.ok(unpackNumbers("0-zzzzzzz").length <= 100_001);
});

test("lone surrogates do not stop it", () => {
  assert.doesNotThrow(() => encodeState({ ...defaultState(), search: "\ud800" }));
});

test("neighbours are packed", () => {
  assert.equal(packNumbers([0, 1, 2, 7, 6]), "0-2.7.6");
  assert.deepEqual(unpackNumbers("0-2.7.6"), [0, 1, 2, 7, 6]);
});

test("a bare anchor is told from a state", () => {
  assert.equal(isAnchorOnly("#metrics"), true);
  assert.equal(isAnchorOnly("#metrics&d=0"), false);
  assert.equal(isAnchorOnly("#"), false);
});

test("a hostile fragment stays small: ranges do not multiply", () => {
  const ranges = Array(300).fill("0-zzzzzz").join(".");
  const many = Array.from({ length: 200 }, (_, at) => `${at.toString(36)}~a${"0-zzzzzz.".repeat(3)}`).join(",");
  for (const fragment of [`r=${ranges}`, `c=${ranges}&i=${ranges}`, `g=${many}`, `r=${ranges.repeat(1_000)}`]) {
    const state = decodeState(fragment);
    const numbers = [state.selected ?? [], state.columns ?? [], state.bars, ...[...state.charts.values()].map(({ axes }) => axes ?? [])];
    assert.ok(numbers.reduce((sum, list) => sum + list.length, 0) <= 300_000, fragment.slice(0, 40));
  }
});

test("a fragment far longer than the page writes is read as far as that", () => {
  const state = decodeState(`q=${"a".repeat(1_000_000)}&e=b`);
  assert.ok(state.search.length <= 8_000);
  assert.equal(state.expression, "");
});
