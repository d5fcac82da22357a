// The Columns dialog: which columns the Runs table shows, in which order, how many stay in view, which have bars.

import { all, html } from "../dom.js";

/** @typedef {import("./columns.js").RunColumn} RunColumn */
/** @typedef {import("./table.js").RunsTable} RunsTable */

const MOST_LISTED = 300;

/**
 * @param {number[]} order
 * @param {number} index
 * @param {number} by
 */
function moved(order, index, by) {
  const at = order.indexOf(index);
  const to = at + by;
  if (at < 0 || to < 0 || to >= order.length) return order;
  const next = order.filter((other) => other !== index);
  next.splice(to, 0, index);
  return next;
}

/** @param {RunsTable} runs */
function createDialog(runs) {
  const { store } = runs;
  const order = () => store.state.columns ?? runs.defaults;
  const find = html("input", { type: "search", "aria-label": "Find a column", placeholder: "Find a column", autocomplete: "off" });
  const list = html("ul", { class: "column-list" });
  const note = html("p", { class: "quiet" });
  const pins = html("select", { "aria-label": "Columns that stay in view" }, ...[0, 1, 2, 3, 4].map((count) => html("option", { value: count }, String(count))));
  const reset = html("button", { type: "button" }, "Back to the report's columns");
  const close = html("button", { type: "button", class: "primary" }, "Done");
  const dialog = html("dialog", { class: "columns-dialog", "aria-label": "Columns of the runs table" },
    html("div", { class: "dialog-head" }, html("h2", {}, "Columns"), find),
    list, note,
    html("div", { class: "dialog-foot" }, html("label", { class: "choice" }, "Pinned ", pins), reset, close));

  /** @param {RunColumn} column @param {boolean} isShown */
  function item(column, isShown) {
    const name = column.group ? `${column.title} (${column.group})` : column.title;
    const box = html("input", { type: "checkbox", checked: isShown });
    box.addEventListener("change", () => {
      store.update({ columns: box.checked ? [...order(), column.index] : order().filter((index) => index !== column.index) });
      fill(`input[data-index="${column.index}"]`);
    });
    box.dataset.index = String(column.index);
    /** @param {string} sign @param {string} label @param {number} by */
    const mover = (sign, label, by) => {
      const button = html("button", { type: "button", class: "mover", "aria-label": `Move ${name} ${label}`, title: label, disabled: !isShown, "data-move": `${column.index} ${by}` }, sign);
      button.addEventListener("click", () => {
        store.update({ columns: moved(order(), column.index, by) });
        store.announce(`${column.title} is column ${order().indexOf(column.index) + 1}`);
        fill(`[data-move="${column.index} ${by}"]`);
      });
      return button;
    };
    const bar = html("input", { type: "checkbox", checked: runs.hasBar(column), disabled: !isShown || !column.isNumber });
    bar.addEventListener("change", () => {
      const { bars } = store.state;
      store.update({ bars: bars.includes(column.index) ? bars.filter((index) => index !== column.index) : [...bars, column.index].sort((a, b) => a - b) });
    });
    return html("li", { class: isShown ? "shown" : null },
      html("label", { class: "column-name" }, box, html("bdi", {}, ` ${column.title}`), column.group ? html("span", { class: "quiet" }, ` ${column.group}`) : null),
      column.isNumber ? html("label", { class: "column-bar" }, bar, " bars") : null,
      mover("↑", "up", -1), mover("↓", "down", 1));
  }

  /** @param {string} [focused] selector of what gets the focus back */
  function fill(focused) {
    const wanted = find.value.trim().toLowerCase();
    const chosen = order();
    const shown = chosen.flatMap((index) => runs.columns.get(index) ?? []);
    const rest = [...runs.columns.values()].filter(({ index }) => !chosen.includes(index));
    const found = [...shown, ...rest].filter(({ title, group }) => `${title} ${group}`.toLowerCase().includes(wanted));
    list.replaceChildren(...found.slice(0, MOST_LISTED).map((column) => item(column, chosen.includes(column.index))));
    note.textContent = found.length > MOST_LISTED
      ? `${found.length - MOST_LISTED} more; type a part of the name`
      : found.length === 0 ? "No column has this in its name" : `${shown.length} of ${runs.columns.size} columns shown`;
    pins.value = String(Math.min(4, store.state.pinned));
    const target = focused ? list.querySelector(focused) : null;
    if (target instanceof HTMLButtonElement && target.disabled) find.focus();
    else if (target instanceof HTMLElement) target.focus();
  }

  find.addEventListener("input", () => fill());
  pins.addEventListener("change", () => store.update({ pinned: Number(pins.value) }));
  reset.addEventListener("click", () => {
    store.update({ columns: null, pinned: 1, bars: [], widths: new Map() });
    fill();
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return { dialog, fill };
}

/** @param {RunsTable} runs */
export function startColumnsDialog(runs) {
  /** @type {ReturnType<typeof createDialog> | null} */
  let made = null;
  for (const button of all("[data-control='columns']")) {
    button.addEventListener("click", () => {
      made ??= createDialog(runs);
      made.fill();
      made.dialog.showModal();
    });
  }
}
