// Which runs stand where in the frame of the page: the Baseline box, the chips after "vs", the legend of the charts,
// markers everywhere, and a sentence where the Overview speaks of another baseline than the tables.

import { all, control, html } from "../dom.js";
import { showText } from "../format/text.js";
import { remark } from "./remark.js";
import { viewOf } from "./view.js";

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./view.js").View} View */

/** @param {Island} island @param {number} position @param {View} view @param {string} [line] */
function named(island, position, view, line = "swatch") {
  const run = island.run(position);
  return [html("span", { class: line, "data-color": view.colors.get(position) ?? "" }), html("bdi", {}, showText(run?.label ?? ""))];
}

/** @param {Island} island @param {View} view */
function fillChips(island, view) {
  const list = document.querySelector(".bar-runs .chips");
  list?.replaceChildren(...view.positions.slice(1).map((position) => html("li", {},
    html("a", { class: "chip", "data-chip": true, "data-position": position, href: `#run-${position}`, title: showText(island.run(position)?.name ?? "") },
      ...named(island, position, view)))));
}

/** @param {Island} island @param {View} view */
function fillLegend(island, view) {
  document.querySelector("[data-slot='legend']")?.replaceChildren(...view.positions.map((position) =>
    html("li", { "data-position": position },
      html("a", { href: `#run-${position}`, title: showText(island.run(position)?.name ?? "") }, ...named(island, position, view, "swatch line")),
      position === view.baseline ? html("span", { class: "quiet" }, " baseline") : null)));
}

/** Markers of the details; the Overview keeps the report's own, since it speaks of the report's own baseline. @param {View} view */
function recolor(view) {
  for (const place of all(".run-block[data-position]")) {
    const color = view.colors.get(Number(place.dataset.position));
    place.querySelector(".swatch")?.setAttribute("data-color", color === undefined ? "" : String(color));
  }
}

/** Chips that do not fit give way to "+2", which names them. */
function fitChips() {
  const list = document.querySelector(".bar-runs .chips");
  if (!(list instanceof HTMLElement)) return;
  const items = Array.from(list.children).filter((item) => !item.classList.contains("more-chips"));
  list.querySelector(".more-chips")?.remove();
  for (const item of items) item.removeAttribute("hidden");
  if (list.scrollHeight <= list.clientHeight + 2 || list.clientHeight === 0) return;
  const more = html("li", { class: "more-chips" });
  const link = html("a", { class: "chip", href: "#runs" });
  more.append(link);
  list.append(more);
  let hidden = 0;
  while (hidden < items.length - 1 && list.scrollHeight > list.clientHeight + 2) {
    hidden += 1;
    items.at(-hidden)?.setAttribute("hidden", "");
    link.textContent = `+${hidden}`;
  }
  const names = items.slice(-hidden).map((item) => item.querySelector("a")?.title ?? "");
  link.title = names.join(", ");
  link.setAttribute("aria-label", `${hidden} more: ${names.join(", ")}`);
}

/** @param {Island} island @param {Store} store */
function startBaseline(island, store) {
  const select = control("baseline");
  if (!(select instanceof HTMLSelectElement)) return;
  select.addEventListener("change", () => {
    const position = Number(select.value);
    store.update({ baseline: position === island.compared[0] ? null : position });
    store.announce(`Baseline: ${select.selectedOptions[0]?.textContent?.trim() ?? ""}`);
  });
  const fill = () => {
    const view = viewOf(island, store.state);
    const offered = [...new Set([...island.compared, ...view.positions])];
    select.replaceChildren(...offered.map((position) => html("option", { value: position }, showText(island.run(position)?.label ?? ""))));
    select.value = String(view.baseline);
  };
  store.subscribe(["baseline", "selected"], fill);
  fill();
}

/** @param {Island} island @param {Store} store */
export function startRunMarks(island, store) {
  const slot = html("div", { class: "view-notes" });
  document.getElementById("main")?.prepend(slot);
  const show = () => {
    const view = viewOf(island, store.state);
    fillChips(island, view);
    fillLegend(island, view);
    recolor(view);
    fitChips();
    slot.replaceChildren(...[remark(island, store)].filter((node) => node !== null));
  };
  startBaseline(island, store);
  store.subscribe(["baseline", "selected"], show);
  if (store.state.baseline !== null || store.state.selected !== null) show();
  const frame = document.querySelector(".bar-runs");
  if (frame) new ResizeObserver(fitChips).observe(frame);
}

/** "What moved": the chips choose whose bar is shown. @param {Store} store */
export function startMoved(store) {
  const chips = all("button[data-moved]");
  const show = () => {
    const wanted = store.state.moved;
    const chosen = chips.find((chip) => Number(chip.dataset.moved) === wanted) ?? chips.find((chip) => chip.dataset.own !== undefined);
    for (const chip of chips) {
      const isChosen = chip === chosen;
      chip.setAttribute("aria-pressed", String(isChosen));
      document.querySelector(`[data-moved-panel="${chip.dataset.moved}"]`)?.toggleAttribute("hidden", !isChosen);
    }
  };
  for (const chip of chips) {
    if (chip.getAttribute("aria-pressed") === "true") chip.dataset.own = "";
    chip.addEventListener("click", () => store.update({ moved: chip.dataset.own === undefined ? Number(chip.dataset.moved) : null }));
  }
  store.subscribe(["moved"], show);
  if (store.state.moved !== null) show();
}
