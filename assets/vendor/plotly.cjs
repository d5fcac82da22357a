"use strict";
// The part of plotly.js that reports draw with: the core (which holds `scatter`) and three more trace types.
// No WebGL trace, no map, no heat map: those need eval, style attributes or image data that the page's CSP forbids.
const Plotly = require("plotly.js/lib/core");

Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/box"),
  require("plotly.js/lib/histogram"),
]);

module.exports = Plotly;
