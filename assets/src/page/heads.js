// Heads of tall tables stay below the bar while their rows pass. `position: sticky` cannot do it where a table scrolls
// sideways in a frame of its own: a sticky head sticks to its frame, not to the page. Where there is room for all columns
// the frame does not scroll, and the style sheet keeps the head.

import { all, followView } from "../dom.js";

/** The lower edge of what stands fixed at the top of the page. */
function edge() {
  const bars = all("header.topbar, .bar-title").filter((bar) => getComputedStyle(bar).position === "sticky");
  return Math.max(0, ...bars.map((bar) => bar.getBoundingClientRect().bottom));
}

/** Whether a head would stick to the frame of its table. @param {HTMLElement} table */
const isFramed = (table) => table.parentElement !== null && getComputedStyle(table.parentElement).overflowX !== "visible";

/**
 * How far the head of a table is to be moved. Asking a table where it lies has all of its section laid out, which the
 * browser spares where that is out of view; so the section is asked first.
 * @param {HTMLElement} table
 * @param {HTMLElement} head
 * @param {number} top
 */
function shiftOf(table, head, top) {
  const section = (table.closest("section") ?? table).getBoundingClientRect();
  if (section.top >= top || section.bottom <= top) return 0;
  const frame = table.getBoundingClientRect();
  const room = frame.height - head.offsetHeight - 40;
  const shift = Math.round(Math.min(room, top - frame.top));
  return shift > 0 && frame.bottom > top && isFramed(table) ? shift : 0;
}

export function startHeads() {
  followView(() => {
    const top = edge();
    for (const table of all("table[data-comparison], .scroll:not(.windowed) > table[data-runs]")) {
      const head = table.querySelector("thead");
      if (!head) continue;
      const shift = shiftOf(table, head, top);
      if (shift > 0) head.style.transform = `translateY(${shift}px)`;
      else if (head.style.transform) head.style.transform = "";
      head.toggleAttribute("data-stuck", shift > 0);
    }
  });
}
