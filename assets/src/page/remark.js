// A sentence where the Overview speaks of another baseline or other runs than the tables below, and the command that
// makes the whole report speak of them.

import { html } from "../dom.js";
import { showText } from "../format/text.js";
import { needsTest } from "../stats/judge.js";
import { copyText } from "./copy.js";
import { viewOf } from "./view.js";

/** @typedef {import("../data/island.js").Island} Island */

/** A word of a shell's command line. @param {string} text */
const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

/**
 * The report's own command with another baseline.
 * @param {Island} island
 * @param {number} position
 */
export function commandWith({ command, runs }, position) {
  const { name = "", id = "" } = runs[position] ?? {};
  const isClear = /^(?!-)[ -~]+$/.test(name) && runs.filter((run) => run.name === name).length === 1;
  return `${command || "rundiff report …"} --baseline ${quoted(isClear ? name : id)}`;
}

/** @param {Island} island @param {import("./store.js").Store} store @param {import("./view.js").View} view */
function ofBaseline(island, store, view) {
  const own = island.compared[0] ?? 0;
  /** @param {number} position */
  const name = (position) => showText(island.run(position)?.label ?? "");
  const isTested = view.positions.some((position) => needsTest(island, view.baseline, position));
  const how = isTested ? "several runs against several are not judged" : "judged by tolerance";
  const command = commandWith(island, view.baseline);
  const copy = html("button", { type: "button", class: "text-button" }, "Copy");
  copy.addEventListener("click", async () => store.announce((await copyText(command)) ? "Copied the command" : "The browser refused to copy"));
  return [`The Overview is against ${name(own)}; the tables and charts below are against ${name(view.baseline)}, ${how}. For all of it: `,
    html("code", {}, showText(command)), " ", copy, " "];
}

/** @param {Island} island @param {import("./store.js").Store} store */
export function remark(island, store) {
  const { selected } = store.state;
  const view = viewOf(island, store.state);
  /** @type {(string | Node)[]} */
  const parts = view.baseline === island.compared[0] ? [] : ofBaseline(island, store, view);
  if (selected !== null) parts.push(`${view.positions.length} runs of your choice stand below, not the report's ${island.compared.length}. `);
  if (view.left > 0) parts.push(`${view.left} more selected runs find no room as columns. `);
  if (parts.length === 0) return null;
  const back = html("button", { type: "button", class: "text-button" }, "Back to the report's own");
  back.addEventListener("click", () => {
    store.update({ baseline: null, selected: null });
    document.getElementById("main")?.focus({ preventScroll: true }); // the button goes with its sentence
  });
  return html("p", { class: "view-note", role: "note" }, ...parts, back);
}
