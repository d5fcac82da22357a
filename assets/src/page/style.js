// The style of what exists only with script. It travels inside the packed script, a quarter of its size, and goes into the
// page as a constructed sheet, which the style hashes of the policy leave alone.

export function startStyle() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`@layer components { ${RUNDIFF_STYLE} }`);
  document.adoptedStyleSheets.push(sheet);
}
