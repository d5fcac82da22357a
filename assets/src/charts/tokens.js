// The colours of charts are the tokens of the style sheet, read again when the theme changes. plotly knows no oklch(),
// so a canvas turns each into rgb.

/** @typedef {(name: string) => string} Palette */

/** @type {CanvasRenderingContext2D | null} */
let brush = null;

/** @param {string} color */
function toRgb(color) {
  brush ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!brush || color === "") return "rgb(128, 128, 128)";
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = color;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

/**
 * The palette of the present theme.
 * @returns {Palette}
 */
export function readPalette() {
  const style = getComputedStyle(document.documentElement);
  /** @type {Map<string, string>} */
  const known = new Map();
  return (name) => {
    const color = known.get(name) ?? toRgb(style.getPropertyValue(`--${name}`).trim());
    known.set(name, color);
    return color;
  };
}

/** The font of the page, for plotly. */
export function fontFamily() {
  return getComputedStyle(document.body).fontFamily;
}

const COLORS = 7; // beside the baseline's
const SYMBOLS = ["circle", "triangle-up", "circle", "square", "diamond", "triangle-down", "hexagon", "cross"];

/**
 * The token of a compared run's colour: 0 … 7. @param {number} color
 */
export const colorPlace = (color) => (color <= COLORS ? color : ((color - 1) % COLORS) + 1);

/**
 * The marker, which moves on with each round of the colours, so that colour and marker together stay unique.
 * @param {number} color
 */
export function markerPlace(color) {
  return color === 0 ? 0 : ((((color - 1) % COLORS) + Math.floor((color - 1) / COLORS)) % COLORS) + 1;
}

/**
 * How a run is drawn: colour, marker, and from the ninth compared run on a dash. No colour: not compared.
 * @param {number | null} color
 * @param {Palette} palette
 */
export function runStyle(color, palette) {
  if (color === null) return { color: palette("text3"), symbol: "circle-open", dash: "solid" };
  return {
    color: palette(`run-${colorPlace(color)}`),
    symbol: SYMBOLS[markerPlace(color)] ?? "circle",
    dash: color > COLORS ? "dash" : "solid",
  };
}

/**
 * A run's marker: the baseline's is a ring filled with the page, so that lines do not run through it.
 * @param {number | null} color
 * @param {Palette} palette
 * @param {number} [size]
 */
export function markerOf(color, palette, size = 8) {
  const style = runStyle(color, palette);
  if (color === null) return { color: style.color, symbol: "circle-open", size: size - 2, line: { width: 1 } };
  if (color === 0) return { color: palette("bg"), symbol: "circle", size: size - 1, line: { width: 1.8, color: style.color } };
  return { color: style.color, symbol: style.symbol, size, line: { width: 1, color: palette("bg") } };
}
