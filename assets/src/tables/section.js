// One comparison section: folds its identical rows, searches, turns over, and shows other runs or another baseline. As
// long as the report's own runs and baseline stand there, its nodes are the server's.

import { control, html } from "../dom.js";
import { makeReachable } from "../page/copy.js";
import { foldNode, headNode, rowNode, transposedNodes } from "./nodes.js";
import { showPreviews } from "./previews.js";
import { buildRow } from "./rows.js";

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("../page/view.js").View} View */
/** @typedef {import("./rows.js").TableRow} TableRow */

export class ComparisonSection {
  /** @type {TableRow[] | null} */
  #rows = null;
  #isTransposed = false;
  #search = "";

  /**
   * @param {HTMLElement} element
   * @param {Island} island
   * @param {(key: string, position: number) => import("./verdicts.js").Verdict | undefined} verdictOf the server's
   * @param {(key: string, baseline: number, position: number) => import("./verdicts.js").Verdict | undefined} judge
   */
  constructor(element, island, verdictOf, judge) {
    this.element = element;
    this.island = island;
    this.verdictOf = verdictOf;
    this.judge = judge;
    this.name = element.dataset.section ?? "";
    this.table = /** @type {HTMLTableElement} */ (element.querySelector("table[data-comparison]"));
    this.isFull = this.table.querySelector(".head-top") !== null;
    this.order = new Map(Array.from(this.table.querySelectorAll("tr[data-key]"), (row, at) => [row.getAttribute("data-key") ?? "", at]));
    this.own = Array.from(this.table.childNodes);
    this.empty = html("p", { class: "table-note", hidden: true });
    (this.table.closest(".scroll") ?? this.table).after(this.empty);
    this.#showPreviews();
  }

