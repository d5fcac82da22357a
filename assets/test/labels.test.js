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

test("names stand in the order of their lines beside others that end earlier", () => {
  const late = [14, 16, 20, 24].map((y, color) => ({ color, x: 306, y, text: "a-name" }));
  const labels = placeLabels([...late, { color: 4, x: 180, y: 22, text: "a-name" }], [], 222, 388);
  const heights = labels.filter(({ color }) => color < 4).map(({ y }) => y);
  assert.deepEqual(heights, [...heights].sort((a, b) => a - b));
});

test("a label at the edge ends there however wide its font is", () => {
  const [inside, edge] = placeLabels([{ color: 0, x: 100, y: 50, text: "a-name" }, { color: 1, x: 390, y: 90, text: "a-name" }], [], 200, 400);
  assert.deepEqual([inside?.x, inside?.anchor], [108, "left"]);
  assert.deepEqual([edge?.x, edge?.anchor], [400, "right"]);
});

test("a long name is told by whole words", () => {
  const names = ["base", "sgd-alpha=0.01-s0", "mlp-narrow-s2", "mlp-wide-v2-s0", "resnet50_wide", "mlp-averylongword-seed"];
  const island = /** @type {any} */ ({ run: (/** @type {number} */ position) => ({ label: names[position] }) });
  const view = /** @type {any} */ ({ positions: names.map((_, position) => position), baseline: 0 });
  assert.deepEqual([...endNames(island, view).values()], ["baseline", "sgd…", "…narrow-s2", "…v2-s0", "resnet50…", "…seed"]);
});
