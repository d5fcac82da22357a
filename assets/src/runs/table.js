// The Runs table: built from the island over the server's table, with everything the server's lacks.

import { all, control, html } from "../dom.js";
import { makeReachable } from "../page/copy.js";
import { fillFrom } from "../page/store.js";
import { viewOf } from "../page/view.js";
import { headActions } from "./actions.js";
import { runColumns, SEARCHED } from "./columns.js";
import { startColumnsDialog } from "./dialog.js";
import { filterCell, groupRow, headCell, setWidth } from "./head.js";
import { columnTests, expressionTest, factsOf } from "./passing.js";
import { ALL, makeRow, nearColumns, pinCells } from "./row.js";
import { selectionOf } from "./selection.js";
import { sortPositions } from "./sort.js";
import { showCount, showFault } from "./status.js";
import { RowWindow } from "./window.js";

/** @typedef {import("./columns.js").RunColumn} RunColumn */

const MOST_CELLS = 12_000; // beyond, only the cells near the view exist
const PICK = 36; // the width of the selection column

export class RunsTable {
  /** @type {number[]} */
  #order = [];

  /**
   * @param {HTMLTableElement} table
   * @param {import("../data/island.js").Island} island
   * @param {import("../page/store.js").Store} store
   */
  constructor(table, island, store) {
    this.table = table;
    this.island = island;
    this.store = store;
    this.columns = runColumns(island);
    this.facts = factsOf(island);
    /** @type {Map<string, RunColumn>} */
    const byId = new Map([...this.columns.values()].map((column) => [column.id, column]));
    const heads = all("thead th[data-column]", table).flatMap((head) => byId.get(head.dataset.column ?? "") ?? []);
    this.defaults = heads.map(({ index }) => index);
    const first = table.querySelector("tbody .cellbar")?.closest("td");
    this.defaultSort = heads.flatMap(({ id, index }) => {
      const direction = all("thead th[aria-sort]", table).find((head) => head.dataset.column === id)?.getAttribute("aria-sort");
      return direction ? [{ column: index, descending: direction === "descending" }] : [];
    });
    this.defaultBars = [first].flatMap((cell) => byId.get(cell?.dataset.column ?? "")?.index ?? []);
    this.frame = /** @type {HTMLElement} */ (table.parentElement);
    this.head = table.tHead ?? table.createTHead();
    this.body = table.tBodies[0] ?? table.createTBody();
    this.window = new RowWindow({
      frame: this.frame, body: this.body,
      makeRow: (position) => makeRow(this, position, this.#near),
      scrolled: () => makeReachable(table), // the cell that the Tab key stops at may have left
    });
    this.selection = selectionOf(this);
    this.view = viewOf(island, store.state);
    this.compared = new Set(this.view.positions);
    this.frame.addEventListener("scroll", () => {
      if (this.isWindowed) this.#slide();
    }, { passive: true });
  }

  /** @type {import("./row.js").Near} */
  #near = ALL;
  /** Columns are as wide as what they hold: filters, fonts and the window change where the pinned ones end. */
  #resized = new ResizeObserver(() => this.#pin());

  #range() {
    return this.isWindowed ? nearColumns(this.widths, this.frame) : ALL;
  }

  /** The settled width of each shown column. */
  get widths() {
    return this.shown.map((column) => this.store.state.widths.get(column.index) ?? column.width);
  }

