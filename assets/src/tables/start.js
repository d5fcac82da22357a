// The comparison sections together: the global switch, "Search rows", and what follows from another view.

import { all, control, quietly } from "../dom.js";
import { fillFrom } from "../page/store.js";
import { viewOf } from "../page/view.js";
import { judgeIn } from "../stats/judge.js";
import { ComparisonSection } from "./section.js";
import { readVerdicts } from "./verdicts.js";

/**
 * @template T
 * @param {T[]} list
 * @param {T} one
 */
const toggled = (list, one) => (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]);

/**
 * @param {import("../data/island.js").Island} island
 * @param {import("../page/store.js").Store} store
 */
export function startTables(island, store) {
  const verdictOf = readVerdicts(island);
  const judge = judgeIn(island);
  const sections = all("section[data-section]")
    .filter((element) => element.querySelector("table[data-comparison]"))
    .map((element) => new ComparisonSection(element, island, verdictOf, judge));

  /** @param {ComparisonSection} section */
  const isFolded = (section) => store.state.differences && !store.state.unfolded.includes(section.name);
  const filter = () => {
    document.documentElement.dataset.differences = store.state.differences ? "on" : "off";
    control("differences")?.setAttribute("aria-checked", String(store.state.differences));
    for (const section of sections) section.filter(isFolded(section), store.state.search);
  };
  const show = () => {
    const { state } = store;
    const view = viewOf(island, state);
    const isOwn = state.selected === null && view.baseline === island.compared[0];
    for (const section of sections) section.show(view, isOwn, state.transposed.includes(section.name));
    filter();
  };

  control("differences")?.addEventListener("click", () => {
    store.update({ differences: !store.state.differences, unfolded: [] });
    store.announce(store.state.differences ? "Only rows that differ" : "All rows");
  });
  const input = control("search");
  if (input instanceof HTMLInputElement) {
    input.addEventListener("input", quietly(40, () => store.update({ search: input.value })));
    fillFrom(store, input, "search");
  }
  for (const section of sections) {
    section.element.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-control]") : null;
      const name = button?.getAttribute("data-control");
      if (name === "transpose") store.update({ transposed: toggled(store.state.transposed, section.name) });
      if (name === "fold") {
        store.update({ unfolded: toggled(store.state.unfolded, section.name) });
        store.announce(isFolded(section) ? "Identical rows hidden" : "Identical rows shown");
      }
    });
  }
  store.subscribe(["baseline", "selected", "transposed"], show);
  store.subscribe(["differences", "unfolded", "search"], filter);
  if (store.state.baseline !== null || store.state.selected !== null || store.state.transposed.length > 0) show();
  else filter();
}
