import assert from "node:assert/strict";
import { test } from "node:test";
import { frontOf } from "../src/charts/front.js";

const POINTS = [[3, 9], [1, 5], [2, 7], [2, 7], [2, 6], [4, 9], [5, 1], [0, 0]].map(([x = 0, y = 0], position) => ({ position, x, y }));
const island = /** @type {any} */ ({
  run: (/** @type {number} */ position) => ({ status: position === 7 ? "failed" : "finished", state: "complete" }),
});
const positions = (/** @type {(string | undefined)[]} */ directions) => frontOf(POINTS, directions, island).map(({ position }) => position);

test("no other run dominates those on the front, from left to right", () => {
  assert.deepEqual(positions(["lower", "higher"]), [1, 2, 3, 0]);
  assert.deepEqual(positions(["lower", "lower"]), [1, 6]);
  assert.deepEqual(positions(["higher", "higher"]), [5, 6]);
  assert.deepEqual(positions(["higher", "lower"]), [6]);
});

test("without directions there is no front", () => {
  assert.deepEqual(positions(["lower", undefined]), []);
  assert.deepEqual(positions(["", "higher"]), []);
});