  #showPreviews() {
    if (this.name === "artifacts") showPreviews(this.table, this.island);
  }

  /** The rows of a view, those that differ first, in the order of the report. @param {View} view */
  #build(view) {
    const isOwnBaseline = view.baseline === this.island.compared[0];
    /** @param {string} key @param {number} position */
    const verdictOf = (key, position) => (isOwnBaseline ? this.verdictOf(key, position) : undefined) ?? this.judge(key, view.baseline, position);
    const columns = [...(this.island.sections.get(this.name)?.values() ?? [])];
    // Metrics stand in the server's order of importance, everything else in the order of the data.
    if (this.name === "metrics") {
      columns.sort((a, b) => (this.order.get(a.key) ?? Infinity) - (this.order.get(b.key) ?? Infinity) || a.index - b.index);
    }
    const rows = columns
      .filter((column) => view.positions.some((position) => column.cell(position).type !== "missing"))
      .map((column) => buildRow(column, view.positions, this.island, verdictOf));
    return [...rows.filter(({ differs }) => differs), ...rows.filter(({ differs }) => !differs)];
  }

  /**
   * @param {View} view
   * @param {boolean} isOwn the report's own runs and baseline
   * @param {boolean} isTransposed
   */
  show(view, isOwn, isTransposed) {
    this.#isTransposed = isTransposed;
    this.#rows = isOwn && !isTransposed ? null : this.#build(view);
    this.view = view;
    this.#fill();
    // The reasons that are written out are those of the report's own verdicts.
    this.element.querySelector(".why")?.toggleAttribute("hidden", view.baseline !== this.island.compared[0]);
    const button = control("transpose", this.element);
    button?.setAttribute("aria-pressed", String(isTransposed));
  }

  #fill() {
    const caption = this.own.filter((node) => node.nodeName === "CAPTION");
    const { view } = this;
    if (this.#rows === null || !view) this.table.replaceChildren(...this.own);
    else {
      if (this.#isTransposed) {
        this.table.replaceChildren(...caption, ...transposedNodes(this.#rows, this.island, view));
      } else {
        const isCompared = view.positions.length > 1; // with one run there is nothing to fold
        const differing = this.#rows.filter(({ differs }) => differs || !isCompared);
        const identical = this.#rows.filter(({ differs }) => !differs && isCompared);
        const body = html("tbody", {}, ...differing.map((row) => rowNode(row, this.island)));
        const folded = identical.length === 0 ? [] : [
          foldNode(identical, view.positions.length),
          html("tbody", { class: "identical" }, ...identical.map((row) => rowNode(row, this.island)))];
        this.table.replaceChildren(...caption, headNode(this.island, view, this.isFull), body, ...folded);
      }
    }
    if (!this.#isTransposed) this.#showPreviews();
    this.table.classList.toggle("transposed", this.#isTransposed);
    const columns = this.#isTransposed ? (this.#rows?.length ?? 0) : (view?.positions.length ?? this.island.compared.length);
    this.table.dataset.columns = String(columns);
    this.table.style.setProperty("--columns", String(columns));
    this.#count();
  }

  #count() {
    const marks = Array.from(this.table.querySelectorAll(this.#isTransposed ? "thead th[data-differs]" : "tbody tr[data-differs]"));
    const differ = marks.filter((mark) => mark.getAttribute("data-differs") === "true").length;
    const counts = new Map([["[data-count='differ']", differ], ["[data-count='identical']", marks.length - differ]]);
    for (const [selector, count] of counts) {
      const slot = this.element.querySelector(selector);
      if (slot) slot.textContent = String(count);
    }
    const badge = document.querySelector(`[data-count-for="${this.name}"]`);
    if (badge) badge.textContent = differ ? String(differ) : "";
  }

  /**
   * Fold and search.
   * @param {boolean} isFolded
   * @param {string} search
   */
  filter(isFolded, search) {
    this.#search = search.trim().toLowerCase();
    const isSearching = this.#search !== "";
    this.element.dataset.folded = String(isFolded && !isSearching);
    control("fold", this.element)?.setAttribute("aria-expanded", String(!isFolded || isSearching));
    const shown = this.#isTransposed ? this.#filterColumns(isFolded && !isSearching) : this.#filterRows();
    this.empty.hidden = shown > 0 || !isSearching;
    this.empty.textContent = this.empty.hidden ? "" : `Nothing here holds “${search.trim()}”.`;
    makeReachable(this.table);
  }

  #filterRows() {
    let shown = 0;
    for (const row of this.table.querySelectorAll("tbody tr[data-key]")) {
      const isShown = this.#search === "" || textOf(row).includes(this.#search);
      row.toggleAttribute("hidden", !isShown);
      if (isShown) shown += 1;
    }
    for (const body of this.table.querySelectorAll("tbody.identical")) {
      const head = body.previousElementSibling;
      head?.toggleAttribute("hidden", this.#search !== "" && !body.querySelector("tr:not([hidden])"));
    }
    return shown;
  }

  /** @param {boolean} isFolded */
  #filterColumns(isFolded) {
    const heads = this.table.querySelectorAll("thead th[data-key]");
    const shown = Array.from(heads, (head, at) => {
      const row = this.#rows?.[at];
      if (!row || (isFolded && head.getAttribute("data-differs") === "false")) return false;
      return searched(row.column.key, row.cells.map(({ value }) => value)).includes(this.#search);
    });
    for (const line of this.table.querySelectorAll("tr")) {
      Array.from(line.children).slice(1).forEach((cell, at) => cell.toggleAttribute("hidden", !shown[at]));
    }
    return shown.filter(Boolean).length;
  }
}

/**
 * What the search looks at: key and exact values, in lower case.
 * @param {string} key
 * @param {string[]} values
 */
const searched = (key, values) => [key, ...values].join("\n").toLowerCase();

/** @type {WeakMap<Element, string>} */
const texts = new WeakMap();

/** @param {Element} row */
function textOf(row) {
  const known = texts.get(row);
  if (known !== undefined) return known;
  const values = Array.from(row.querySelectorAll("td[data-value]"), (cell) => cell.getAttribute("data-value") ?? "");
  const text = searched(row.getAttribute("data-key") ?? "", values);
  texts.set(row, text);
  return text;
}
