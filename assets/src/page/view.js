// Which runs stand side by side, in which order and colour: the report's own choice, the selection made in the Runs
// table, and the baseline. A run keeps its colour when others come and go; a new baseline swaps with the old one.

/** @typedef {import("../data/island.js").Island} Island */
/** @typedef {import("../data/island.js").Run} Run */
/** @typedef {import("../state.js").State} State */
/**
 * @typedef {object} View
 * @property {number} baseline
 * @property {number[]} positions of the columns, baseline first
 * @property {Map<number, number>} colors of the runs that have one; 0 is the baseline's
 * @property {number} left how many selected runs found no room
 */

export const MOST_COLUMNS = 40;

/**
 * @param {Island} island
 * @param {State} state
 * @returns {View}
 */
export function viewOf(island, state) {
  const own = island.compared[0] ?? 0;
  const baseline = state.baseline !== null && island.run(state.baseline) ? state.baseline : own;
  const chosen = state.selected === null ? island.compared : state.selected.filter((position) => island.run(position));
  const rest = [...new Set(chosen)].filter((position) => position !== baseline);
  // With the report's own baseline the report's own order stands; a new one joins the others in order.
  const isOwn = baseline === own && state.selected === null;
  if (!isOwn) rest.sort((a, b) => a - b);
  const positions = [baseline, ...rest.slice(0, MOST_COLUMNS - 1)];
  return { baseline, positions, colors: colorsOf(island, positions, baseline), left: rest.length + 1 - positions.length };
}

/**
 * @param {Island} island
 * @param {number[]} positions
 * @param {number} baseline
 */
function colorsOf(island, positions, baseline) {
  /** @type {Map<number, number>} */
  const colors = new Map(island.compared.map((position, color) => [position, color]));
  let next = island.compared.length;
  for (const position of positions) {
    if (!colors.has(position)) colors.set(position, next++);
  }
  const freed = colors.get(baseline) ?? 0;
  const own = island.compared[0];
  if (own !== undefined && own !== baseline) {
    colors.set(own, freed);
    colors.set(baseline, 0);
  }
  return colors;
}
