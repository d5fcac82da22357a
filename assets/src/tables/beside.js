// On a phone a comparison shows the baseline and one run beside it, which a box in each section chooses; it is the run of
// "What moved", so that the whole page speaks of one. A rule of a sheet of its own hides the other columns: no cell is
// touched, and a wider window has them all.

import { all, html } from "../dom.js";
import { showText } from "../format/text.js";
import { viewOf } from "../page/view.js";

/**
 * @param {import("../data/island.js").Island} island
 * @param {import("../page/store.js").Store} store
 */
export function startBeside(island, store) {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  // The report's own run of "What moved", which page/runs.js has marked.
  const own = Number(document.querySelector("button[data-own]")?.getAttribute("data-moved") ?? Number.NaN);
  const selects = all("section:has(table[data-comparison]) .section-tools").map((tools) => {
    const select = html("select", { "aria-label": "Candidate shown" });
    select.addEventListener("change", () => store.update({ moved: Number(select.value) }));
    tools.prepend(html("label", { class: "choice beside" }, "vs ", select));
    return select;
  });
  const show = () => {
    const { positions } = viewOf(island, store.state);
    const rest = positions.slice(1);
    const chosen = [store.state.moved, own].find((one) => one !== null && rest.includes(one)) ?? rest[0];
    for (const select of selects) {
      select.replaceChildren(...rest.map((position) => html("option", { value: position }, showText(island.run(position)?.label ?? ""))));
      select.value = String(chosen);
      select.parentElement?.toggleAttribute("hidden", rest.length < 2);
    }
    const column = rest.indexOf(chosen ?? -1) + 3;
    // A cell that spans the hidden columns would keep their room, hence the block.
    const table = ".comparison:not(.transposed)";
    sheet.replaceSync(rest.length < 2 ? "" : `@media screen and (max-width:699px){${table}{min-width:0}`
      + `${table} tr>:nth-child(n+3):not(:nth-child(${column})),.fold-head .keys{display:none}`
      + `${table} .fold-head :is(tr,th){display:block;white-space:nowrap}}`);
  };
  store.subscribe(["baseline", "selected", "moved"], show);
  show();
}
