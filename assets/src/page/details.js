// Blocks that fold: a link into one opens it, all open or close at once, and paper has them open.

import { all } from "../dom.js";

/**
 * Open what the element lies in.
 * @param {Element} target
 */
function unfoldAround(target) {
  for (let node = target.closest("details"); node; node = node.parentElement?.closest("details") ?? null) {
    node.open = true;
  }
}

/**
 * Scroll to an element of the page and give it the focus.
 * @param {string} id
 */
function goTo(id) {
  const target = id === "" ? null : document.getElementById(id);
  if (!target) return;
  unfoldAround(target);
  if (target instanceof HTMLDetailsElement) target.open = true;
  target.scrollIntoView({ block: "start" });
  const place = target.matches("details") ? (target.querySelector("summary") ?? target) : target;
  if (place instanceof HTMLElement) {
    if (place.tabIndex < 0 && !place.hasAttribute("tabindex")) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
  }
}

/** @param {import("./store.js").Store} store */
export function startDeepLinks(store) {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href^='#']") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const anchor = (link.getAttribute("href") ?? "").slice(1);
    // Back returns to where the link was; what is chosen meanwhile replaces the address that is made here.
    if (anchor !== store.state.anchor) window.history.pushState(null, "");
    store.update({ anchor });
    goTo(anchor);
  });
  store.subscribe(["anchor"], ({ anchor }) => goTo(anchor));
  if (store.state.anchor) goTo(store.state.anchor);
}

/**
 * What stands at the foot of every printed page: where it came from, and what its data were. Only a rule of a sheet can
 * say it there, hence a text in quotes.
 */
function footer() {
  const digest = document.querySelector("[data-digest]")?.textContent ?? "";
  const text = `${window.location.href.split("#")[0]} · data sha256 ${digest}`.replace(/["\\\n]/g, "");
  return `@page { @bottom-left { content: "${text}"; font: 7.5pt system-ui, sans-serif; color: GrayText; } }`;
}

/** Paper shows everything; afterwards the page is as it was. */
export function startPrinting() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(footer());
  document.adoptedStyleSheets.push(sheet);
  /** @type {HTMLDetailsElement[]} */
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details")).filter((block) => !block.open);
    for (const block of opened) block.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const block of opened) block.open = false;
    opened = [];
  });
}

/** Buttons `data-control="open-all"`: open or close every block of their section. */
export function startOpenAll() {
  for (const button of all("[data-control='open-all']")) {
    const section = button.closest("section");
    if (!section) continue;
    const blocks = () => Array.from(section.querySelectorAll("details"));
    const say = () => {
      const isOpen = blocks().every((block) => block.open);
      button.textContent = isOpen ? "Close all" : "Open all";
      return isOpen;
    };
    button.addEventListener("click", () => {
      const isOpen = say();
      for (const block of blocks()) block.open = !isOpen;
      say();
    });
    section.addEventListener("toggle", say, true);
    say();
  }
}
