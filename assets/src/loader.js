// The only script of a page that is there in plain text: it unpacks the others. Packed, script and chart library are a
// third of their size, and a report is mailed and stored in every build of a CI server.
//
// What is unpacked runs through the page's one Trusted Types policy, and the hashes in the CSP admit exactly those bytes.

import { decode85 } from "./unpack/base85.js";
import { decodeLzma } from "./unpack/lzma.js";

document.documentElement.classList.add("js");

const page = /** @type {any} */ (window);
const createScript = (/** @type {string} */ text) => text;
const policy = page.trustedTypes?.createPolicy("rundiff", { createScript }) ?? { createScript };

/**
 * Run the packed script of a data block; false where the page carries none.
 * @param {string} id
 */
function run(id) {
  const packed = document.getElementById(id)?.textContent?.trim();
  if (!packed) return false;
  const script = document.createElement("script");
  script.text = policy.createScript(new TextDecoder().decode(decodeLzma(decode85(packed))));
  document.head.append(script);
  return true;
}

Object.defineProperty(page, "rundiffRun", { value: run });
run("app");
