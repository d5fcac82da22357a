import assert from "node:assert/strict";
import { test } from "node:test";
import { Island } from "../src/data/island.js";
import { commandWith } from "../src/page/remark.js";
import { byTolerance, judgeIn } from "../src/stats/judge.js";
import { exceedsTolerance } from "../src/stats/tolerance.js";

const rule = { direction: "higher", tolerance: "0.01", isOneRecipe: false };

/** Runs a … by their metric `acc`; columns are `[section, key, values]`, null is missing. */
function island(values, columns = [], more = {}) {
  const pack = ([section, key, cells, guards]) => ({ section, key, guards, t: cells.map(() => 0), v: cells.map((cell) => cell ?? ""), i: cells.map((cell, at) => (cell === null ? -1 : at)) });
  return new Island({
    title: "", compared: [0, 1], types: ["text", "float"], series: undefined,
    runs: values.map((_, at) => ({ id: `id${at}`, name: "abcdefgh"[at], label: "", status: "finished", state: "complete" })),
    columns: [{ section: "metrics", key: "acc", t: values.map(() => 1), v: values.map(String), i: values.map((_, at) => at) }, ...columns.map(pack)],
    metrics: [{ key: "acc", direction: "higher", origin: "", unit: "", tolerance: "" }], ...more,
  });
}

test("a tolerance is held against decimals, absolute or as a share", () => {
  for (const [before, after, text, exceeds] of [
    [0.91, 0.915, "0.005", false], [0.91, 0.9150001, "0.005", true], [-2, -2.02, "1%", false], [200, 202.1, " 1 % ", true],
    [1e-300, 2e-300, "1e-300", false], [1e21, 1.1e21, ".5", true], [1, 1, "", false], [1, 1.1, "much", true],
  ]) assert.equal(exceedsTolerance(before, after, text), exceeds, `${before} ${after} ${text}`);
});

test("few runs are judged by the tolerance", () => {
  assert.equal(byTolerance([0.9], [0.92], rule).word, "better");
  assert.equal(byTolerance([0.9], [0.92], { ...rule, direction: "lower" }).tone, "worse");
  assert.equal(byTolerance([0.9], [0.905], rule).word, "equivalent");
  assert.equal(byTolerance([0.9], [0.92], { ...rule, direction: "" }).word, "");
  assert.equal(byTolerance([0.9, 0.95], [0.94, 0.99], rule).word, "inconclusive");
  assert.equal(byTolerance([0.9], [Infinity], rule).word, "better");
  assert.equal(byTolerance([0.9], [0.5], { ...rule, isOneRecipe: true }).word, "replicate");
});

test("several runs against several are left to the command", () => {
  const replicates = [[0, 1, 2], [3, 4, 5]];
  const judge = judgeIn(island([0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 0.4], [], { replicates }));
  assert.equal(judge("acc", 0, 3)?.word, "not judged");
  assert.equal(judge("acc", 0, 1)?.word, "replicate");
  assert.equal(judge("acc", 0, 6)?.word, "better");
  assert.equal(judge("loss", 0, 6), undefined);
});

test("other test data, sizes and versions make a delta meaningless", () => {
  for (const column of [["datasets", "test · digest", ["a", "b"]], ["params", "eval.n_test", ["10", "20"], "size"], ["tags", "acc.version", ["1", "2"]], ["params", "max_steps", ["1", "2"], "steps"]]) {
    const verdict = judgeIn(island([0.1, 0.9], [column]))("acc", 0, 1);
    assert.ok(verdict?.word === "incomparable" && verdict.isStruck, String(column[1]));
  }
  for (const column of [["datasets", "train · digest", ["a", "b"]], ["datasets", "test · digest", ["a", null]], ["params", "n_test", ["1.0", "1"], "size"], ["params", "lr", ["1", "2"]]]) {
    assert.equal(judgeIn(island([0.1, 0.9], [column]))("acc", 0, 1)?.word, "better", String(column[1]));
  }
});

test("the command names the new baseline, quoted", () => {
  const runs = island([1, 2], [], { command: "rundiff report 'my runs' -o report.html" });
  assert.equal(commandWith(runs, 1), "rundiff report 'my runs' -o report.html --baseline b");
  runs.runs[1].name = "a b'c";
  assert.equal(commandWith(runs, 1), `rundiff report 'my runs' -o report.html --baseline 'a b'"'"'c'`);
  runs.runs[1].name = "-x";
  assert.equal(commandWith(runs, 1), "rundiff report 'my runs' -o report.html --baseline id1");
  runs.runs[0].name = runs.runs[1].name = "a b'c";
  assert.equal(commandWith(runs, 1), "rundiff report 'my runs' -o report.html --baseline id1");
});