  /** Bring the columns around the scroll position in, and keep the focus where it was. */
  #slide() {
    const range = this.#range();
    if (range.first === this.#near.first && range.last === this.#near.last) return;
    this.#near = range;
    const { activeElement } = document;
    const cell = activeElement && this.body.contains(activeElement) ? activeElement.closest("[data-column]") : null;
    const position = cell?.closest("tr")?.getAttribute("data-position");
    const column = cell?.getAttribute("data-column");
    this.window.clear();
    this.window.show(this.#order, true);
    const row = this.body.querySelector(`tr[data-position="${position}"]`);
    const again = row && Array.from(row.children).find((node) => node.getAttribute("data-column") === column);
    if (again instanceof HTMLElement) {
      again.tabIndex = 0;
      again.focus({ preventScroll: true });
    }
    makeReachable(this.table);
  }

  /** What the runs are sorted by. */
  get sort() {
    return this.store.state.sort ?? this.defaultSort;
  }

  /** The columns shown, in order. @returns {RunColumn[]} */
  get shown() {
    const chosen = this.store.state.columns ?? this.defaults;
    return chosen.flatMap((index) => this.columns.get(index) ?? []);
  }

  /** Whether there are so many cells that only the rows near the view exist. */
  get isWindowed() {
    return this.island.runs.length * this.shown.length > MOST_CELLS;
  }

  /** The runs that pass, in order. */
  get order() {
    return this.#order;
  }

  /** @param {RunColumn} column */
  hasBar(column) {
    return this.store.state.bars.includes(column.index) !== this.defaultBars.includes(column.index);
  }

  /** Make everything anew: the columns have changed. */
  rebuild() {
    const { filters, widths } = this.store.state;
    const actions = headActions(this);
    this.view = viewOf(this.island, this.store.state);
    this.compared = new Set(this.view.positions);
    const { shown } = this;
    const heads = shown.map((column) => headCell(column, this.sort, actions));
    const { isWindowed } = this;
    shown.forEach((column, at) => {
      const width = widths.get(column.index) ?? (isWindowed ? column.width : undefined);
      const head = heads[at];
      if (head && width !== undefined) setWidth(head, width);
    });
    this.#fixWidths(isWindowed ? this.widths : []);
    const focused = this.#focusedHead();
    this.head.replaceChildren(
      ...groupRow(shown),
      html("tr", { "aria-rowindex": 1 }, this.selection.headCell(), ...heads),
      html("tr", { class: "filters", "aria-rowindex": 2 }, html("td", { class: "pick" }), ...shown.map((column) => filterCell(column, filters.get(column.index) ?? "", actions))));
    this.#near = this.#range();
    this.window.clear();
    this.refresh();
    this.#pin();
    this.#resized.disconnect();
    for (const head of this.#pinnedHeads) this.#resized.observe(head);
    focused?.();
  }

  /** Filter and sort anew; the rows that exist are kept. */
  refresh() {
    const { expression, filters } = this.store.state;
    const texts = [...new Set([...this.shown, ...SEARCHED.flatMap((index) => this.columns.get(index) ?? [])])];
    const { test, fault } = expressionTest(expression, texts, this.facts);
    showFault(this.frame, expression, fault);
    const tests = [...(test ? [test] : []), ...columnTests(filters, this.columns)];
    const positions = this.island.runs.map((_, position) => position).filter((position) => tests.every((passes) => passes(position)));
    const keys = this.sort.flatMap(({ column, descending }) => {
      const found = this.columns.get(column);
      return found ? [{ column: found.column, descending }] : [];
    });
    this.#order = sortPositions(positions, keys);
    const { isWindowed } = this;
    this.frame.classList.toggle("windowed", isWindowed);
    if (isWindowed) {
      this.table.setAttribute("aria-rowcount", String(this.#order.length + 2));
      this.table.setAttribute("aria-colcount", String(this.shown.length + 1));
    } else {
      this.table.removeAttribute("aria-rowcount");
      this.table.removeAttribute("aria-colcount");
    }
    this.window.show(this.#order, isWindowed);
    showCount(this.#order.length, this.island.runs.length, this.view.positions.length);
    this.selection.refresh();
    makeReachable(this.table);
  }

  /** Columns of a long table are as wide as was settled, not as what happens to be in view. @param {number[]} widths */
  #fixWidths(widths) {
    this.table.querySelector("colgroup")?.remove();
    this.table.style.width = widths.length > 0 ? `${widths.reduce((sum, width) => sum + width, PICK)}px` : "";
    if (widths.length === 0) return;
    const group = html("colgroup", {}, ...[PICK, ...widths].map((width) => {
      const column = html("col", {});
      column.style.width = `${width}px`;
      return column;
    }));
    this.head.before(group);
  }

  /** @type {number[]} */
  offsets = [];

  get #pinnedHeads() {
    const { pinned } = this.store.state;
    return all("tr[aria-rowindex='1'] > *", this.head).slice(0, pinned > 0 ? pinned + 1 : 0);
  }

  /** Keep the first columns in view. */
  #pin() {
    let left = 0;
    this.offsets = this.#pinnedHeads.map((head) => {
      const own = left;
      left += head.offsetWidth;
      return own;
    });
    this.table.style.setProperty("--pinned", `${left}px`);
    for (const row of this.head.querySelectorAll("tr:not(.groups)")) pinCells(row, this.offsets);
    for (const row of this.window.rows.values()) pinCells(row, this.offsets);
  }

  /** What gives the focus back to the same control of a head that was made anew. */
  #focusedHead() {
    const { activeElement } = document;
    const id = activeElement?.closest("th")?.dataset.column;
    if (!activeElement || id === undefined || !this.head.contains(activeElement)) return null;
    const isGrip = activeElement.classList.contains("grip");
    return () => {
      const head = all("th[data-column]", this.head).find((cell) => cell.dataset.column === id);
      /** @type {HTMLElement | null | undefined} */ (head?.querySelector(isGrip ? ".grip" : "button"))?.focus();
    };
  }

}

/**
 * @param {import("../data/island.js").Island} island
 * @param {import("../page/store.js").Store} store
 * @returns {RunsTable | null}
 */
export function startRunsTable(island, store) {
  const table = document.querySelector("table[data-runs]");
  if (!(table instanceof HTMLTableElement)) return null;
  const runs = new RunsTable(table, island, store);
  const input = control("filter-runs");
  if (input instanceof HTMLInputElement) {
    input.addEventListener("input", () => store.update({ expression: input.value }));
    fillFrom(store, input, "expression");
  }
  store.subscribe(["columns", "sort", "widths", "pinned", "bars", "selected", "baseline"], () => runs.rebuild());
  store.subscribe(["expression", "filters"], ({ filters }) => {
    for (const cell of all("[data-filter]", runs.head)) {
      const field = cell.querySelector("input");
      const text = filters.get(Number(cell.dataset.filter)) ?? "";
      if (field && field.value !== text) field.value = text;
    }
    runs.refresh();
  });
  startColumnsDialog(runs);
  runs.rebuild();
  return runs;
}
