// Where a frame holds more to the right, its edge fades, so that a column that is cut looks cut and not complete.

import { all } from "../dom.js";

export function startEdges() {
  /** @param {Element} frame */
  const mark = (frame) => frame.toggleAttribute("data-more", frame.scrollWidth - frame.clientWidth - frame.scrollLeft > 4);
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) mark(target.classList.contains("scroll") ? target : (target.parentElement ?? target));
  });
  for (const frame of all(".scroll")) {
    frame.addEventListener("scroll", () => mark(frame), { passive: true });
    observer.observe(frame);
    if (frame.firstElementChild) observer.observe(frame.firstElementChild);
  }
}
