"use strict";
// The part of plotly.js that reports draw with: what `plotly.js/src/core` registers, without the components that no chart
// of ours has (sliders, menus, range slider and selector, images, error bars, colour bars, 3D annotations), and two more
// trace types. No WebGL trace, no map, no heat map: those need eval, style attributes or image data that the page's CSP
// forbids.
require("plotly.js/build/plotcss");
const { register } = require("plotly.js/src/registry");
const api = require("plotly.js/src/plot_api");
const { resize } = require("plotly.js/src/plots/plots");

for (const [name, fn] of Object.entries(api)) register({ moduleType: "apiMethod", name, fn });
register([
  require("plotly.js/src/traces/scatter"),
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/box"),
  require("plotly.js/src/components/annotations"),
  require("plotly.js/src/components/selections"),
  require("plotly.js/src/components/shapes"),
  require("plotly.js/src/components/colorscale"),
  require("plotly.js/src/components/legend"), // after shapes: its defaults build on theirs
  require("plotly.js/src/components/fx"), // after legend, for the same reason
  require("plotly.js/src/components/modebar"),
  require("plotly.js/src/locale-en"),
  require("plotly.js/src/locale-en-us"),
]);

module.exports = {
  newPlot: api.newPlot,
  react: api.react,
  relayout: api.relayout,
  purge: api.purge,
  Plots: { resize },
};
