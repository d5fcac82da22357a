// Choices for all charts at once: what runs along x, linear or log, smoothing.

import { html, quietly } from "../dom.js";
import { labelledSelect, X_CHOICES, Y_CHOICES } from "./options.js";

/**
 * Fill the charts section's slot with the controls.
 * @param {import("./context.js").ChartContext} context
 */
export function startChartControls({ store }) {
  const slot = document.querySelector("[data-slot='chart-controls']");
  if (!slot) return;
  const { state } = store;
  const x = labelledSelect("X", X_CHOICES, state.x, (value) => store.update({ x: value }));
  const y = labelledSelect("Y", Y_CHOICES, state.y, (value) => store.update({ y: value }));
  const range = html("input", { type: "range", min: 0, max: 99, step: 1, "aria-label": "Smoothing" });
  const output = html("output", {});
  const show = () => {
    x.select.value = store.state.x;
    y.select.value = store.state.y;
    range.value = String(store.state.smoothing);
    output.textContent = store.state.smoothing === 0 ? "off" : `${store.state.smoothing} %`;
    range.setAttribute("aria-valuetext", output.textContent);
  };
  const smooth = quietly(80, () => store.update({ smoothing: Number(range.value) }));
  range.addEventListener("input", () => {
    output.textContent = range.value === "0" ? "off" : `${range.value} %`;
    smooth();
  });
  store.subscribe(["x", "y", "smoothing"], show);
  slot.replaceChildren(x.label, y.label, html("label", { class: "choice" }, "Smoothing ", range, output));
  show();
}
