// The port of rundiff.format agrees with it: both are tested on the same cases.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { alignDecimals, formatCount, formatDelta, formatExact, formatNumbers, formatRelative, formatTick } from "../src/format/numbers.js";
import { formatBytes, formatDuration, formatTime, formatTimeShort } from "../src/format/quantities.js";
import { formatTypedRow, showText } from "../src/format/text.js";

const cases = JSON.parse(readFileSync(new URL("../../tests/golden/format_cases.json", import.meta.url), "utf8"));
const number = (text) => (text === null || text === undefined ? null : Number(text));

test("texts", () => {
  for (const { in: given, out } of cases.show_text) assert.equal(showText(given), out);
});

test("what cannot be seen is what Python says, from range to range", () => {
  for (const [first, last] of cases.invisible) {
    for (const code of [first, last]) {
      const text = String.fromCodePoint(code);
      assert.notEqual(showText(text), text, code.toString(16));
    }
  }
});

test("typed rows", () => {
  for (const { cells: given, out } of cases.format_typed_row) {
    assert.deepEqual(formatTypedRow(given.map(([type, value]) => ({ type, value }))), out);
  }
});

test("an integer that no double holds is shown with all its digits", () => {
  assert.equal(formatExact("-9007199254740993", "−9.01e15"), "−9007199254740993");
  assert.equal(formatExact("9007199254740992.0", "9.01e15"), "9.01e15");
});

test("rows of numbers, with their deltas and relative changes", () => {
  for (const { values: given, baseline, floor, shown, decimals, deltas } of cases.format_numbers) {
    const values = given.map(number);
    const row = formatNumbers(values, { baseline, floor });
    assert.deepEqual(row, { shown, decimals }, JSON.stringify(given));
    const base = values[baseline];
    if (deltas) {
      assert.deepEqual(values.map((v) => formatDelta(v === null || (base ?? null) === null ? null : v - base, row.decimals)), deltas);
    }
  }
});

for (const [name, format] of Object.entries({
  format_relative: formatRelative,
  format_tick: formatTick,
  format_count: formatCount,
  format_bytes: formatBytes,
  format_duration: formatDuration,
})) {
  test(name, () => {
    for (const { in: given, out } of cases[name]) assert.equal(format(number(given)), out, given);
  });
}

test("aligned decimals", () => {
  for (const { in: given, out } of cases.align_decimals) assert.deepEqual(alignDecimals(given), out);
});

test("moments", () => {
  for (const { in: given, long, short, out } of cases.format_time) {
    if (!Number.isSafeInteger(given)) continue; // no double holds it
    assert.equal(formatTime(Number(given)), long ?? out, given);
    if (short) assert.equal(formatTimeShort(Number(given)), short);
  }
});
