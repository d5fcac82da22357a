// What all plotly charts of the page share: thin grid, no frame, the fonts and colours of the page. Axes are numbers
// with tick texts, never categories: plotly drops categories named `constructor` (research/security.md, finding 5).

import { formatTick } from "../format/numbers.js";
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
 * From where to where an axis goes: all finite values and a little more.
 * @param {ArrayLike<number>[]} arrays
 * @param {boolean} isLog
 * @param {number} share of the range that is added on each side
 * @returns {[number, number]}
 */
export function reach(arrays, isLog, share) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? Number.NaN;
      if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [0, 1];
  if (isLog) [low, high] = [Math.log10(low), Math.log10(high)];
  // Beyond half of what doubles hold, differences are infinite: such an axis shows the middle of them.
  if (!Number.isFinite((high - low) * 4)) [low, high] = [low / 8, high / 8];
  const pad = (high - low) * share || Math.abs(high) * 0.05 || 0.5;
  return [low - pad, high + pad];
}

/**
 * Ticks of a log axis at 1, 2, 3 and 5 of each decade, at fewer of many: plotly's own are a row of loose digits.
 * @param {ArrayLike<number>[]} arrays
 */
export function logTicks(arrays) {
  let [least, most] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? 0;
      if (!(value > 0) || !Number.isFinite(value)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  if (least > most) return {};
  const [low, high] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const step = Math.max(1, Math.ceil((high - low) / 6));
  const digits = high - low <= 2 ? [1, 2, 3, 5] : high - low <= 3 ? [1, 3] : [1];
  const powers = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, at) => low + at * step);
  const marks = powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
  return { tickmode: "array", tickvals: marks, ticktext: marks.map(formatTick) };
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
