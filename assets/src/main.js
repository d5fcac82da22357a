// What a report does in the browser. The page is complete without it: this script takes nothing away before it can give
// something better, and every part of it can be missing from the page.

import { startChartControls } from "./charts/controls.js";
import { startCharts } from "./charts/figures.js";
import { readIsland } from "./data/island.js";
import { seriesReader } from "./data/series.js";
import { all } from "./dom.js";
import { createAnnouncer } from "./page/announce.js";
import { startCopying } from "./page/copy.js";
import { startDeepLinks, startOpenAll, startPrinting } from "./page/details.js";
import { startExport } from "./page/export.js";
import { startHeads } from "./page/heads.js";
import { Highlights } from "./page/highlight.js";
import { startRail } from "./page/rail.js";
import { startMoved, startRunMarks } from "./page/runs.js";
import { Store } from "./page/store.js";
import { startStyle } from "./page/style.js";
import { startTheme } from "./page/theme.js";
import { viewOf } from "./page/view.js";
import { startRunsTable } from "./runs/table.js";
import { startBeside } from "./tables/beside.js";
import { startTables } from "./tables/start.js";

function start() {
  startStyle();
  const announce = createAnnouncer();
  const store = new Store(announce);
  startTheme(store);
  startRail();
  startHeads();
  startPrinting();
  startOpenAll();
  startMoved(store);
  const island = readIsland();
  startCopying(announce, island);
  if (island) {
    const highlights = new Highlights();
    startTables(island, store);
    startBeside(island, store);
    startRunMarks(island, store);
    startExport(island, store, startRunsTable(island, store));
    const context = { island, store, view: () => viewOf(island, store.state), series: seriesReader(island.series), highlights, announce };
    startChartControls(context);
    startCharts(context);
  }
  startDeepLinks(store);
  for (const node of all("[data-control], [data-control-frame], button[data-moved]")) node.removeAttribute("hidden");
  document.documentElement.dataset.ready = "";
}

document.documentElement.classList.add("js");
start();
