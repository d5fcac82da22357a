import assert from "node:assert/strict";
import { test } from "node:test";
import { scaleOf } from "../src/charts/scale.js";
import { surface } from "../src/charts/triangles.js";

/** @param {number[]} numbers */
const textsOf = (numbers) => {
  const column = /** @type {any} */ ({ isNumeric: true, number: (/** @type {number} */ position) => numbers[position] });
  return scaleOf(column, numbers.map((_, position) => position)).ticks.map(({ text }) => text);
};

test("a few values are the ticks of their axis, all written alike", () => {
  assert.deepEqual(textsOf([20, 40, 20]), ["20", "40"]);
  assert.deepEqual(textsOf([0.0001, 0.001, 0.01]), ["0.0001", "0.001", "0.01"]);
  assert.deepEqual(textsOf([1, 1.01, 2]), ["1", "2"]);
});

test("many values have ticks at both ends and between", () => {
  assert.deepEqual(textsOf([0.931, 0.94, 0.95, 0.96, 0.987]), ["0.931", "0.960", "0.987"]);
});

test("points nearly on a line span no surface", () => {
  const square = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([x = 0, y = 0]) => ({ x, y, z: 0 }));
  assert.ok(Math.abs(surface(square) - 1) < 1e-9);
  assert.ok(surface([0, 0.3, 0.6, 1].map((x, at) => ({ x, y: x + (at % 2) / 100, z: 0 }))) < 0.03);
});
