// One row of the Runs table as nodes, the same as the server writes.

import { html } from "../dom.js";
import { showText } from "../format/text.js";

/** @typedef {import("./columns.js").RunColumn} RunColumn */

const BAD_STATUS = ["failed", "killed", "damaged", "interrupted", "conflict"];
const LONGEST = 32;
const LONGEST_NAME = 44; // a longer name would lose its tail, so its label stands

/** @param {string} text */
export function clipped(text) {
  const signs = Array.from(text);
  if (signs.length <= LONGEST) return text;
  const head = Math.floor(((LONGEST - 1) * 2) / 3);
  return `${signs.slice(0, head).join("")}…${signs.slice(signs.length - (LONGEST - 1 - head)).join("")}`;
}

/** @param {number} share 0 … 1 */
function bar(share) {
  const fill = html("span", { class: "cellbar-fill" });
  fill.style.width = `${12 + Math.round(share * 88)}%`; // the least is a value, too
  return html("span", { class: "cellbar", "aria-hidden": "true" }, fill);
}

/**
 * @param {RunColumn} column
 * @param {number} position
 * @param {boolean} hasBar
 */
export function valueCell(column, position, hasBar) {
  const { type, value, short } = column.cell(position);
  const text = column.text(position);
  const share = hasBar ? column.share(position) : null;
  const isBad = column.id === "attributes.status" && BAD_STATUS.includes(value);
  return html("td", {
    "data-column": column.id,
    "data-type": type,
    "data-value": short ?? value,
    class: [column.isNumber ? "n" : "", isBad ? "tone-worse" : ""].join(" ").trim() || null,
    title: text.length > LONGEST ? text.slice(0, 2_000) : null,
  }, share === null ? null : bar(share), html("span", { class: "v" }, column.column.section === "metrics" ? text : clipped(text)));
}

/**
 * The head of a row: marker, name and whether the run stands in the comparison.
 * @param {import("../data/island.js").Run} run
 * @param {number} position
 * @param {{ color: number | null, isBaseline: boolean, hasBlock: boolean }} marks
 */
export function nameCell(run, position, { color, isBaseline, hasBlock }) {
  const name = showText(run.full ?? run.name) || '""';
  const short = name.length > LONGEST_NAME ? showText(run.label) || name : name;
  const text = html("bdi", {}, short);
  return html("th", { scope: "row", class: "key", "data-column": "attributes.run_name", "data-type": "text", "data-value": run.name },
    html("span", { class: "swatch", "data-color": color === null ? "" : color }),
    hasBlock ? html("a", { href: `#run-${position}`, title: name }, text) : html("bdi", { title: name }, short),
    isBaseline ? html("span", { class: "badge" }, "baseline") : null);
}
