// One row of a comparison table: what stands in each cell, for any baseline. The words and rules are those of
// rundiff/views/tables.py and moves.py; a test holds what is built here against what the server writes.

import { compareRow } from "../data/compare.js";
import { formatCount, formatDelta, formatExact, formatNumbers, formatRelative } from "../format/numbers.js";
import { formatTypedRow, showText } from "../format/text.js";
import { foldTexts } from "./folding.js";

/** @typedef {import("../data/column.js").Column} Column */
/** @typedef {import("../data/compare.js").ComparedCell} ComparedCell */
/** @typedef {import("./verdicts.js").Verdict} Verdict */
/** @typedef {{ delta: string, relative: string, arrow: string, word: string, tone: string, reason: string, isStruck: boolean }} Move */
/**
 * @typedef {object} TableCell
 * @property {number} position
 * @property {string} type
 * @property {string} value
 * @property {string} shown
 * @property {import("./folding.js").Piece[]} pieces
 * @property {string} note
 * @property {Move | null} move
 * @property {boolean} isBaseline
 * @property {boolean} differs
 */
/**
 * @typedef {object} TableRow
 * @property {Column} column
 * @property {string} shownKey
 * @property {string} hint
 * @property {string} hintTitle
 * @property {boolean} differs
 * @property {TableCell[]} cells
 */

const LONGEST_SHOWN = 2_000;
const DIRECTION_WORDS = new Map([["higher", "↑ higher is better"], ["lower", "↓ lower is better"]]);
const FOLDED_TYPES = ["text", "dict", "list"];

/** A row's texts by their beginnings; unequal ones that begin alike are numbered. @param {string[]} texts */
function clipped(texts) {
  const heads = texts.map((text) => (text.length > LONGEST_SHOWN ? Array.from(text).slice(0, LONGEST_SHOWN).join("") : text));
  return texts.map((text, at) => {
    const head = heads[at];
    if (head === text) return text;
    const alike = [...new Set(texts.filter((other, place) => heads[place] === head && other !== head))];
    const which = alike.length > 1 ? `, ${alike.indexOf(text) + 1} of ${alike.length} that begin alike` : "";
    return `${head}… (${formatCount(Array.from(text).length)} characters${which})`;
  });
}

/** Whether only a part of the value is shown, as of a digest. @param {ComparedCell} cell @param {string} shown */
const isShortened = ({ type, text }, shown) => type !== "missing" && shown.length < text.length && text.includes(shown);

/** @param {number | null} delta */
function arrowOf(delta) {
  if (delta === null || Number.isNaN(delta) || delta === 0) return "";
  return delta > 0 ? "↑" : "↓";
}

/** @param {string} direction @param {number | null} delta */
function plainWord(direction, delta) {
  if (delta === null || Number.isNaN(delta)) return ["", ""];
  if (delta === 0) return ["equal", ""];
  if (direction === "") return ["", ""];
  const word = delta > 0 === (direction === "higher") ? "better" : "worse";
  return [word, word];
}

/**
 * The line under a candidate's number.
 * @param {ComparedCell} cell
 * @param {string} direction
 * @param {number | null} decimals
 * @param {Verdict | undefined} verdict
 * @param {number | null} base the baseline's number
 * @returns {Move | null}
 */
function moveOf(cell, direction, decimals, verdict, base) {
  if (cell.type === "missing" || base === null || cell.number === null) return null;
  // Beside NaN nothing can be concluded; an infinity is still on one side or the other.
  const isOpen = Number.isNaN(cell.number) || Number.isNaN(base);
  const [plain = "", tone = ""] = plainWord(direction, cell.delta ?? cell.number - base);
  const word = isOpen ? "inconclusive" : plain;
  return {
    delta: formatDelta(cell.delta, decimals),
    relative: verdict?.isStruck ? "" : formatRelative(cell.relative),
    arrow: (verdict?.tone ?? tone) ? arrowOf(cell.delta) : "",
    word: verdict?.word ?? word,
    tone: verdict?.tone ?? tone,
    reason: verdict?.reason ?? "",
    isStruck: verdict?.isStruck ?? false,
  };
}

/**
 * The hint under a key, and its title.
 * @param {Column} column
 * @param {import("../data/island.js").Meaning | undefined} meaning
 * @param {import("../data/compare.js").ComparedRow} row
 */
function hintOf(column, meaning, row) {
  if (column.section !== "metrics" || !meaning) {
    const texts = new Set(row.cells.filter(({ type }) => type !== "missing").map(({ value }) => value));
    if (row.isNumericText && !row.differs && texts.size > 1) {
      return ["equal as numbers", "Every value is numeric text; they were compared as numbers."];
    }
    return ["", ""];
  }
  const words = [DIRECTION_WORDS.get(meaning.direction), meaning.unit && showText(meaning.unit), meaning.tolerance && `± ${showText(meaning.tolerance)}`];
  const titles = new Map([["", "No direction is known."], ["name", "Direction guessed from the name."]]);
  return [words.filter(Boolean).join(" · "), titles.get(meaning.origin) ?? `Direction from: ${meaning.origin}.`];
}

/**
 * @param {Column} column
 * @param {number[]} positions baseline first
 * @param {import("../data/island.js").Island} island
 * @param {(key: string, position: number) => Verdict | undefined} verdictOf
 * @returns {TableRow}
 */
export function buildRow(column, positions, island, verdictOf) {
  const isMetric = column.section === "metrics";
  const meaning = isMetric ? island.meanings.get(column.key) : undefined;
  const row = compareRow(column, meaning?.direction ?? "", positions);
  const numbers = isMetric ? formatNumbers(row.cells.map(({ type, number }) => (type === "missing" ? null : number)), { baseline: 0 }) : null;
  const whole = numbers?.shown.map((text, at) => formatExact(row.cells[at]?.text ?? "", text)) ?? formatTypedRow(row.cells.map(({ type, text }) => ({ type, value: text })));
  const shown = isMetric ? whole : clipped(whole);
  const folded = !isMetric && row.differs && !row.cells.some((cell, at) => isShortened(cell, whole[at] ?? ""))
    ? foldTexts(row.cells.map(({ type, text }) => (FOLDED_TYPES.includes(type) && text ? text : null)))
    : null;
  const [hint = "", hintTitle = ""] = hintOf(column, meaning, row);
  return {
    column,
    shownKey: showText(column.key) || '""',
    hint,
    hintTitle,
    differs: row.differs,
    cells: row.cells.map((cell, at) => ({
      position: positions[at] ?? -1,
      type: cell.type,
      value: cell.text,
      shown: shown[at] ?? "",
      pieces: folded && Array.from(cell.text).length <= LONGEST_SHOWN ? (folded[at] ?? []) : [],
      note: !isMetric || row.cells.length < 3 ? "" : cell.isBest ? "best" : cell.isWorst ? "worst" : "",
      move: isMetric && at > 0 ? moveOf(cell, meaning?.direction ?? "", numbers?.decimals ?? null, verdictOf(column.key, positions[at] ?? -1), row.cells[0]?.number ?? null) : null,
      isBaseline: at === 0,
      differs: cell.differs,
    })),
  };
}
