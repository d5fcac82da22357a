// What all plotly charts of the page share: thin grid, no frame, the fonts and colours of the page. Axes are numbers
// with tick texts, never categories: plotly drops categories named `constructor` (research/security.md, finding 5).

import { plain } from "./plotly.js";
import { fontFamily } from "./tokens.js";

/** @typedef {import("./tokens.js").Palette} Palette */

/**
 * @param {Palette} palette
 * @param {Record<string, unknown>} [more]
 */
export function axis(palette, more = {}) {
  return {
    type: "linear",
    color: palette("text3"),
    gridcolor: palette("grid"),
    linecolor: palette("line"),
    zeroline: false,
    automargin: true,
    exponentformat: "e",
    tickfont: { size: 11 },
    nticks: 6,
    fixedrange: false,
    ...more,
  };
}

/**
 * @param {Palette} palette
 * @param {Record<string, unknown>} more
 */
export function layout(palette, more) {
  return {
    autosize: true,
    margin: { l: 44, r: 12, t: 8, b: 30 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: fontFamily(), size: 12, color: palette("text2") },
    showlegend: false,
    hovermode: false,
    dragmode: "zoom",
    uirevision: "kept",
    ...more,
  };
}

/**
 * Texts at numeric places, escaped.
 * @param {{ at: number, text: string }[]} ticks
 */
export function ticksAt(ticks) {
  return { tickmode: "array", tickvals: ticks.map(({ at }) => at), ticktext: ticks.map(({ text }) => plain(shorten(text))) };
}

/**
 * @param {string} text
 * @param {number} [most]
 */
export function shorten(text, most = 22) {
  const signs = Array.from(text);
  if (signs.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.6);
  return `${signs.slice(0, head).join("")}…${signs.slice(head - most + 1).join("")}`;
}
