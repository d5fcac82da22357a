// The nodes of a comparison table, the same as templates/macros/comparison.html.jinja and partials/table.html.jinja
// write them, and its transpose: one row a run, one column a key.

import { html, svg } from "../dom.js";
import { alignDecimals } from "../format/numbers.js";
import { formatTime, formatTimeShort } from "../format/quantities.js";
import { showText } from "../format/text.js";

const LONGEST_HEAD = 64; // a longer name would lose its tail, so its label stands

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("../page/view.js").View} View */
/** @typedef {import("./rows.js").TableCell} TableCell */
/** @typedef {import("./rows.js").TableRow} TableRow */

const FLAG = /(?<![^ ])(--?[A-Za-z][\w.-]{0,20}(?:[ =][\w.][\w./:-]{0,15}(?![^ ]))?)/g;

/**
 * A text in which no line breaks inside `--flag value`, since browsers break after "-".
 * @param {string} text
 * @returns {(string | Node)[]}
 */
function unbroken(text) {
  if (!text.includes("-") || text.length > 2_000) return [text];
  return text.split(FLAG).map((part, at) => (at % 2 ? html("span", { class: "w" }, part) : part));
}

/** @param {TableCell} cell */
function valueNode({ pieces, shown }) {
  if (pieces.length === 0) return html("span", { class: "v" }, shown);
  return html("span", { class: "v folded", title: shown }, ...pieces.flatMap(({ kind, text }) => {
    if (kind === "folded") return [html("span", { class: "fold" }, html("span", { class: "unseen" }, text))];
    return kind === "differs" ? [html("mark", {}, ...unbroken(text))] : unbroken(text);
  }));
}

/**
 * What stands around a number. A verdict that takes no side stands beside it, and best or worst then below, so that a cell
 * has two lines; where nothing can be compared nothing is best.
 * @param {TableCell} cell
 */
function aroundNodes({ move, note }) {
  const best = note ? html("span", { class: "note" }, note) : null;
  if (!move) return best ? [" ", best] : [];
  const { delta, relative, arrow, word, tone, reason, isStruck } = move;
  const says = word !== "" && tone === "";
  const beside = says ? html("span", { class: "note says", title: reason || null }, word) : best;
  const last = says ? (isStruck ? null : best) : html("span", {}, `${arrow} ${word}`);
  return [beside ? " " : null, beside,
    html("span", { class: "d", title: (!says && reason) || null },
      isStruck ? html("del", {}, delta) : html("span", {}, delta), " ", html("span", {}, relative), last ? " " : null, last)];
}

/** @param {TableCell} cell */
function classOf({ isBaseline, move, differs }) {
  if (isBaseline) return "base";
  if (move?.tone && !move.isStruck) return `differs ${move.tone}`;
  return differs ? "differs" : null;
}

/**
 * @param {TableCell} cell
 * @param {Island} island
 */
export function cellNode(cell, island) {
  return html("td", { "data-run": island.run(cell.position)?.id ?? "", "data-type": cell.type, "data-value": cell.value, class: classOf(cell) },
    valueNode(cell), ...aroundNodes(cell));
}

/** @param {TableRow} row */
function keyContents({ shownKey, hint, hintTitle }) {
  return [html("bdi", { class: "k" }, shownKey), hint ? html("span", { class: "hint", title: hintTitle }, hint) : null];
}

/** @param {TableRow} row */
const rowData = ({ column, differs }) => ({ "data-section": column.section, "data-key": column.key, "data-differs": String(differs) });

/**
 * @param {TableRow} row
 * @param {Island} island
 */
export function rowNode(row, island) {
  return html("tr", rowData(row), html("th", { scope: "row" }, ...keyContents(row)), ...row.cells.map((cell) => cellNode(cell, island)));
}

/**
 * What stands in a run's head. The first table of a page has whole names, status and time.
 * @param {number} position
 * @param {Island} island
 * @param {View} view
 * @param {boolean} isFull
 */
