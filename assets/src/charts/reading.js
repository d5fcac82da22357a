// How a drawn chart is read: what shows values follows the pointer and the keys, and leaves with either.

/**
 * Put what shows values onto a chart. Returns what takes it off again.
 * @param {HTMLElement} host
 * @param {Element[]} nodes
 * @param {{ follow: (event: PointerEvent) => void, step: (event: KeyboardEvent) => void, hide: () => void }} reader
 */
export function attachReader(host, nodes, { follow, step, hide }) {
  const stop = new AbortController();
  const { signal } = stop;
  host.append(...nodes);
  host.addEventListener("pointermove", follow, { passive: true, signal });
  host.addEventListener("pointerleave", hide, { signal });
  host.addEventListener("blur", hide, { signal });
  host.addEventListener("keydown", step, { signal });
  return () => {
    stop.abort();
    for (const node of nodes) node.remove();
  };
}
