// Builds nodes. Data only ever becomes text or an attribute value; names of tags and attributes are constants of the
// code (Trusted Types forbid markup from text, and no attribute here may be a handler or a style).

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {string | number | boolean | null | undefined} AttributeValue */
/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Set attributes: false, null and undefined leave one out, true makes it empty.
 * @param {Element} node
 * @param {Record<string, AttributeValue>} attributes
 */
function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * @param {Node} node
 * @param {Child[]} children
 */
function append(node, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    node.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

/**
 * Make an HTML element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, AttributeValue>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function html(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  append(node, children);
  return node;
}

/**
 * Make an SVG element.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, AttributeValue>} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  setAttributes(node, attributes);
  append(node, children);
  return node;
}

/**
 * The control of that name, where the page has it.
 * @param {string} name
 * @param {ParentNode} [within]
 * @returns {HTMLElement | null}
 */
export function control(name, within = document) {
  return within.querySelector(`[data-control="${name}"]`);
}

/**
 * All elements that match, as HTML elements.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
export function all(selector, within = document) {
  return Array.from(within.querySelectorAll(selector));
}

/**
 * Call the function once things have been quiet for a while; keystrokes of a fast typist become one call.
 * @param {number} milliseconds
 * @param {() => void} action
 */
export function quietly(milliseconds, action) {
  let timer = 0;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(action, milliseconds);
  };
}

/**
 * Call the function at most once a frame.
 * @param {() => void} action
 */
export function oncePerFrame(action) {
  let isScheduled = false;
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      action();
    });
  };
}

/**
 * Call the function once a frame while the page is scrolled, the window changes or the page grows.
 * @param {() => void} action
 */
export function followView(action) {
  const schedule = oncePerFrame(action);
  window.addEventListener("scroll", schedule, { passive: true });
  window.addEventListener("resize", schedule, { passive: true });
  new ResizeObserver(schedule).observe(document.body); // what is drawn later moves what is below it
}

/**
 * Follow the pointer from where it was pressed until it is let go or the browser takes it away.
 * @param {HTMLElement | SVGElement} target
 * @param {PointerEvent} pressed
 * @param {(event: PointerEvent) => void} moved
 * @param {() => void} ended
 */
export function drag(target, pressed, moved, ended) {
  const stop = new AbortController();
  const { signal } = stop;
  const end = () => {
    stop.abort();
    ended();
  };
  target.setPointerCapture(pressed.pointerId);
  target.addEventListener("pointermove", (event) => moved(/** @type {PointerEvent} */ (event)), { signal });
  for (const name of ["pointerup", "pointercancel"]) target.addEventListener(name, end, { signal });
}
