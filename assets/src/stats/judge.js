// Verdicts against a baseline that was chosen in the page, by the rules of rundiff/stats/case.py where no test is needed:
// fewer than three runs of a recipe on either side are judged by the tolerance. With more the page says that it did not
// judge, since means, tests and their correction are the command's.

import { showText } from "../format/text.js";
import { comparability } from "./comparable.js";
import { exceedsTolerance } from "./tolerance.js";

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("../tables/verdicts.js").Verdict} Verdict */

const ENOUGH_RUNS = 3;
export const UNJUDGED = "not judged";

/** The replicates that a run belongs to, itself included. @param {Island} island @param {number} position */
export function replicatesOf({ replicates }, position) {
  return replicates.find((group) => group.includes(position)) ?? [position];
}

/** @param {Island} island @param {number} baseline @param {number} position */
export function needsTest(island, baseline, position) {
  const [before, after] = [replicatesOf(island, baseline), replicatesOf(island, position)];
  return before !== after && Math.min(before.length, after.length) >= ENOUGH_RUNS;
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {string} word @param {string} reason @returns {Verdict} */
const open = (word, reason = "") => ({ word, tone: "", reason: showText(reason), isStruck: false });

/**
 * @param {number[]} before
 * @param {number[]} after
 * @param {{ direction: string, tolerance: string, isOneRecipe: boolean }} rule
 * @returns {Verdict}
 */
export function byTolerance(before, after, { direction, tolerance, isOneRecipe }) {
  const isWithin = before.every((one) => after.every((two) => one === two
    || (Number.isFinite(one) && Number.isFinite(two) && !exceedsTolerance(one, two, tolerance))));
  if (isOneRecipe) return open("replicate", "Only seeds differ: noise between runs of one recipe.");
  if (mean(before) === mean(after)) return open("equivalent", "No difference.");
  if (isWithin) return open("equivalent", `Within the tolerance ${tolerance}.`);
  if (direction === "") return open("");
  const hasOverlap = Math.min(...after) <= Math.max(...before) && Math.min(...before) <= Math.max(...after);
  if (hasOverlap) return open("inconclusive", "The runs overlap; a test needs three on each side.");
  const tone = mean(after) > mean(before) === (direction === "higher") ? "better" : "worse";
  return { word: tone, tone, reason: "", isStruck: false };
}

/**
 * @param {Island} island
 * @returns {(key: string, baseline: number, position: number) => Verdict | undefined}
 */
export function judgeIn(island) {
  /** @type {Map<string, import("./comparable.js").Why>} */
  const known = new Map();
  return (key, baseline, position) => {
    const column = island.column("metrics", key);
    const run = island.run(position);
    if (!column || !run || column.cell(baseline).type === "missing" || column.cell(position).type === "missing") return undefined;
    const pair = `${baseline} ${position}`;
    const why = known.get(pair) ?? comparability(island, baseline, position);
    known.set(pair, why);
    const reason = why(key);
    if (reason) return { ...open("incomparable", `Not comparable: ${reason}.`), isStruck: true };
    if (!["finished", ""].includes(run.status) || !["complete", ""].includes(run.state)) {
      return open(UNJUDGED, "The run did not finish.");
    }
    const groups = [replicatesOf(island, baseline), replicatesOf(island, position)];
    const isOneRecipe = groups[0] === groups[1];
    const [before = [], after = []] = (isOneRecipe ? [[baseline], [position]] : groups).map((group) =>
      group.filter((member) => column.cell(member).type !== "missing").map((member) => column.number(member)));
    if ([...before, ...after].some(Number.isNaN)) return open("inconclusive", "One side is NaN.");
    if (Math.min(before.length, after.length) >= ENOUGH_RUNS && [...before, ...after].every(Number.isFinite)) {
      return open(UNJUDGED, `${after.length} runs against ${before.length} need a test.`);
    }
    const meaning = island.meanings.get(key);
    return byTolerance(before, after, { direction: meaning?.direction ?? "", tolerance: meaning?.limit ?? meaning?.tolerance ?? "", isOneRecipe });
  };
}
