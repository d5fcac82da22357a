// The rail of sections: marks the one in view; on narrow screens it is a menu.

import { all, control, followView } from "../dom.js";

/** Mark the link of the section that is being read. */
function startSpy() {
  const links = new Map(all("nav[aria-label='Sections'] a[href^='#']").map((link) => [link.getAttribute("href"), link]));
  const sections = all("main section[id]").filter((section) => links.has(`#${section.id}`));

  function mark() {
    const line = Math.min(window.innerHeight * 0.3, window.scrollY + 100); // what a short Overview leaves room for is not read yet
    const isAtEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    const reached = sections.filter((section) => section.getBoundingClientRect().top <= line);
    const current = (isAtEnd ? sections.at(-1) : reached.at(-1)) ?? sections[0];
    for (const [href, link] of links) {
      if (current && href === `#${current.id}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  followView(mark);
  mark();
}

/** The menu button of narrow screens. */
function startMenu() {
  const button = control("menu");
  const rail = document.querySelector("nav[aria-label='Sections']");
  if (!button || !(rail instanceof HTMLElement)) return;

  /** @param {boolean} isOpen */
  function set(isOpen) {
    rail?.toggleAttribute("data-open", isOpen);
    button?.setAttribute("aria-expanded", String(isOpen));
  }

  button.addEventListener("click", () => {
    const isOpen = !rail.hasAttribute("data-open");
    set(isOpen);
    if (isOpen) rail.querySelector("a")?.focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element) || !rail.hasAttribute("data-open") || button.contains(target)) return;
    if (!rail.contains(target) || target.closest("a")) set(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !rail.hasAttribute("data-open")) return;
    set(false);
    button.focus();
  });
  set(false);
}

export function startRail() {
  startSpy();
  startMenu();
}
