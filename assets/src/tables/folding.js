// Marks the differing part of long values and folds what all of them share. A port of rundiff/views/folding.py.

import { showText } from "../format/text.js";
import { stretches } from "./matching.js";

/** @typedef {{ text: string, kind: "same" | "differs" | "folded" }} Piece */

const FOLD_FROM = 28;
const MOST_WORDS = 400;
const WORD = /\s+|[^\s/,;=&]+[/,;=&]?|[/,;=&]/gu;

/** Characters as Python counts them. @param {string} text */
const lengthOf = (text) => Array.from(text).length;

/**
 * The pieces of each text (baseline first; null is missing), or null where it is moot.
 * @param {(string | null)[]} texts
 * @returns {Piece[][] | null}
 */
export function foldTexts(texts) {
  const present = texts.filter((text) => text !== null);
  if (present.length < 2 || new Set(present).size < 2 || Math.max(...present.map(lengthOf)) < FOLD_FROM) return null;
  const words = texts.map((text) => (text === null ? null : (text.match(WORD) ?? [])));
  const known = words.filter((split) => split !== null);
  if (Math.max(...known.map((split) => split.length)) > MOST_WORDS) return null;
  const [before, after] = shared(known);
  const reference = words[0] ?? null;
  return words.map((split) => (split?.length ? pieces(split, reference, before, after) : []));
}

/**
 * How many first and last words all texts share.
 * @param {string[][]} known
 */
function shared(known) {
  const first = known[0] ?? [];
  const shortest = Math.min(...known.map((split) => split.length));
  let before = 0;
  while (before < shortest && known.every((split) => split[before] === first[before])) before += 1;
  let after = 0;
  while (after < shortest - before && known.every((split) => split.at(-1 - after) === first.at(-1 - after))) after += 1;
  return [worth(first.slice(0, before)), worth(first.slice(first.length - after))];
}

/** Fold only what is longer than the ellipsis that replaces it. @param {string[]} words */
function worth(words) {
  return words.reduce((sum, word) => sum + lengthOf(word), 0) > 6 ? words.length : 0;
}

/** @param {string[]} one @param {string[]} other */
const isEqual = (one, other) => one.length === other.length && one.every((word, at) => word === other[at]);

/**
 * @param {string[]} split
 * @param {string[] | null} reference
 * @param {number} [before]
 * @param {number} [after]
 */
function pieces(split, reference, before = 0, after = 0) {
  const end = split.length - after;
  const middle = split.slice(before, end);
  /** @type {Piece[]} */
  const found = [];
  if (before) found.push({ text: showText(split.slice(0, before).join("")), kind: "folded" });
  if (reference === null || isEqual(reference, split)) {
    found.push({ text: showText(middle.join("")), kind: "same" });
  } else {
    for (const [isShared, first, last] of stretches(reference.slice(before, reference.length - after), middle)) {
      found.push({ text: showText(middle.slice(first, last).join("")), kind: isShared ? "same" : "differs" });
    }
  }
  if (after) found.push({ text: showText(split.slice(end).join("")), kind: "folded" });
  return merged(found);
}

/**
 * Join neighbours of one kind, and marks with nothing but a space between them.
 * @param {Piece[]} found
 */
function merged(found) {
  /** @type {Piece[]} */
  const joined = [];
  found.forEach((piece, index) => {
    const last = joined.at(-1);
    const isGap = !piece.text.trim() && last?.kind === "differs" && found[index + 1]?.kind === "differs";
    const kind = isGap ? "differs" : piece.kind;
    if (last && last.kind === kind) last.text += piece.text;
    else joined.push({ text: piece.text, kind });
  });
  return joined.filter(({ text }) => text !== "");
}
