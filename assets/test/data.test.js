import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { smooth } from "../src/charts/smoothing.js";
import { band, levels, triangulate } from "../src/charts/triangles.js";
import { Column } from "../src/data/column.js";
import { Island } from "../src/data/island.js";
import { canonicalNumber, formatFloat, numberOf } from "../src/data/numbers.js";
import { seriesReader } from "../src/data/series.js";
import { columnTest } from "../src/runs/columnfilter.js";
import { RunColumn } from "../src/runs/columns.js";
import { sortPositions } from "../src/runs/sort.js";

const text = (value) => ({ type: "text", value });
const float = (value) => ({ type: "float", value });

const TYPES = ["text", "float"];
const columnOf = (cells, codes) =>
  new Column({ section: "params", key: "k", t: cells.map(({ type }) => TYPES.indexOf(type)), v: cells.map(({ value }) => value), i: codes }, TYPES, 0);
const doubles = (numbers, gaps = []) =>
  new Column({ section: "metrics", key: "m", f: Buffer.from(Float64Array.from(numbers).buffer).toString("base64"), gaps }, TYPES, 0);

test("doubles are written as Python writes them", () => {
  for (const [number, expected] of [
    [0, "0.0"], [-0, "-0.0"], [1, "1.0"], [0.1, "0.1"], [0.0001, "0.0001"], [0.00001, "1e-05"], [-1.5e-7, "-1.5e-07"], [1e15, "1000000000000000.0"],
    [123456789012345680, "1.2345678901234568e+17"], [1e16, "1e+16"], [1e100, "1e+100"], [5e-324, "5e-324"], [2 ** 53, "9007199254740992.0"],
    [NaN, "NaN"], [Infinity, "Infinity"], [-Infinity, "-Infinity"],
  ]) assert.equal(formatFloat(number), expected);
});

test("a column of doubles is like any other", () => {
  const column = doubles([0.5, NaN, 1e-7, 0, 0.5], [3]);
  assert.deepEqual(column.cell(0), float("0.5"));
  assert.deepEqual(column.cell(1), float("NaN"));
  assert.deepEqual(column.cell(2), float("1e-07"));
  assert.equal(column.cell(3).type, "missing");
  assert.ok(column.isNumeric);
  assert.ok(Number.isNaN(column.number(3)));
  assert.deepEqual(sortPositions([0, 1, 2, 3, 4], [{ column, descending: false }]), [2, 0, 4, 1, 3]);
  const second = columnOf([text("x"), text("y")], [1, 0, 0, 0, 0]);
  assert.deepEqual(sortPositions([0, 2, 4], [{ column, descending: false }, { column: second, descending: false }]), [2, 4, 0]);
});

test("free text finds digits in doubles", () => {
  const column = new RunColumn(0, "metrics.m", "m", doubles([0.5, 12.25, 1e-7, 0.125]));
  const found = (word) => column.hits(word);
  assert.deepEqual(found("25"), [false, true, false, true]);
  assert.deepEqual(found("e-07"), [false, false, true, false]);
  assert.equal(found("77"), null);
  assert.equal(found("tiger"), null);
  assert.equal(found("nan"), null);
  assert.deepEqual(new RunColumn(0, "metrics.m", "m", doubles([1, NaN, -Infinity])).hits("n"), [false, true, true]);
});

test("numbers are what Python takes for numbers", () => {
  for (const [given, expected] of [["0.10", 0.1], [".5", 0.5], ["5.", 5], ["1e3", 1000], ["-INF", -Infinity]]) {
    assert.equal(numberOf("text", given), expected, given);
  }
  for (const given of ["", " 1", "1_000", "0x10", "1e", "١", "1e12345", "--1"]) {
    assert.equal(numberOf("text", given), null, given);
  }
  assert.ok(Number.isNaN(numberOf("text", "nan")));
  assert.equal(numberOf("bool", "1"), null);
});

test("equal decimals have one spelling", () => {
  for (const [given, expected] of [
    ["0.10", "1E-1"], ["1e-1", "1E-1"], ["-120", "-12E1"], ["0.000", "0"], ["-0", "0"], ["1.5e3", "15E2"], ["+7", "7E0"],
    ["9007199254740993", "9007199254740993E0"],
  ]) {
    assert.equal(canonicalNumber("text", given), expected);
  }
});

test("an island keeps keys that objects would lose", () => {
  const keys = ["__proto__", "constructor", "", "a.b"];
  const island = new Island({
    title: "", runs: [], compared: [], types: ["text"], metrics: [],
    columns: keys.map((key) => ({ section: "params", key, t: [0], v: ["x"], i: [0, -1] })),
  });
  for (const key of keys) {
    assert.deepEqual(island.column("params", key).cell(0), text("x"));
    assert.equal(island.column("params", key).cell(1).type, "missing");
  }
});

