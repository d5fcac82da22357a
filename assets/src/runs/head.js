// The head of the Runs table: a button that sorts (with Shift it joins the sort), a grip that sets the width, and a row
// of filters.

import { drag, html } from "../dom.js";
import { clipped } from "./cells.js";

/** @typedef {import("./columns.js").RunColumn} RunColumn */
/** @typedef {import("../state.js").SortKey} SortKey */
/**
 * @typedef {object} HeadActions
 * @property {(column: RunColumn, isAdded: boolean) => void} sort
 * @property {(column: RunColumn, width: number | null) => void} resize
 * @property {(column: RunColumn, text: string) => void} filter
 */

const STEP = 16;
const [LEAST, MOST] = [48, 800];

/** @param {RunColumn} column @param {SortKey[]} keys */
function sortMark(column, keys) {
  const place = keys.findIndex((key) => key.column === column.index);
  if (place < 0) return null;
  const arrow = keys[place]?.descending ? "↓" : "↑";
  return html("span", { class: "sort-mark", "aria-hidden": "true" }, keys.length > 1 ? `${arrow}${place + 1}` : arrow);
}

/**
 * @param {RunColumn} column
 * @param {HTMLTableCellElement} cell
 * @param {HeadActions} actions
 */
function grip(column, cell, actions) {
  const node = html("span", {
    class: "grip", role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-label": `Width of ${column.title}`,
    "aria-valuenow": 0, "aria-valuemin": LEAST, "aria-valuemax": MOST,
  });
  /** @param {number} width */
  const bounded = (width) => Math.round(Math.min(MOST, Math.max(LEAST, width)));
  node.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const start = cell.offsetWidth;
    let width = start;
    drag(node, event, (moved) => {
      width = bounded(start + moved.clientX - event.clientX);
      setWidth(cell, width);
    }, () => {
      if (width !== start) actions.resize(column, width);
    });
  });
  node.addEventListener("dblclick", () => actions.resize(column, null));
  node.addEventListener("keydown", (event) => {
    const change = event.key === "ArrowRight" ? STEP : event.key === "ArrowLeft" ? -STEP : 0;
    if (change === 0) return;
    event.preventDefault();
    const width = bounded(cell.offsetWidth + change);
    setWidth(cell, width);
    node.setAttribute("aria-valuenow", String(width));
    actions.resize(column, width);
  });
  node.addEventListener("focus", () => node.setAttribute("aria-valuenow", String(cell.offsetWidth)));
  return node;
}

/** @param {HTMLElement} cell @param {number} width */
export function setWidth(cell, width) {
  const size = `${width}px`;
  cell.style.width = size;
  cell.style.minWidth = size;
  cell.style.maxWidth = size;
}

/**
 * @param {RunColumn} column
 * @param {SortKey[]} keys
 * @param {HeadActions} actions
 */
export function headCell(column, keys, actions) {
  const button = html("button", { type: "button", class: "sort", title: `${column.title}: sort; with Shift, sort by it as well` },
    html("span", { class: "clip" }, clipped(column.title)), sortMark(column, keys));
  button.addEventListener("click", (event) => actions.sort(column, event.shiftKey));
  const first = keys[0];
  const isFirst = first?.column === column.index;
  const cell = html("th", {
    scope: "col", "data-column": column.id,
    class: column.id === "attributes.run_name" ? "key" : column.isNumber ? "n" : null,
    "aria-sort": isFirst ? (first.descending ? "descending" : "ascending") : null,
  }, button);
  cell.append(grip(column, cell, actions));
  return cell;
}

/**
 * An example of a filter that this column would understand.
 * @param {RunColumn} column
 */
function example(column) {
  if (column.id === "attributes.run_name") return "contains…";
  if (column.column.size === 0) return "missing";
  if (column.id === "attributes.duration") return "> 30 s";
  const number = column.column.numberAt(0) ?? Number.NaN;
  if (column.isNumber && column.column.section !== "attributes" && Number.isFinite(number)) return `> ${Number(number.toPrecision(2))}`;
  return Array.from(column.shown(0)).slice(0, 14).join("") || "any";
}

/**
 * @param {RunColumn} column
 * @param {string} text
 * @param {HeadActions} actions
 */
export function filterCell(column, text, actions) {
  const input = html("input", {
    type: "text", class: "column-filter", "aria-label": `Column filter: ${column.title}`, placeholder: example(column),
    autocomplete: "off", spellcheck: "false", value: text,
  });
  input.style.minWidth = `calc(${input.placeholder.length}ch + 14px)`; // an input's width says nothing to its column
  input.addEventListener("input", () => actions.filter(column, input.value));
  return html("td", { class: column.id === "attributes.run_name" ? "key" : column.isNumber ? "n" : null, "data-filter": column.index }, input);
}

/**
 * The line above the heads that names what the columns belong to.
 * @param {RunColumn[]} shown
 */
export function groupRow(shown) {
  /** @type {{ title: string, span: number }[]} */
  const groups = [];
  for (const { group } of shown) {
    const last = groups.at(-1);
    if (last && last.title === group) last.span += 1;
    else groups.push({ title: group, span: 1 });
  }
  if (groups.every(({ title }) => title === "")) return [];
  return [html("tr", { class: "groups" }, html("td", {}), ...groups.map(({ title, span }) =>
    title ? html("th", { scope: "colgroup", colspan: span }, html("span", {}, title)) : html("td", { colspan: span })))];
}
