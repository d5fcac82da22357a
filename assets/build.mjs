// Makes assets/dist, which is committed: a Python user needs no Node, and CI fails if a rebuild gives other bytes.
// So nothing here may depend on the machine: versions are pinned, lists are sorted, no time stamp is written, and gzip
// is zopfli in WebAssembly: Node's zlib differs between processors and releases, and zopfli makes 533 kB in base64 of a
// plotly for which pako (zlib 9) makes 553 kB and fflate 569 kB. LZMA in base 85 made 426 kB, but its decoder would be
// ours to keep, in every page, on the main thread; DecompressionStream is the browser's.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import zopfli from "@gfx/zopfli";
import { build } from "esbuild";
import { minify } from "terser";
import { withoutDescriptions } from "./vendor/descriptions.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");

// Strings that would end the element which carries the text, or that the page's CSP forbids.
const FORBIDDEN = {
  ".js": [/<\/script/i, /<!--/, /\beval\s*\(/, /\bnew Function\b/],
  ".css": [/<\/style/i, /@import/, /url\((?!["']?data:)/],
};

/** Bundle one entry; returns its text and the source files that it holds. */
async function bundle(entry, options) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: dist,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    legalComments: "none", // every licence is in LICENSES.txt, in full
    logLevel: "warning",
    ...options,
  });
  const [output] = result.outputFiles;
  return { text: output.text, inputs: Object.keys(result.metafile.inputs) };
}

/** The packages that the given source files belong to, each with its licence text, sorted by name. */
function licencesOf(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) folders.add(match[1]);
  }
  return [...folders].sort().map((folder) => {
    const about = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const files = readdirSync(join(root, folder)).filter((name) => /^(licen[cs]e|copying)/i.test(name));
    const texts = files.sort().map((name) => readFileSync(join(root, folder, name), "utf8"));
    return { name: about.name, version: about.version, licence: about.license, texts };
  });
}

/** One text with the licence of every package in the bundles. */
function licencesText(inputs) {
  const rule = "=".repeat(80);
  const parts = licencesOf(inputs).map(({ name, version, licence, texts }) => {
    const body = texts.length ? texts.join("\n\n") : "(the package carries no licence text)";
    return `${rule}\n${name} ${version} · ${licence}\n${rule}\n\n${body.replace(/\r\n/g, "\n").trim()}\n`;
  });
  return `What plotly.min.js and rundiff.js hold besides rundiff's own code.\n\n${parts.join("\n")}`;
}

/** Fail on text that could not stand in a page. */
function check(name, text) {
  const rules = FORBIDDEN[name.slice(name.lastIndexOf("."))] ?? [];
  for (const rule of rules) {
    const at = text.search(rule);
    if (at >= 0) throw new Error(`dist/${name}: ${rule} at ${at}: …${text.slice(at - 40, at + 60)}…`);
  }
}

/** A script as a page carries it. */
async function pack(text) {
  const packed = await zopfli.gzipAsync(Buffer.from(text), { numiterations: 15 });
  return Buffer.from(packed).toString("base64");
}

const cspHash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

const whole = await bundle("vendor/plotly.cjs", {
  format: "iife",
  globalName: "Plotly",
  target: "es2020",
  loader: { ".css": "empty" }, // maplibre's style sheet, which no trace of ours uses
  define: { global: "window" },
});
const plotly = { ...whole, text: withoutDescriptions(whole.text) };
const scriptStyle = await bundle("css/components/script.css", {});
const script = await bundle("src/main.js", {
  format: "iife",
  target: "es2022",
  define: { RUNDIFF_STYLE: JSON.stringify(scriptStyle.text.trim()) },
});
// terser finds 4 % that esbuild's minifier leaves, after packing: 2.7 kB of every page (2026-11-27).
// A second run finds some more in its own output, which more passes do not.
for (const _ of [1, 2]) {
  script.text = (await minify(script.text, { ecma: 2020, module: true, compress: { passes: 2, unsafe_arrows: true, unsafe_methods: true } })).code;
}
const loader = await bundle("src/loader.js", { format: "iife", target: "es2022" });
const style = await bundle("css/main.css", {});

// plotly.js reads its own version from its sources; the manifest says which one a report carries.
const version = JSON.parse(readFileSync(join(root, "node_modules/plotly.js/package.json"), "utf8")).version;
const files = {
  "plotly.min.js": plotly.text,
  "plotly.min.js.gz.b64": await pack(plotly.text),
  "rundiff.js": script.text,
  "rundiff.js.gz.b64": await pack(script.text),
  "loader.js": loader.text,
  "rundiff.css": style.text,
  "LICENSES.txt": licencesText([...plotly.inputs, ...script.inputs, ...loader.inputs]),
  "manifest.json": `${JSON.stringify(
    {
      plotly_version: version,
      csp: {
        "plotly.min.js": cspHash(plotly.text),
        "loader.js": cspHash(loader.text),
        "rundiff.js": cspHash(script.text),
        "rundiff.css": cspHash(style.text),
      },
    },
    null,
    2,
  )}\n`,
};

mkdirSync(dist, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  check(name, text);
  writeFileSync(join(dist, name), text);
  console.log(`${name.padEnd(22)} ${String(Buffer.byteLength(text)).padStart(9)} bytes`);
}
for (const name of readdirSync(dist)) {
  if (!(name in files)) throw new Error(`dist/${name} is not made by this build; delete it`);
}
