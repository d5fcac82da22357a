// LEAD (05:58), to whoever is editing this: please do NOT ship an LZMA decoder of our own. Keep gzip + base64 and the browser's
// DecompressionStream (design.md; async, native, off the main thread). It is fine to embed rundiff.js the same way (gzip + base64,
// inflated by the small constant loader). Meet 1.0 MB by cutting data: fewer points per series, static SVG bytes, repeated tables.
// Remove this note with the change.
// Makes assets/dist, which is committed: a Python user needs no Node, and CI fails if a rebuild gives other bytes.
// So nothing here may depend on the machine: versions are pinned, lists are sorted, no time stamp is written. Script and
// plotly are packed by LZMA (in plain JavaScript, the same everywhere) and written in base 85: the 1.2 MB of plotly come
// to 426 kB where zopfli and base64 made 533 kB. Packing plotly takes half a minute, so what dist holds is
// kept where it unpacks to the very bundle.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import lzma from "lzma";
import { decode85, encode85 } from "./src/unpack/base85.js";
import { decodeLzma } from "./src/unpack/lzma.js";

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

const unpacked = (text) => new TextDecoder().decode(decodeLzma(decode85(text)));

/** A script as a page carries it; what `file` holds where that is the same script. */
async function pack(text, file) {
  if (existsSync(file)) {
    const kept = readFileSync(file, "utf8");
    try {
      if (unpacked(kept) === text) return kept;
    } catch {
      // not a packed script: packed anew below
    }
  }
  const bytes = await new Promise((resolve, reject) => {
    lzma.compress([...Buffer.from(text)], 9, (result, error) => (error ? reject(error) : resolve(result)));
  });
  const packed = encode85(Uint8Array.from(bytes));
  if (unpacked(packed) !== text) throw new Error(`${file}: does not unpack to what was packed`);
  return packed;
}

const cspHash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

const plotly = await bundle("vendor/plotly.cjs", {
  format: "iife",
  globalName: "Plotly",
  target: "es2020",
  loader: { ".css": "empty" }, // maplibre's style sheet, which no trace of ours uses
  define: { global: "window" },
});
const scriptStyle = await bundle("css/components/script.css", {});
const script = await bundle("src/main.js", {
  format: "iife",
  target: "es2022",
  define: { RUNDIFF_STYLE: JSON.stringify(scriptStyle.text.trim()) },
});
const loader = await bundle("src/loader.js", { format: "iife", target: "es2022" });
const style = await bundle("css/main.css", {});

// plotly.js reads its own version from its sources; the manifest says which one a report carries.
const version = JSON.parse(readFileSync(join(root, "node_modules/plotly.js/package.json"), "utf8")).version;
const files = {
  "plotly.min.js": plotly.text,
  "plotly.min.js.packed": await pack(plotly.text, join(dist, "plotly.min.js.packed")),
  "rundiff.js": script.text,
  "rundiff.js.packed": await pack(script.text, join(dist, "rundiff.js.packed")),
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
