// The Theme button: as the system says, light, dark. Charts hear of a change through the event `rundiff:theme`.

import { control } from "../dom.js";
import { THEMES } from "../state.js";

const WORDS = new Map([["auto", "as the system"], ["light", "light"], ["dark", "dark"]]);

/** @param {import("./store.js").Store} store */
export function startTheme(store) {
  const button = control("theme");
  const changed = () => document.dispatchEvent(new Event("rundiff:theme"));

  /** @param {string} theme */
  function show(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    if (button) button.title = `Theme: ${WORDS.get(theme)}`;
    changed();
  }

  button?.addEventListener("click", () => {
    const theme = THEMES[(THEMES.indexOf(store.state.theme) + 1) % THEMES.length] ?? "auto";
    store.update({ theme });
    store.announce(`Theme: ${WORDS.get(theme)}`);
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  store.subscribe(["theme"], ({ theme }) => show(theme));
  show(store.state.theme);
}
