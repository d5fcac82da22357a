// A click on a cell copies its exact value, and so does the keyboard: a table is one stop of the Tab key, arrows walk
// through its cells, Enter or Ctrl+C copies.

import { showText } from "../format/text.js";

const CELLS = "td[data-value], th[scope='row'][data-value]";
const STEPS = new Map([["ArrowUp", [-1, 0]], ["ArrowDown", [1, 0]], ["ArrowLeft", [0, -1]], ["ArrowRight", [0, 1]]]);

/** Copy without the clipboard interface, which sandboxed frames refuse. @param {string} text */
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "offscreen";
  area.readOnly = true;
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isDone;
}

/** @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** @param {string} value */
const shortened = (value) => (value.length > 60 ? `${value.slice(0, 59)}…` : value);

/**
 * The neighbouring cell, over rows and columns that are hidden.
 * @param {HTMLElement} cell
 * @param {number} down
 * @param {number} right
 */
function neighbour(cell, down, right) {
  const row = cell.closest("tr");
  const table = row?.closest("table");
  if (!row || !table) return null;
  const cells = Array.from(row.querySelectorAll(CELLS));
  if (right !== 0) {
    const shown = cells.filter((node) => node.getClientRects().length > 0);
    return shown[shown.indexOf(cell) + right] ?? null;
  }
  const rows = Array.from(table.rows);
  for (let next = rows[row.rowIndex + down]; next; next = rows[next.rowIndex + down]) {
    const found = next.querySelectorAll(CELLS);
    if (found.length > 0 && next.getClientRects().length > 0) return found[cells.indexOf(cell)] ?? null;
  }
  return null;
}

/**
 * Make a table one stop of the Tab key; call again after its cells were made anew.
 * @param {Element} table
 */
export function makeReachable(table) {
  // Asking for the rows' boxes would lay out the page, which takes longer than everything else a keystroke does.
  const isFolded = table.closest("[data-folded]")?.getAttribute("data-folded") === "true";
  const rows = isFolded ? "tbody:not(.identical) tr:not([hidden])" : "tbody tr:not([hidden])";
  if (table.querySelector(`:is(${rows}) > :is(${CELLS})[tabindex="0"]:not([hidden])`)) return;
  for (const cell of table.querySelectorAll(`:is(${CELLS})[tabindex="0"]`)) cell.setAttribute("tabindex", "-1");
  table.querySelector(`:is(${rows}) > td[data-value]:not([hidden])`)?.setAttribute("tabindex", "0");
}

/** @param {HTMLElement} from @param {HTMLElement} to */
function moveFocus(from, to) {
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
}

/**
 * @param {(message: string) => void} announce
 * @param {import("../data/island.js").Island | null} island
 */
export function startCopying(announce, island) {
  /** @param {HTMLElement} cell */
  async function copy(cell) {
    const value = cell.dataset.value ?? "";
    if (cell.dataset.type === "missing") {
      announce("Nothing to copy: no value here");
      return;
    }
    const found = island?.columns.map((column) => column.longCell(value)).find(Boolean);
    const isDone = await copyText(found?.value ?? value);
    const what = found?.isCut ? "the beginning: the page has no more" : value === "" ? "an empty text" : shortened(value);
    announce(isDone ? `Copied ${what}` : "The browser refused to copy");
  }

  /** @param {EventTarget | null} target */
  const cellOf = (target) => {
    const cell = target instanceof Element ? target.closest(CELLS) : null;
    return cell instanceof HTMLElement ? cell : null;
  };

  // The exact value on hover; written only now, since a page has many thousands of cells.
  document.addEventListener("pointerover", (event) => {
    const cell = cellOf(event.target);
    if (!cell || cell.title || cell.dataset.type === "missing") return;
    cell.title = `${showText(cell.dataset.value ?? "").slice(0, 2_000)}\nClick copies it`;
  }, { passive: true });
  document.addEventListener("click", (event) => {
    const cell = cellOf(event.target);
    const isControl = event.target instanceof Element && event.target.closest("a, button, input, summary, select");
    if (!cell || isControl || window.getSelection()?.isCollapsed === false) return;
    void copy(cell);
  });
  document.addEventListener("keydown", (event) => {
    const cell = event.target instanceof HTMLElement && event.target.matches(CELLS) ? event.target : null;
    if (!cell) return;
    const isCopy = event.key === "Enter" || event.key === " " || (event.key === "c" && (event.ctrlKey || event.metaKey));
    const step = STEPS.get(event.key);
    if (isCopy && window.getSelection()?.isCollapsed !== false) {
      event.preventDefault();
      void copy(cell);
    } else if (step) {
      event.preventDefault();
      const next = neighbour(cell, step[0] ?? 0, step[1] ?? 0);
      if (next instanceof HTMLElement) moveFocus(cell, next);
    }
  });
}