function headContents(position, island, view, isFull) {
  const run = island.run(position);
  const name = showText(run?.full ?? run?.name ?? "");
  const color = view.colors.get(position) ?? "";
  const isBaseline = position === view.baseline;
  const link = { href: `#run-${position}`, title: name };
  if (!isFull) {
    return [html("a", { class: "short", ...link }, html("span", { class: "swatch", "data-color": color }), html("bdi", {}, showText(run?.label ?? "")))];
  }
  const status = run && !["finished", ""].includes(run.status) ? showText(run.status) : "";
  const start = run?.start ?? null;
  return [
    html("span", { class: "head-top" },
      html("span", { class: "swatch line", "data-color": color }),
      html("span", { class: "head-word" }, isBaseline ? "baseline" : null, status ? html("span", { class: "tone-worse" }, ` ${status}`) : null),
      html("span", { class: "when", title: start === null ? null : formatTime(start) }, start === null ? "" : formatTimeShort(start))),
    html("a", link, html("bdi", {}, name.length <= LONGEST_HEAD ? name : showText(run?.label ?? ""))),
  ];
}

/**
 * @param {"col" | "row"} scope
 * @param {number} position
 * @param {Island} island
 * @param {View} view
 * @param {boolean} isFull
 */
function runHead(scope, position, island, view, isFull) {
  return html("th", { scope, "data-run": island.run(position)?.id ?? "", "data-position": position, class: position === view.baseline ? "base" : null },
    ...headContents(position, island, view, isFull));
}

/**
 * The head of a table with one column a run.
 * @param {Island} island
 * @param {View} view
 * @param {boolean} isFull
 */
export function headNode(island, view, isFull) {
  return html("thead", {}, html("tr", {}, html("td", { class: "corner" }),
    ...view.positions.map((position) => runHead("col", position, island, view, isFull))));
}

/**
 * The line that folds the identical rows.
 * @param {TableRow[]} identical
 * @param {number} columns
 */
export function foldNode(identical, columns) {
  const keys = identical.slice(0, 7).map(({ shownKey }) => (shownKey.length > 32 ? `${shownKey.slice(0, 20)}…${shownKey.slice(-11)}` : shownKey));
  const more = identical.length > 7 ? ` and ${identical.length - 7} more` : "";
  const icon = document.querySelector(".icon")?.cloneNode(); // any icon of the page: all are made alike
  icon?.appendChild(svg("path", { d: "m6 3.8 4.2 4.2L6 12.2" }));
  return html("tbody", { class: "fold-head" }, html("tr", {}, html("th", { colspan: columns + 1, scope: "rowgroup" },
    html("button", { type: "button", "data-control": "fold", "aria-expanded": "false" }, icon, `${identical.length} identical`), " ",
    html("span", { class: "keys" }, keys.join(", ") + more))));
}

/**
 * The transpose: one row a run, one column a key.
 * @param {TableRow[]} rows
 * @param {Island} island
 * @param {View} view
 */
export function transposedNodes(rows, island, view) {
  // A column is one quantity here: its decimal points stand below each other.
  const aligned = rows.map(({ cells }) => alignDecimals(cells.map(({ shown }) => shown)));
  const head = html("thead", {}, html("tr", {}, html("td", { class: "corner" }),
    ...rows.map((row) => html("th", { scope: "col", ...rowData(row) }, ...keyContents(row)))));
  const body = html("tbody", {}, ...view.positions.map((position, at) =>
    html("tr", { "data-run": island.run(position)?.id ?? "", "data-position": position },
      runHead("row", position, island, view, false),
      ...rows.map((row, place) => {
        const cell = row.cells[at];
        const node = cell ? cellNode({ ...cell, shown: aligned[place]?.[at] ?? cell.shown }, island) : html("td", {});
        node.setAttribute("data-key", row.column.key);
        return node;
      }))));
  return [head, body];
}
