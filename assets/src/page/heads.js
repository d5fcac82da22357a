// Heads of tall tables stay below the bar while their rows pass. `position: sticky` cannot do it: the tables scroll
// sideways in frames of their own, and a sticky head sticks to its frame, not to the page.

import { all } from "../dom.js";

/** The lower edge of what stands fixed at the top of the page. */
function edge() {
  const bars = all("header.topbar, .bar-title").filter((bar) => getComputedStyle(bar).position === "sticky");
  return Math.max(0, ...bars.map((bar) => bar.getBoundingClientRect().bottom));
}

export function startHeads() {
  let isScheduled = false;

  function place() {
    isScheduled = false;
    const top = edge();
    for (const table of all("table[data-comparison], .scroll:not(.windowed) > table[data-runs]")) {
      const head = table.querySelector("thead");
      const frame = table.getBoundingClientRect();
      if (!head) continue;
      const room = frame.height - head.offsetHeight - 40;
      const shift = Math.round(Math.min(room, top - frame.top));
      const isStuck = shift > 0 && frame.bottom > top;
      if (isStuck) head.style.transform = `translateY(${shift}px)`;
      else if (head.style.transform) head.style.transform = "";
      head.toggleAttribute("data-stuck", isStuck);
    }
  }

  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(place);
  };
  window.addEventListener("scroll", schedule, { passive: true });
  // What is drawn later moves a table without a scroll; the window's size changes the page's, too.
  new ResizeObserver(schedule).observe(document.body);
}
