// Which columns a chart can stand on: metrics first, the leading ones before others, then params; those that differ before
// those that do not, and what goes with a leading metric before all.

import { showText } from "../format/text.js";

/** @typedef {import("../data/column.js").Column} Column */
/** @typedef {import("../data/island.js").Island} Island */

const MOST_CATEGORIES = 24;
const [UNKNOWN, NEVER] = [1e6, 1e7];
const SEED = /(?:^|[._/-])(?:seed|random_state|rng|fold|repeat|replicate|trial)$/i;

/** @param {{ key: string }} column */
export const keyText = ({ key }) => showText(key) || '""';

/** @param {{ key: string }} column */
export const isSeed = ({ key }) => SEED.test(key);

/** @param {Column} column */
const isUsable = (column) =>
  (column.section === "metrics" || column.section === "params") &&
  column.size > 0 && (column.isNumeric || column.size <= MOST_CATEGORIES);

/** Whether runs differ in it; "0.1" and "0.10" are one number. @param {Column} column */
function isVaried(column) {
  if (column.codes.includes(-1)) return true;
  /** @param {number} code */
  const valueOf = (code) => (column.isNumeric ? column.numberAt(code) : `${column.typeAt(code)} ${column.valueAt(code)}`);
  const first = column.size > 0 ? valueOf(0) : null;
  return !column.every((code) => Object.is(valueOf(code), first));
}

/**
 * The place of a param among those that go with a leading metric; seeds, which are never the answer, stand last.
 * @param {Island} island
 * @param {Column} column
 */
function tellingRank({ telling }, { key }) {
  const at = telling.indexOf(key);
  return isSeed({ key }) ? NEVER : at < 0 ? UNKNOWN : at;
}

/** @param {Island} island */
export function axisColumns(island) {
  const usable = island.columns.filter(isUsable);
  // The data name the leading metric first.
  const ranks = new Map([...island.meanings.keys()].map((key, rank) => [key, rank]));
  const metrics = usable.filter(({ section }) => section === "metrics")
    .sort((a, b) => (ranks.get(a.key) ?? Infinity) - (ranks.get(b.key) ?? Infinity) || a.index - b.index);
  const params = usable.filter(({ section }) => section === "params")
    .sort((a, b) => tellingRank(island, a) - tellingRank(island, b) || a.index - b.index);
  return {
    metrics,
    params: [...params.filter(isVaried), ...params.filter((column) => !isVaried(column))],
    varied: params.filter(isVaried),
  };
}

/**
 * The columns that a choice names, filled up from the wanted defaults.
 * @param {Island} island
 * @param {number[] | null} chosen
 * @param {(Column | undefined)[]} defaults
 * @returns {Column[]}
 */
export function chosenColumns(island, chosen, defaults) {
  const own = (chosen ?? []).map((index) => island.columns[index]).filter((column) => column !== undefined);
  const rest = defaults.filter((column) => column !== undefined);
  return own.length > 0 ? [...own, ...rest.slice(own.length)] : rest;
}