test("series come back in all encodings", async () => {
  const bytes = Buffer.alloc(8 + 6 + 6);
  bytes.writeDoubleLE(0.1, 0);
  [0, 65_534, 65_535].forEach((code, at) => bytes.writeUInt16LE(code, 8 + 2 * at));
  Buffer.from([0, 254, 1, 0, 255, 0]).copy(bytes, 14); // the differences: their low bytes, then their high ones
  const read = seriesReader({
    planes: 14,
    shorts: 3,
    data: gzipSync(bytes).toString("base64"),
    bound: null,
    items: [
      { key: "a", run: 0, n: 1, of: 1, x: { f: "seq", a: 5, b: 2 }, y: { f: "f64", o: 0 }, t: null },
      { key: "a", run: 1, n: 3, of: 9, x: { f: "seq", a: 5, b: 2 }, y: { f: "u16", o: 8, a: -1, b: 1 }, t: null },
      { key: "a", run: 2, n: 3, of: 3, x: { f: "seq", a: 0, b: 1 }, y: { f: "d16", o: 0, a: -1, b: 1 }, t: null },
    ],
  });
  const [first, second, third] = (await read()).get("a");
  assert.deepEqual([...first.y], [0.1]);
  assert.deepEqual([...second.x], [5, 7, 9]);
  assert.deepEqual([...second.y], [-1, 1, Number.NaN]);
  assert.deepEqual([...third.y], [...second.y]);
});

test("smoothing does not lean to zero and passes over what is not finite", () => {
  assert.deepEqual([...smooth(Float64Array.of(4, 4, NaN, 4), 0.9)].map((v) => Math.round(v * 1e9) / 1e9), [4, 4, NaN, 4]);
  const [a, b] = smooth(Float64Array.of(0, 1), 0.5);
  assert.equal(a, 0);
  assert.ok(Math.abs(b - 2 / 3) < 1e-12);
});

test("sorting puts NaN and missing last, both ways", () => {
  const column = columnOf([float("2.0"), float("NaN"), float("10.0"), text("b")], [0, 1, -1, 2, 3]);
  assert.deepEqual(sortPositions([0, 1, 2, 3, 4], [{ column, descending: false }]), [0, 3, 4, 1, 2]);
  assert.deepEqual(sortPositions([0, 1, 2, 3, 4], [{ column, descending: true }]), [4, 3, 0, 1, 2]);
});

test("a second column breaks ties", () => {
  const first = columnOf([text("x"), text("y")], [0, 1, 0, 1]);
  const second = columnOf([float("1.0"), float("2.0")], [0, 0, 1, 1]);
  assert.deepEqual(
    sortPositions([0, 1, 2, 3], [{ column: first, descending: true }, { column: second, descending: true }]), [3, 1, 2, 0]);
});

test("filters under the heads", () => {
  const cells = [float("0.95"), float("0.2"), float("NaN"), text("SGD"), { type: "missing", value: "" }];
  const kept = (filter) => cells.map((cell) => columnTest(filter)(cell));
  assert.deepEqual(kept("> 0.93"), [true, false, false, false, false]);
  assert.deepEqual(kept("0.1..0.5"), [false, true, false, false, false]);
  assert.deepEqual(kept("sgd"), [false, false, false, true, false]);
  assert.deepEqual(kept("missing"), [false, false, false, false, true]);
  assert.deepEqual(kept("= SGD"), [false, false, false, true, false]);
  assert.deepEqual(kept("≠ SGD"), [true, true, true, false, false]);
  assert.deepEqual(kept("!= 0.2"), [true, false, true, false, false]);
  assert.deepEqual(kept("≤ 0.2"), [false, true, false, false, false]);
  assert.deepEqual(kept("!sgd"), [true, true, true, false, true]);
  assert.equal(columnTest(">"), null);
  assert.equal(columnTest("  "), null);
});

test("triangles cover the square once", () => {
  const grid = [];
  for (let x = 0; x <= 4; x++) for (let y = 0; y <= 4; y++) grid.push({ x: x / 4, y: y / 4, z: x + y });
  const corners = (t) => t.map((index) => grid[index]);
  const area = ([a, b, c]) => Math.abs((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)) / 2;
  const triangles = triangulate(grid);
  const total = triangles.reduce((sum, t) => sum + area(corners(t)), 0);
  assert.ok(Math.abs(total - 1) < 1e-9, total);
  const cut = band(corners(triangles[0]), 0.25, 0.5);
  assert.ok(cut.every(({ z }) => z >= 0.25 - 1e-9 && z <= 0.5 + 1e-9));
});

test("levels are round and cover the range", () => {
  assert.deepEqual(levels(0.91, 0.97, 6), [0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97]);
});
