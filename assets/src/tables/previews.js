// Pictures and texts that runs logged, side by side where their digests are compared: the previews of "Run details",
// whose bytes the page holds once.

import { all, html } from "../dom.js";
import { showText } from "../format/text.js";

/**
 * Each leads to the details of its run, where there is more of it. A cell that has its preview keeps it.
 * @param {HTMLTableElement} table the Artifacts, not turned over
 * @param {import("../data/island.js").Island} island
 */
export function showPreviews(table, island) {
  const rows = new Map(Array.from(table.querySelectorAll("tr[data-key]"), (row) => [row.querySelector(".k")?.textContent, row]));
  for (const block of all(".run-block")) {
    const run = island.run(Number(block.dataset.position));
    for (const figure of block.querySelectorAll(".preview")) {
      const path = figure.querySelector("code")?.textContent;
      const cell = rows.get(path)?.querySelector(`[data-run="${CSS.escape(run?.id ?? "")}"]`);
      const copy = figure.querySelector("img, pre")?.cloneNode(true);
      if (!cell || cell.querySelector("a") || !(copy instanceof HTMLElement)) continue;
      copy.removeAttribute("tabindex");
      cell.append(html("a", { class: "peek", href: `#${block.id}`, "aria-label": `${path} of ${showText(run?.name ?? "")}` }, copy));
    }
  }
}
