// The Runs table: built from the island over the server's table, with everything the server's lacks.

import { all, control, html } from "../dom.js";
import { formatCount } from "../format/numbers.js";
import { makeReachable } from "../page/copy.js";
import { viewOf } from "../page/view.js";
import { nameCell, valueCell } from "./cells.js";
import { runColumns } from "./columns.js";
import { startColumnsDialog } from "./dialog.js";
import { filterCell, headCell, setWidth } from "./head.js";
import { columnTests, expressionTest, factsOf } from "./passing.js";
import { selectionOf } from "./selection.js";
import { sortPositions } from "./sort.js";
import { RowWindow } from "./window.js";

/** @typedef {import("./columns.js").RunColumn} RunColumn */

const MOST_CELLS = 12_000; // beyond, only the cells near the view exist
const REACH = 240; // pixels beside the view whose columns exist
const PICK = 36; // the width of the selection column
const STEP = 4; // columns come and go in groups

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
    this.defaultBars = [first].flatMap((cell) => byId.get(cell?.dataset.column ?? "")?.index ?? []);
    this.frame = /** @type {HTMLElement} */ (table.parentElement);
    this.head = table.tHead ?? table.createTHead();
    this.body = table.tBodies[0] ?? table.createTBody();
    this.window = new RowWindow({ frame: this.frame, body: this.body, makeRow: (position) => this.#makeRow(position) });
    this.selection = selectionOf(this);
    this.frame.addEventListener("scroll", () => {
      if (this.isWindowed) this.#slide();
    }, { passive: true });
  }

  /** The first and last shown column whose cells exist; of a long table only those near the view do. */
  #near = { first: 0, last: Infinity };

  /** Which columns lie near the view, in steps of a few. */
  #range() {
    if (!this.isWindowed) return { first: 0, last: Infinity };
    const { widths } = this.store.state;
    const [from, to] = [this.frame.scrollLeft - REACH, this.frame.scrollLeft + this.frame.clientWidth + REACH];
    let [left, first, last] = [0, 0, 0];
    this.shown.forEach((column, at) => {
      const right = left + (widths.get(column.index) ?? column.width);
      if (right < from) first = at + 1;
      if (left < to) last = at;
      left = right;
    });
    return { first: first - (first % STEP), last: last + STEP - (last % STEP) };
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
    const { sort, filters, widths, pinned } = this.store.state;
    const actions = {
      sort: (/** @type {RunColumn} */ column, /** @type {boolean} */ isAdded) => this.#sort(column, isAdded),
      resize: (/** @type {RunColumn} */ column, /** @type {number | null} */ width) => this.#resize(column, width),
      filter: (/** @type {RunColumn} */ column, /** @type {string} */ text) => this.#filter(column, text),
    };
    const { shown } = this;
    const heads = shown.map((column) => headCell(column, sort, actions));
    const { isWindowed } = this;
    shown.forEach((column, at) => {
      const width = widths.get(column.index) ?? (isWindowed ? column.width : undefined);
      const head = heads[at];
      if (head && width !== undefined) setWidth(head, width);
    });
    this.#fixWidths(isWindowed ? shown.map((column) => widths.get(column.index) ?? column.width) : []);
    const focused = this.#focusedHead();
    this.head.replaceChildren(
      ...this.#groups(shown),
      html("tr", { "aria-rowindex": 1 }, this.selection.headCell(), ...heads),
      html("tr", { class: "filters", "aria-rowindex": 2 }, html("td", { class: "pick" }), ...shown.map((column) => filterCell(column, filters.get(column.index) ?? "", actions))));
    this.table.dataset.pinned = String(pinned);
    this.#near = this.#range();
    this.window.clear();
    this.refresh();
    this.#pin(pinned);
    focused?.();
  }

  /** Filter and sort anew; the rows that exist are kept. */
  refresh() {
    const { expression, filters, sort } = this.store.state;
    const texts = [...new Set([...this.shown, ...[0, 1, 4, 5, 6].flatMap((index) => this.columns.get(index) ?? [])])];
    const { test, fault } = expressionTest(expression, texts, this.facts);
    this.#showFault(fault);
    const tests = [...(test ? [test] : []), ...columnTests(filters, this.columns)];
    const positions = this.island.runs.map((_, position) => position).filter((position) => tests.every((passes) => passes(position)));
    const keys = sort.flatMap(({ column, descending }) => {
      const found = this.columns.get(column);
      return found ? [{ column: found, descending }] : [];
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
    this.#count();
    this.selection.refresh();
    makeReachable(this.table);
  }

  /** @param {number} position */
  #makeRow(position) {
    const run = this.island.run(position);
    const view = viewOf(this.island, this.store.state);
    const isCompared = view.positions.includes(position);
    const color = isCompared ? (view.colors.get(position) ?? null) : null;
    const isBaseline = position === view.baseline;
    const hasBlock = document.getElementById(`run-${position}`) !== null;
    const { shown } = this;
    const { first, last } = this.#near;
    const pinned = this.store.state.pinned;
    /** @type {HTMLElement[]} */
    const cells = [];
    shown.forEach((column, at) => {
      if (at >= pinned && (at < first || at > last)) return;
      const skipped = cells.length === Math.min(pinned, shown.length) ? Math.max(0, first - pinned) : 0;
      if (skipped > 0 && at === first) cells.push(html("td", { colspan: skipped, "aria-hidden": "true" }));
      const isName = column.id === "attributes.run_name" && run;
      const cell = isName ? nameCell(run, position, { color, isBaseline, hasBlock }) : valueCell(column, position, this.hasBar(column));
      if (this.isWindowed) cell.setAttribute("aria-colindex", String(at + 2));
      cells.push(cell);
    });
    if (last < shown.length - 1) cells.push(html("td", { colspan: shown.length - 1 - last, "aria-hidden": "true" }));
    const row = html("tr", { "data-run": run?.id, "data-position": position, class: isBaseline ? "baseline" : isCompared ? "compared" : null },
      this.selection.cell(position), ...cells);
    pinCells(row, this.offsets);
    return row;
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

  /** Keep the first columns in view. @param {number} count */
  #pin(count) {
    const heads = Array.from(this.head.querySelectorAll("tr[aria-rowindex='1'] > *"));
    let left = 0;
    this.offsets = heads.slice(0, count > 0 ? count + 1 : 0).map((head) => {
      const own = left;
      left += /** @type {HTMLElement} */ (head).offsetWidth;
      return own;
    });
    for (const row of this.head.querySelectorAll("tr:not(.groups)")) pinCells(row, this.offsets);
    for (const row of this.window.rows.values()) pinCells(row, this.offsets);
  }

  /** @param {RunColumn[]} shown */
  #groups(shown) {
    /** @type {{ title: string, span: number }[]} */
    const groups = [];
    for (const { group } of shown) {
      const last = groups.at(-1);
      if (last && last.title === group) last.span += 1;
      else groups.push({ title: group, span: 1 });
    }
    if (groups.every(({ title }) => title === "")) return [];
    return [html("tr", { class: "groups" }, html("td", {}), ...groups.map(({ title, span }) =>
      title ? html("th", { scope: "colgroup", colspan: span }, title) : html("td", { colspan: span })))];
  }

  /** Sort: best or smallest first, then the other way round, then not at all. @param {RunColumn} column @param {boolean} isAdded */
  #sort(column, isAdded) {
    const { sort } = this.store.state;
    const known = sort.find((key) => key.column === column.index);
    const meaning = column.column.section === "metrics" ? this.island.meanings.get(column.column.key) : undefined;
    const first = meaning?.direction === "higher";
    const others = isAdded ? sort.filter((key) => key !== known) : [];
    if (known && known.descending !== first) this.store.update({ sort: others });
    else this.store.update({ sort: [...others, { column: column.index, descending: known ? !first : first }] });
    const [key] = this.store.state.sort;
    this.store.announce(key ? `Sorted by ${this.columns.get(key.column)?.title}, ${key.descending ? "descending" : "ascending"}` : "Not sorted");
  }

  /** @param {RunColumn} column @param {number | null} width */
  #resize(column, width) {
    const widths = new Map(this.store.state.widths);
    if (width === null) widths.delete(column.index);
    else widths.set(column.index, width);
    this.store.update({ widths });
  }

  /** @param {RunColumn} column @param {string} text */
  #filter(column, text) {
    const filters = new Map(this.store.state.filters);
    if (text === "") filters.delete(column.index);
    else filters.set(column.index, text);
    this.store.update({ filters });
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

  #count() {
    const slot = document.querySelector("[data-runs-count]");
    const all = this.island.runs.length;
    if (!slot) return;
    slot.setAttribute("role", "status");
    const compared = viewOf(this.island, this.store.state).positions.length;
    slot.replaceChildren(html("b", {}, formatCount(this.#order.length)), ` of ${formatCount(all)} runs · `, html("b", {}, formatCount(compared)), " compared");
  }

  /** @param {import("./passing.js").Fault | null} fault */
  #showFault(fault) {
    const input = control("filter-runs");
    if (!input) return;
    let note = document.getElementById("filter-runs-fault");
    if (!note) {
      note = html("p", { id: "filter-runs-fault", class: "fault", role: "alert" });
      this.frame.before(note);
      input.setAttribute("aria-describedby", note.id);
    }
    input.toggleAttribute("aria-invalid", fault !== null);
    if (fault) input.setAttribute("aria-invalid", "true");
    note.hidden = fault === null;
    const { expression } = this.store.state;
    note.replaceChildren(...(fault ? [
      `${fault.message} at position ${fault.position + 1}: `,
      html("code", {}, expression.slice(Math.max(0, fault.position - 30), fault.position), html("mark", {}, expression.slice(fault.position, fault.position + 1) || " "), expression.slice(fault.position + 1, fault.position + 20)),
    ] : []));
  }
}

/** @param {Element} row @param {number[]} offsets */
function pinCells(row, offsets) {
  Array.from(row.children).forEach((cell, at) => {
    if (!(cell instanceof HTMLElement)) return;
    const offset = offsets[at];
    cell.classList.toggle("pinned", offset !== undefined);
    cell.style.left = offset === undefined ? "" : `${offset}px`;
  });
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
    const fill = () => {
      if (input.value !== store.state.expression) input.value = store.state.expression;
    };
    store.subscribe(["expression"], fill);
    fill();
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
