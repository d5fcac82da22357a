// What makes a delta meaningless: another evaluation than the baseline's. A port of rundiff/stats/comparability.py as far
// as the page knows the runs, with the server's word for which keys matter; how far a history went it does not know, so a run that did not finish is left to the command.

import { numberOf } from "../data/numbers.js";

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("../data/column.js").Cell} Cell */
/** @typedef {(key: string) => string} Why the reason why a metric cannot be compared, as a clause; "" where it can */

const DATA = /^(.*) · (?:digest|rows)$/s;

/** @param {Cell} before @param {Cell} after */
function isSame(before, after) {
  const number = numberOf(before.type, before.value);
  return before.value === after.value || (number !== null && number === numberOf(after.type, after.value));
}

/**
 * @param {Island} island
 * @param {number} baseline
 * @param {number} position
 * @returns {Why}
 */
export function comparability({ columns, meanings }, baseline, position) {
  const data = { training: "", other: "" };
  let [size, budget] = ["", ""];
  /** @type {Map<string, string>} */
  const changed = new Map();
  for (const column of columns) {
    const [before, after] = [column.cell(baseline), column.cell(position)];
    if (before.type === "missing" || after.type === "missing" || isSame(before, after)) continue;
    const what = `'${column.key}' is ${after.value}, not ${before.value}`;
    if (column.section === "datasets") {
      const [, label = null] = DATA.exec(column.key) ?? [];
      if (label !== null) data[/^train/i.test(label) ? "training" : "other"] ||= `the ${label} data are not the baseline's`;
    } else if (column.section === "params" || column.section === "tags") {
      changed.set(column.key, what);
      if (column.guards === "size") size ||= `the evaluation has another size: ${what}`;
      if (column.guards === "steps") budget ||= `the step budget is another one: ${what}`;
    }
  }
  return (key) => {
    const isTraining = meanings.get(key)?.training ?? false;
    const version = [`${key}.version`, `${key}_version`, `metric_version.${key}`, "metric_version"].find((name) => changed.has(name));
    return data[isTraining ? "training" : "other"] || (isTraining ? "" : size)
      || (version ? `the metric has another definition: ${changed.get(version)}` : "") || budget;
  };
}
