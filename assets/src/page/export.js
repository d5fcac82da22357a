// The Export button: what is visible, as CSV, JSON or Markdown. What a spreadsheet would run as a formula gets one more
// apostrophe, unless it is a plain number (rundiff/render/relation.py); Markdown as in rundiff/render/markdown_text.py.

import { control, html } from "../dom.js";
import { showText } from "../format/text.js";
import { viewOf } from "./view.js";
import { saveFile } from "./files.js";

/** @typedef {import("../data/column.js").Cell} Cell */
/** @typedef {{ section: string, key: string, cells: (Cell & { run: string })[] }} Line */

const FORMULA = /^'*\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** @param {string} text */
const csvText = (text) => `"${(FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** @param {Cell} cell */
const csvCell = ({ type, value }) => (type === "missing" ? "" : csvText(value));

/** @param {string} text */
function codeSpan(text) {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = "`".repeat(longest + 1);
  const pad = /^`|`$|^ .*[^ ].* $/.test(text) ? " " : "";
  return text && fence + pad + text + pad + fence;
}

/** A text in a Markdown table, in code spans of its own; a bar stands between them. @param {string} text */
const markdownText = (text) => (text === "" ? '`""`' : showText(text).split("|").map(codeSpan).join("&#124;"));

/**
 * @param {string[]} runs names
 * @param {Line[]} lines
 */
export function toCsv(runs, lines) {
  const head = ["section", "key", ...runs].map(csvText).join(",");
  const rows = lines.map(({ section, key, cells }) => [csvText(section), csvText(key), ...cells.map(csvCell)].join(","));
  return `${[head, ...rows].join("\r\n")}\r\n`;
}

/**
 * @param {string[]} runs names
 * @param {Line[]} lines
 */
export function toMarkdown(runs, lines) {
  const head = ["section", "key", ...runs.map(markdownText)];
  const rows = lines.map(({ section, key, cells }) => [section, markdownText(key), ...cells.map((cell) => (cell.type === "missing" ? "–" : markdownText(cell.value)))]);
  return `${[head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
}

/**
 * @param {{ id: string, name: string }[]} runs
 * @param {Line[]} lines
 */
export function toJson(runs, lines) {
  const rows = lines.map(({ section, key, cells }) => ({ section, key, cells: cells.map(({ run, type, value }) => ({ run_id: run, type, value })) }));
  return `${JSON.stringify({ runs, rows }, null, 1)}\n`;
}

/**
 * The rows that can be seen in the comparison tables.
 * @param {import("../data/island.js").Island} island
 * @param {import("../state.js").State} state
 */
function visibleLines(island, state) {
  const { positions } = viewOf(island, state);
  const runs = positions.map((position) => ({ id: island.run(position)?.id ?? "", name: island.run(position)?.name ?? "" }));
  /** @type {Line[]} */
  const lines = [];
  for (const mark of document.querySelectorAll("table[data-comparison] [data-differs]")) {
    if (!(mark instanceof HTMLElement) || mark.getClientRects().length === 0) continue;
    const section = mark.dataset.section ?? "";
    const key = mark.dataset.key ?? "";
    const column = island.column(section, key);
    if (!column) continue;
    lines.push({ section, key, cells: positions.map((position) => ({ run: island.run(position)?.id ?? "", ...column.cell(position) })) });
  }
  return { runs, lines };
}

/**
 * The Runs table as it stands: its columns, its order, what its filters let through.
 * @param {import("../runs/table.js").RunsTable} runs
 */
export function runsToCsv({ shown, order }) {
  const head = shown.map(({ id }) => csvText(id)).join(",");
  const rows = order.map((position) => shown.map((column) => csvCell(column.cell(position))).join(","));
  return `${[head, ...rows].join("\r\n")}\r\n`;
}

/**
 * @param {import("../data/island.js").Island} island
 * @param {import("./store.js").Store} store
 * @param {import("../runs/table.js").RunsTable | null} runs
 */
export function startExport(island, store, runs) {
  const button = control("export");
  if (!button) return;
  /** @type {[string, string, string, (runs: { id: string, name: string }[], lines: Line[]) => string][]} */
  const forms = [
    ["CSV", "csv", "text/csv", (runs, lines) => toCsv(runs.map(({ name }) => name), lines)],
    ["JSON", "json", "application/json", toJson],
    ["Markdown", "md", "text/markdown", (runs, lines) => toMarkdown(runs.map(({ name }) => name), lines)],
  ];
  const items = forms.map(([name, suffix, type, write]) => {
    const item = html("button", { type: "button", role: "menuitem", tabindex: -1 }, name);
    item.addEventListener("click", () => {
      const { runs, lines } = visibleLines(island, store.state);
      const file = `comparison.${suffix}`;
      saveFile(new Blob([write(runs, lines)], { type: `${type};charset=utf-8` }), file);
      close(true);
      store.announce(`Saved ${file} with the ${lines.length} rows shown`);
    });
    return item;
  });
  if (runs) {
    const item = html("button", { type: "button", role: "menuitem", tabindex: -1 }, "Runs table");
    item.addEventListener("click", () => {
      saveFile(new Blob([runsToCsv(runs)], { type: "text/csv;charset=utf-8" }), "runs.csv");
      close(true);
      store.announce(`Saved runs.csv with the ${runs.order.length} runs shown`);
    });
    items.push(item);
  }
  const menu = html("div", { class: "menu-box", role: "menu", "aria-label": "Export what is shown", hidden: true }, ...items);
  const box = html("div", { class: "menu-anchor" });
  button.replaceWith(box);
  box.append(button, menu);
  button.setAttribute("aria-expanded", "false");

  /** @param {boolean} isFocused */
  function close(isFocused) {
    menu.hidden = true;
    button?.setAttribute("aria-expanded", "false");
    if (isFocused) button?.focus();
  }

  button.addEventListener("click", () => {
    if (!menu.hidden) return close(false);
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    items[0]?.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (menu.hidden) return;
    const at = items.findIndex((item) => item === document.activeElement);
    const moves = new Map([["ArrowDown", at + 1], ["ArrowUp", at - 1 + items.length], ["Home", 0], ["End", items.length - 1]]);
    const next = moves.get(event.key);
    if (next !== undefined) {
      event.preventDefault();
      items[next % items.length]?.focus();
    } else if (event.key === "Escape") close(true);
  });
  box.addEventListener("focusout", (event) => {
    if (!menu.hidden && !(event.relatedTarget instanceof Node && box.contains(event.relatedTarget))) close(false);
  });
}
