import assert from "node:assert/strict";
import { test } from "node:test";
import { endNames, placeLabels } from "../src/charts/labels.js";

test("labels of lines that end together do not touch", () => {
  for (const y of [4, 50, 199]) {
    const ends = Array.from({ length: 6 }, (_, color) => ({ color, x: 100, y: y + color / 9, text: "a-name" }));
    const crossing = Array.from({ length: 15 }, (_, at) => /** @type {[number, number]} */ ([100 + 4 * at, y]));
    const heights = placeLabels(ends, crossing, 200, 400).map((label) => label.y);
    assert.ok((heights[0] ?? 0) >= 2);
    heights.slice(1).forEach((height, at) => assert.ok(height - (heights[at] ?? 0) >= 12, heights.join(" ")));
    assert.ok((heights.at(-1) ?? 0) <= 204);
  }
});

test("a long name is told by whole words", () => {
  const names = ["base", "sgd-alpha=0.01-s0", "mlp-narrow-s2", "mlp-wide-v2-s0", "resnet50_wide", "mlp-averylongword-seed"];
  const island = /** @type {any} */ ({ run: (/** @type {number} */ position) => ({ label: names[position] }) });
  const view = /** @type {any} */ ({ positions: names.map((_, position) => position), baseline: 0 });
  assert.deepEqual([...endNames(island, view).values()], ["baseline", "sgd…", "…narrow-s2", "…v2-s0", "resnet50…", "…seed"]);
});
