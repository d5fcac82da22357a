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

export function startHeads() {
  followView(() => {
    const top = edge();
    for (const table of all("table[data-comparison], .scroll:not(.windowed) > table[data-runs]")) {
      const head = table.querySelector("thead");
      const frame = table.getBoundingClientRect();
      if (!head) continue;
      const room = frame.height - head.offsetHeight - 40;
      const shift = Math.round(Math.min(room, top - frame.top));
      const isStuck = shift > 0 && frame.bottom > top && isFramed(table);
      if (isStuck) head.style.transform = `translateY(${shift}px)`;
      else if (head.style.transform) head.style.transform = "";
      head.toggleAttribute("data-stuck", isStuck);
    }
  });
}
