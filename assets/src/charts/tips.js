// The tip of a chart of points: the run nearest to the pointer, or the next one for the arrow keys, with its values.

import { html } from "../dom.js";
import { formatTyped, showText } from "../format/text.js";
import { swatch } from "./context.js";
import { attachReader } from "./reading.js";

/** @typedef {import("../data/column.js").Column} Column */
/**
 * @typedef {object} Tips
 * @property {number[]} runs
 * @property {(position: number) => [number, number]} place in the units of the axes
 * @property {Column[]} columns
 */

const REACH = 24;

/**
 * @param {HTMLElement} host
 * @param {import("./plotly.js").Graph} graph
 * @param {import("./context.js").ChartContext} context
 * @param {Tips} tips
 */
export function attachTips(host, graph, context, { runs, place, columns }) {
  const box = html("div", { class: "hover-box", "aria-hidden": "true", hidden: true });
  let current = -1;

  /** @param {number} position */
  function pixels(position) {
    const { xaxis, yaxis } = graph._fullLayout ?? {};
    if (!xaxis || !yaxis) return [Number.NaN, Number.NaN];
    const [x, y] = place(position);
    return [xaxis._offset + xaxis.l2p(xaxis.d2l(x)), yaxis._offset + yaxis.l2p(yaxis.d2l(y))];
  }

  function hide() {
    current = -1;
    box.hidden = true;
    context.highlights.set(null);
  }

  /** @param {number} position */
  function show(position) {
    current = position;
    const [left = 0, top = 0] = pixels(position);
    const name = showText(context.island.run(position)?.name ?? "");
    const values = columns.map((column) => {
      const { type, value, short } = column.cell(position);
      return { key: showText(column.key), text: formatTyped(type, short ?? value) };
    });
    const rows = values.map(({ key, text }) => html("div", { class: "hover-row" },
      html("span", { class: "hover-name" }, key), html("span", { class: "hover-value" }, text)));
    const color = context.view().colors.get(position);
    box.replaceChildren(html("div", { class: "hover-head" }, swatch(color), name), ...rows);
    box.hidden = false;
    const isRight = left + 12 + box.offsetWidth <= host.clientWidth;
    box.style.left = `${Math.round(isRight ? left + 12 : Math.max(0, left - 12 - box.offsetWidth))}px`;
    box.style.top = `${Math.round(Math.max(0, Math.min(top + 10, host.clientHeight - box.offsetHeight)))}px`;
    context.highlights.set(position);
    return `${name}: ${values.map(({ key, text }) => `${key} ${text}`).join(", ")}`;
  }

  /** @param {PointerEvent} event */
  function follow(event) {
    const frame = host.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let best = -1;
    let least = REACH;
    for (const position of runs) {
      const [left = 0, top = 0] = pixels(position);
      const distance = Math.hypot(left - x, top - y);
      if (distance < least) [best, least] = [position, distance];
    }
    if (best < 0) {
      if (current >= 0) hide();
    } else if (best !== current) show(best);
  }

  /** @param {KeyboardEvent} event */
  function step(event) {
    if (event.target !== host || runs.length === 0) return;
    if (event.key === "Escape") return hide();
    const moves = new Map([["ArrowRight", 1], ["ArrowDown", 1], ["ArrowLeft", -1], ["ArrowUp", -1]]);
    const move = moves.get(event.key);
    if (move === undefined) return;
    event.preventDefault();
    const next = (runs.indexOf(current) + move + runs.length + (current < 0 && move < 0 ? 1 : 0)) % runs.length;
    context.announce(show(runs[next] ?? 0));
  }

  return attachReader(host, [box], { follow, step, hide });
}
