import assert from "node:assert/strict";
import { test } from "node:test";
import { readAt } from "../src/charts/cursor.js";
import { compareRow } from "../src/data/compare.js";
import { Column } from "../src/data/column.js";
import { Island } from "../src/data/island.js";
import { toCsv, toMarkdown } from "../src/page/export.js";
import { MOST_COLUMNS, viewOf } from "../src/page/view.js";
import { expressionTest, factsOf } from "../src/runs/passing.js";
import { defaultState } from "../src/state.js";
import { foldTexts } from "../src/tables/folding.js";

const TYPES = ["text", "int", "float", "bool", "null", "dict", "list"];

/** A column from `[type, text]` pairs, null where missing. */
function column(section, cells, key = "k") {
  const distinct = [...new Map(cells.filter(Boolean).map((cell) => [cell.join("\u0000"), cell])).values()];
  const at = (cell) => distinct.findIndex(([type, text]) => type === cell[0] && text === cell[1]);
  return new Column({
    section, key, t: distinct.map(([type]) => TYPES.indexOf(type)), v: distinct.map(([, text]) => text),
    i: cells.map((cell) => (cell ? at(cell) : -1)),
  }, TYPES, 0);
}

const differs = (section, base, other) => compareRow(column(section, [base, other]), "", [0, 1]).cells[1].differs;

test("typed cells differ by type and by text", () => {
  const values = [["null", "null"], ["text", ""], ["text", "null"], ["bool", "true"], ["int", "1"], ["float", "1.0"], ["text", "1"],
    ["int", "9007199254740992"], ["int", "9007199254740993"], null];
  values.forEach((base, at) => values.forEach((other, place) => {
    assert.equal(differs("params", base, other), at !== place, `${base} ${other}`);
  }));
});

test("rows of numeric text compare as numbers, other rows do not", () => {
  assert.equal(differs("params", ["text", "0.10"], ["text", "1e-1"]), false);
  const mixed = column("params", [["text", "0.10"], ["text", "0.1"], ["text", "x"]]);
  assert.equal(compareRow(mixed, "", [0, 1]).cells[1].differs, true);
});

test("metrics compare as doubles, NaN equals NaN, integers beyond doubles by text", () => {
  assert.equal(differs("metrics", ["float", "NaN"], ["float", "NaN"]), false);
  assert.equal(differs("metrics", ["float", "9007199254740993"], ["float", "9007199254740992.0"]), true);
  assert.equal(differs("metrics", ["float", "-0.0"], ["float", "0.0"]), false);
});

test("deltas, relative changes, best and worst", () => {
  const row = compareRow(column("metrics", [["float", "0.5"], ["float", "0.75"], ["float", "NaN"], null]), "lower", [1, 0, 2, 3]);
  assert.deepEqual(row.cells.map(({ delta }) => delta), [null, -0.25, null, null]);
  assert.equal(row.cells[1].relative, -0.25 / 0.75);
  assert.deepEqual(row.cells.map(({ isBest, isWorst }) => [isBest, isWorst]), [[false, true], [true, false], [false, false], [false, false]]);
  const zero = compareRow(column("metrics", [["float", "0.0"], ["float", "1.0"]]), "", [0, 1]);
  assert.equal(zero.cells[1].relative, null);
});

const run = (name) => ({ id: name, name, label: name, experiment: "", status: "finished", state: "", user: "", color: null, start: null, end: null });
function island(count, compared, columns = []) {
  return new Island({ title: "", runs: Array.from({ length: count }, (_, at) => run(`run${at}`)), compared, types: TYPES, columns, metrics: [] });
}

test("a new baseline stands first and swaps its colour with the old one", () => {
  const view = viewOf(island(4, [1, 0, 3]), { ...defaultState(), baseline: 3 });
  assert.deepEqual(view.positions, [3, 0, 1]);
  assert.deepEqual([...view.colors].sort(), [[0, 1], [1, 2], [3, 0]]);
});

test("a selection keeps colours, adds new ones and ends at the most columns", () => {
  const view = viewOf(island(100, [0, 1]), { ...defaultState(), selected: Array.from({ length: 100 }, (_, at) => at) });
  assert.equal(view.positions.length, MOST_COLUMNS);
  assert.equal(view.left, 100 - MOST_COLUMNS);
  assert.equal(view.colors.get(1), 1);
  assert.equal(new Set(view.colors.values()).size, view.colors.size);
  assert.deepEqual(viewOf(island(3, [0, 1]), { ...defaultState(), selected: [99], baseline: 77 }).positions, [0]);
});

