// What the Runs table says of itself: how many runs are shown, and what is wrong with the expression.

import { control, html } from "../dom.js";
import { formatCount } from "../format/numbers.js";

/**
 * "12 of 48 runs · 5 compared", in a live region.
 * @param {number} shown
 * @param {number} all
 * @param {number} compared
 */
export function showCount(shown, all, compared) {
  const slot = document.querySelector("[data-runs-count]");
  if (!slot) return;
  slot.setAttribute("role", "status");
  slot.replaceChildren(html("b", {}, formatCount(shown)), ` of ${formatCount(all)} run${all === 1 ? "" : "s"} · `, html("b", {}, formatCount(compared)), " compared");
}

/** The line under the field, made when it is first needed. @param {HTMLElement} input @param {HTMLElement} frame */
function noteOf(input, frame) {
  const known = document.getElementById("filter-runs-fault");
  if (known) return known;
  const note = html("p", { id: "filter-runs-fault", class: "fault", role: "alert" });
  frame.before(note);
  input.setAttribute("aria-describedby", note.id);
  return note;
}

/**
 * The fault of an expression, with the place marked.
 * @param {HTMLElement} frame
 * @param {string} expression
 * @param {import("./passing.js").Fault | null} fault
 */
export function showFault(frame, expression, fault) {
  const input = control("filter-runs");
  if (!input) return;
  const note = noteOf(input, frame);
  if (fault) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  note.hidden = fault === null;
  if (!fault) {
    note.replaceChildren();
    return;
  }
  const { message, position } = fault;
  note.replaceChildren(`${message} at position ${position + 1}: `, html("code", {},
    expression.slice(Math.max(0, position - 30), position),
    html("mark", {}, expression.slice(position, position + 1) || " "),
    expression.slice(position + 1, position + 20)));
}
