// Says things to people who do not see the page, and briefly shows them to those who do.

import { html } from "../dom.js";

const SHOWN_FOR = 2_500;

/** @returns {(message: string) => void} */
export function createAnnouncer() {
  const region = html("div", { class: "toast", role: "status", "aria-live": "polite", "data-toast": true });
  document.body.append(region);
  let timer = 0;
  return (message) => {
    window.clearTimeout(timer);
    region.replaceChildren(html("span", {}, message));
    region.dataset.toast = "shown";
    timer = window.setTimeout(() => {
      region.dataset.toast = "";
    }, SHOWN_FOR);
  };
}