test("formulas in texts are not run by a spreadsheet, numbers stay numbers", () => {
  const cells = [{ run: "a", type: "text", value: '=cmd|"x"' }, { run: "b", type: "float", value: "-0.5" }, { run: "c", type: "missing", value: "" }];
  const csv = toCsv(["@a", "b", "c"], [{ section: "params", key: "+k", cells }]);
  assert.equal(csv, '"section","key","\'@a","b","c"\r\n"params","\'+k","\'=cmd|""x""","-0.5",\r\n');
});

test("what the command's CSV guards the page's does", () => {
  const texts = ["＝1", "-Infinity", "'=a", "=a", "-0.5", " @x", "'a"];
  const cells = texts.map((value) => ({ run: "a", type: "text", value }));
  const [, line] = toCsv(texts, [{ section: "tags", key: "k", cells }]).split("\r\n");
  assert.equal(line, `"tags","k","'＝1","'-Infinity","''=a","'=a","-0.5","' @x","'a"`);
});

test("Markdown cells cannot break their table or their code span", () => {
  const cells = [{ run: "a", type: "text", value: "a|b`c``d\n@e" }, { run: "b", type: "text", value: "`" }];
  const [, , line] = toMarkdown(["a", "b"], [{ section: "tags", key: "k", cells }]).split("\n");
  assert.equal(line, "| tags | `k` | `a`&#124;```b`c``d↵@e``` | `` ` `` |");
  const backslash = [{ run: "a", type: "text", value: "a\\|\u202eb" }];
  const [, , whole] = toMarkdown(["a"], [{ section: "tags", key: "k", cells: backslash }]).split("\n");
  assert.equal(whole, "| tags | `k` | `a\\`&#124;`\\u{202e}b` |", "a bar after a backslash, and what cannot be seen");
});

test("the cursor reads every curve that reaches the step, largest first and NaN last", () => {
  const curve = (label, x, y) => ({ position: 0, label, color: 0, x, y });
  const found = readAt([curve("a", [0, 1, 2], [5, 6, 7]), curve("b", [0, 2, 4], [1, 9, NaN]), curve("c", [0], [3])], 1.9);
  assert.equal(found.x, 2);
  assert.deepEqual(found.rows.map(({ curve: { label }, y }) => [label, y]), [["b", 9], ["a", 7]]);
});

test("the cursor reads times that are out of order or missing", () => {
  const [label, color] = ["a", 0];
  const found = readAt([{ position: 0, label, color, x: [NaN, 10, 30, 20, 40], y: [1, 2, 3, 4, 5] }], 21);
  assert.equal(found.x, 20);
  assert.deepEqual(found.rows.map(({ y }) => y), [4]);
  assert.equal(readAt([{ position: 0, label, color, x: [NaN], y: [1] }], 0), null);
});

test("free text needs every word, an expression with a fault tests nothing", () => {
  const data = island(2, [0], [{ section: "params", key: "m", t: [0, 0], v: ["Red fox", "blue"], i: [0, 1] }]);
  const columns = [["red fox", "blue"], ["one", "two"]].map((texts) => ({ hits: (word) => texts.map((text) => text.includes(word)), codes: [0, 1] }));
  const { test: passes } = expressionTest("fox one", columns, factsOf(data));
  assert.deepEqual([passes(0), passes(1)], [true, false]);
  assert.deepEqual(expressionTest("params.m like", columns, factsOf(data)).fault?.position, 13);
  assert.match(expressionTest("parent_run_id = 'x'", columns, factsOf(data)).fault?.message ?? "", /--where/);
  const { test: holds } = expressionTest("params.m ilike 'red%'", columns, factsOf(data));
  assert.deepEqual([holds(0), holds(1)], [true, false]);
});

test("shared ends are folded and the rest is marked against the baseline", () => {
  const texts = ["python train.py --lr 0.1 --seed 0 --out runs", "python train.py --lr 0.2 --seed 0 --out runs"];
  const [, second] = foldTexts(texts);
  assert.deepEqual(second.map(({ kind }) => kind), ["folded", "differs", "folded"]);
  assert.equal(second[1].text, "0.2");
  assert.equal(foldTexts(["short", "texts"]), null);
});
