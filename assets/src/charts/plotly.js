// Brings plotly in when the first chart asks: the loader unpacks it from a data block of the page.
//
// plotly understands pseudo-HTML (`<b>`, `<a href>`) in every text and would upload a chart on a click; `plain` and
// CONFIG take both away (research/security.md, 1.4).

/** @typedef {HTMLElement & { _fullLayout?: any, on?: (event: string, listener: () => void) => void, removeAllListeners?: (event: string) => void }} Graph */
/**
 * @typedef {object} PlotlyModule
 * @property {(node: HTMLElement, data: object[], layout: object, config: object) => Promise<Graph>} react
 * @property {(node: HTMLElement, change: object) => Promise<Graph>} relayout
 */

export const CONFIG = Object.freeze({
  displayModeBar: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  showTips: false,
  showLink: false,
  responsive: true,
  doubleClick: "reset",
  modeBarButtonsToRemove: ["sendChartToCloud", "toImage"],
});

/** @type {Promise<PlotlyModule> | null} */
let loading = null;

/** @returns {Promise<PlotlyModule>} */
async function load() {
  const page = /** @type {any} */ (window);
  if (!(await page.rundiffRun?.("plotly"))) throw new Error("this page carries no chart library");
  if (!page.Plotly) throw new Error("the browser refused the chart library");
  return page.Plotly;
}

/** The library, loaded once. */
export function loadPlotly() {
  return (loading ??= load());
}

/**
 * A text that plotly shows as it stands.
 * @param {string} text
 */
export function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
