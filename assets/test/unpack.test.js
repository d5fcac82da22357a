// What the loader unpacks is what the build packed.

import assert from "node:assert/strict";
import test from "node:test";
import lzma from "lzma";
import { ALPHABET, decode85, encode85 } from "../src/unpack/base85.js";
import { decodeLzma } from "../src/unpack/lzma.js";

/** @param {string} text */
const pack = (text) => Uint8Array.from(/** @type {any} */ (lzma).compress([...Buffer.from(text)], 9));

test("texts of every shape come back", () => {
  let noise = "";
  for (let at = 0, state = 7; at < 5000; at++) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    noise += String.fromCharCode(32 + (state % 95));
  }
  const texts = ["a", "ab".repeat(5000), noise, noise.repeat(3), "ünïcode → 🧪 ".repeat(50), `${"x".repeat(300)}y`];
  for (const text of texts) {
    const packed = encode85(pack(text));
    assert.equal(new TextDecoder().decode(decodeLzma(decode85(packed))), text);
  }
});

test("the alphabet cannot end a script or a string", () => {
  assert.equal(new Set(ALPHABET).size, 85);
  assert.doesNotMatch(ALPHABET, /[<>&"'`\\\s]/);
});
