// What the heads of the Runs table do to the state: sort, set a width, filter.

/** @typedef {import("./columns.js").RunColumn} RunColumn */

/**
 * @template T
 * @param {Map<number, T>} map
 * @param {number} key
 * @param {T | null} value null takes the entry away
 */
function changed(map, key, value) {
  const next = new Map(map);
  if (value === null) next.delete(key);
  else next.set(key, value);
  return next;
}

/**
 * @param {import("./table.js").RunsTable} runs
 * @returns {import("./head.js").HeadActions}
 */
export function headActions(runs) {
  const { store, island, columns } = runs;
  return {
    /** Best or smallest first, then the other way round, then not at all. */
    sort(column, isAdded) {
      const { sort } = runs;
      const known = sort.find((key) => key.column === column.index);
      const meaning = column.column.section === "metrics" ? island.meanings.get(column.column.key) : undefined;
      const first = meaning?.direction === "higher";
      const others = isAdded ? sort.filter((key) => key !== known) : [];
      const isOver = known && known.descending !== first;
      store.update({ sort: isOver ? others : [...others, { column: column.index, descending: known ? !first : first }] });
      const [key] = runs.sort;
      store.announce(key ? `Sorted by ${columns.get(key.column)?.title}, ${key.descending ? "descending" : "ascending"}` : "Not sorted");
    },
    resize(column, width) {
      store.update({ widths: changed(store.state.widths, column.index, width) });
    },
    filter(column, text) {
      store.update({ filters: changed(store.state.filters, column.index, text === "" ? null : text) });
    },
  };
}
