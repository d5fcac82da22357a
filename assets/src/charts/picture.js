// A chart as a file of its own: its SVG layers on one sheet, with the colours that the style sheet gave them written
// down. For PNG a canvas paints that sheet from a data: address.

import { svg } from "../dom.js";
import { saveFile } from "../page/files.js";

const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "font-size", "font-weight", "font-family", "text-anchor", "visibility", "display"];

/** @param {Element} source @param {Element} copy */
function writeStyles(source, copy) {
  const style = getComputedStyle(source);
  for (const name of KEPT) copy.setAttribute(name, style.getPropertyValue(name));
  copy.removeAttribute("style");
  copy.removeAttribute("class");
  const children = Array.from(copy.children);
  Array.from(source.children).forEach((child, index) => {
    const twin = children[index];
    if (twin) writeStyles(child, twin);
  });
}

/** @param {import("./context.js").Chart} chart */
function sheetOf({ host }) {
  const layers = Array.from(host.querySelectorAll("svg.main-svg, svg.pc, svg.contour")).filter((layer) => !layer.parentElement?.closest("svg"));
  // Parallel coordinates of many axes are wider than what scrolls them.
  const width = Math.max(host.clientWidth, ...layers.map((layer) => Math.ceil(layer.getBoundingClientRect().width)));
  const height = host.clientHeight;
  const background = svg("rect", { width, height, fill: getComputedStyle(document.documentElement).backgroundColor });
  const sheet = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` }, background);
  for (const layer of layers) {
    const copy = /** @type {Element} */ (layer.cloneNode(true));
    writeStyles(layer, copy);
    sheet.append(copy);
  }
  return { text: new XMLSerializer().serializeToString(sheet), width, height };
}

/**
 * @param {string} text
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Blob>}
 */
async function paint(text, width, height) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * 2;
  canvas.height = height * 2;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser gave no picture"))), "image/png");
  });
}

/**
 * @param {import("./context.js").Chart} chart
 * @param {boolean} isPng
 * @param {(message: string) => void} announce
 */
export async function savePicture(chart, isPng, announce) {
  const { text, width, height } = sheetOf(chart);
  const name = `chart-${chart.index + 1}.${isPng ? "png" : "svg"}`;
  try {
    saveFile(isPng ? await paint(text, width, height) : new Blob([text], { type: "image/svg+xml" }), name);
    announce(`Saved ${name}`);
  } catch (error) {
    announce(`Could not make ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
