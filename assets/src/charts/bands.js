// Bands of replicates behind the lines: the interval of their mean, by step.

import { runStyle } from "./tokens.js";

/** @typedef {import("../data/island.js").Band} Band */

const OPACITY = 0.16; // as rundiff/charts/band.py

/**
 * The traces of a metric's bands, a lower and an upper edge for each, and the run that each belongs to.
 * @param {Band[]} bands
 * @param {string} metric
 * @param {{ positions: number[], colors: Map<number, number> }} view
 * @param {import("./tokens.js").Palette} palette
 */
export function bandTraces(bands, metric, { positions, colors }, palette) {
  return bands
    .filter(({ key, run }) => key === metric && positions.includes(run))
    .flatMap(({ run, x, low, high }) => {
      const edge = { type: "scatter", mode: "lines", hoverinfo: "skip", connectgaps: false, line: { width: 0 }, x };
      const fillcolor = translucent(runStyle(colors.get(run) ?? null, palette).color);
      return [
        { owner: run, trace: { ...edge, y: low } },
        { owner: run, trace: { ...edge, y: high, fill: "tonexty", fillcolor } },
      ];
    });
}

/** @param {string} color of the form rgb(…) @param {number} [opacity] */
export function translucent(color, opacity = OPACITY) {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);
}
