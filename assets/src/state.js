// Everything that a reader can choose in the page. It is written to the address (fragment.js) and read from there.

export const THEMES = ["auto", "light", "dark"];

/** @typedef {{ column: number, descending: boolean }} SortKey */
/** @typedef {{ x?: string, y?: string, smoothing?: number, axes?: number[] }} ChartChoice */
/**
 * @typedef {object} State
 * @property {string} anchor
 * @property {boolean} differences
 * @property {string} search
 * @property {number | null} baseline
 * @property {string[]} transposed sections
 * @property {string[]} unfolded sections
 * @property {number[] | null} selected run positions; null is the report's own choice
 * @property {string} expression
 * @property {SortKey[] | null} sort null is the report's own order
 * @property {number[] | null} columns shown, in order
 * @property {number} pinned how many of them stay in view
 * @property {Map<number, string>} filters
 * @property {number[]} bars columns that have in-cell bars where the report's own table has none, or the other way round
 * @property {Map<number, number>} widths
 * @property {string} x
 * @property {string} y
 * @property {number} smoothing percent
 * @property {Map<number, ChartChoice>} charts
 * @property {number | null} moved
 * @property {string} theme
 */

/** @returns {State} */
export function defaultState() {
  return {
    anchor: "",
    differences: true,
    search: "",
    baseline: null,
    transposed: [],
    unfolded: [],
    selected: null,
    expression: "",
    sort: null,
    columns: null,
    pinned: 1,
    filters: new Map(),
    bars: [],
    widths: new Map(),
    x: "step",
    y: "auto",
    smoothing: 0,
    charts: new Map(),
    moved: null,
    theme: "auto",
  };
}
