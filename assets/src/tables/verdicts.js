// The server's verdicts, read from the page before anything changes in it. They were reached against the report's own
// baseline, with statistics that the page cannot make; against another baseline stats/judge.js says what it can.

import { all } from "../dom.js";

/** @typedef {{ word: string, tone: string, reason: string, isStruck: boolean }} Verdict */

/**
 * @param {import("../data/island.js").Island} island
 * @returns {(key: string, position: number) => Verdict | undefined}
 */
export function readVerdicts(island) {
  /** @type {Map<string, Map<number, Verdict>>} */
  const byKey = new Map();
  for (const row of all("tr[data-section='metrics'][data-key]")) {
    /** @type {Map<number, Verdict>} */
    const byRun = new Map();
    all("td[data-run]", row).forEach((cell, at) => {
      const line = cell.querySelector(".d");
      const says = cell.querySelector(".says");
      const position = island.compared[at];
      if (!(line instanceof HTMLElement) || position === undefined) return;
      const tone = ["better", "worse"].find((name) => cell.classList.contains(name)) ?? "";
      byRun.set(position, {
        word: says?.textContent ?? tone,
        tone,
        reason: (says ?? line).getAttribute("title") ?? "",
        isStruck: line.querySelector("del") !== null,
      });
    });
    byKey.set(row.dataset.key ?? "", byRun);
  }
  return (key, position) => byKey.get(key)?.get(position);
}
