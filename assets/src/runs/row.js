// One row of the Runs table: all of its cells, or in a long table those near the view with a gap on either side.

import { html } from "../dom.js";
import { nameCell, valueCell } from "./cells.js";

/** @typedef {{ first: number, last: number }} Near the shown columns whose cells exist */

const REACH = 240; // pixels beside the view whose columns exist
const STEP = 4; // columns come and go in groups
export const ALL = Object.freeze({ first: 0, last: Infinity });

/**
 * Which columns lie near the view, in steps of a few.
 * @param {number[]} widths
 * @param {HTMLElement} frame
 * @returns {Near}
 */
export function nearColumns(widths, { scrollLeft, clientWidth }) {
  let [left, first, last] = [0, 0, 0];
  widths.forEach((width, at) => {
    if (left + width < scrollLeft - REACH) first = at + 1;
    if (left < scrollLeft + clientWidth + REACH) last = at;
    left += width;
  });
  return { first: first - (first % STEP), last: last + STEP - (last % STEP) };
}

/** @param {number} columns */
const gap = (columns) => html("td", { colspan: columns, "aria-hidden": "true" });

/**
 * @param {import("./table.js").RunsTable} runs
 * @param {number} position
 * @param {Near} near
 */
export function makeRow(runs, position, near) {
  const { island, shown, view, isWindowed } = runs;
  const { pinned } = runs.store.state;
  const run = island.run(position);
  const isCompared = runs.compared.has(position);
  const isBaseline = position === view.baseline;
  const marks = {
    color: isCompared ? (view.colors.get(position) ?? null) : null,
    isBaseline,
    hasBlock: document.getElementById(`run-${position}`) !== null,
  };
  const first = Math.max(near.first, pinned);
  /** @type {HTMLElement[]} */
  const cells = [];
  shown.forEach((column, at) => {
    if (at === pinned && first > pinned) cells.push(gap(Math.min(first, shown.length) - pinned));
    if (at >= pinned && (at < first || at > near.last)) return;
    const isName = column.id === "attributes.run_name" && run;
    const cell = isName ? nameCell(run, position, marks) : valueCell(column, position, runs.hasBar(column));
    if (isWindowed) cell.setAttribute("aria-colindex", String(at + 2));
    cells.push(cell);
  });
  if (near.last < shown.length - 1) cells.push(gap(shown.length - 1 - near.last));
  const row = html("tr", { "data-run": run?.id, "data-position": position, class: isBaseline ? "baseline" : isCompared ? "compared" : null },
    runs.selection.cell(position), ...cells);
  pinCells(row, runs.offsets);
  return row;
}

/**
 * Keep the first cells of a row in view.
 * @param {Element} row
 * @param {number[]} offsets
 */
export function pinCells(row, offsets) {
  Array.from(row.children).forEach((cell, at) => {
    if (!(cell instanceof HTMLElement)) return;
    const offset = offsets[at];
    cell.classList.toggle("pinned", offset !== undefined);
    cell.style.left = offset === undefined ? "" : `${offset}px`;
  });
}
