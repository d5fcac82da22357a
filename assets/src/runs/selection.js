// The selection column: which runs stand side by side in the rest of the page.

import { html } from "../dom.js";
import { showText } from "../format/text.js";
import { viewOf } from "../page/view.js";

/** @param {import("./table.js").RunsTable} runs */
export function selectionOf(runs) {
  const { island, store } = runs;
  const own = new Set(island.compared);
  const selected = () => (store.state.selected === null ? own : new Set(store.state.selected));
  const whole = html("input", { type: "checkbox", "aria-label": "Compare all runs shown here" });

  /** @param {Set<number>} chosen */
  function set(chosen) {
    const isOwn = chosen.size === own.size && [...chosen].every((position) => own.has(position));
    store.update({ selected: isOwn ? null : [...chosen].sort((a, b) => a - b) });
    // The baseline always stands there, and not everything that is chosen finds room.
    store.announce(`${viewOf(island, store.state).positions.length} runs compared`);
  }

  whole.addEventListener("change", () => {
    const chosen = new Set(selected());
    for (const position of runs.order) {
      if (whole.checked) chosen.add(position);
      else chosen.delete(position);
    }
    set(chosen);
    whole.focus();
  });

  return {
    headCell: () => html("td", { class: "pick" }, whole),

    /** @param {number} position */
    cell(position) {
      const box = html("input", {
        type: "checkbox", "aria-label": `Compare ${showText(island.run(position)?.name ?? "")}`,
        checked: selected().has(position), "data-pick": position,
      });
      box.addEventListener("change", () => {
        const chosen = new Set(selected());
        if (box.checked) chosen.add(position);
        else chosen.delete(position);
        set(chosen);
        /** @type {HTMLElement | null} */ (runs.body.querySelector(`[data-pick="${position}"]`))?.focus();
      });
      return html("td", { class: "pick" }, box);
    },

    refresh() {
      const chosen = selected();
      const count = runs.order.filter((position) => chosen.has(position)).length;
      whole.checked = count > 0 && count === runs.order.length;
      whole.indeterminate = count > 0 && count < runs.order.length;
    },
  };
}
