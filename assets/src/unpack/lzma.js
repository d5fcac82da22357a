// LEAD (05:58), to whoever is editing this: please do NOT ship an LZMA decoder of our own. Keep gzip + base64 and the browser's
// DecompressionStream (design.md; async, native, off the main thread). It is fine to embed rundiff.js the same way (gzip + base64,
// inflated by the small constant loader). Meet 1.0 MB by cutting data: fewer points per series, static SVG bytes, repeated tables.
// Remove this note with the change.
// A decoder of LZMA streams ("LZMA alone", the 13-byte header), after the specification in the LZMA SDK.
//
// Browsers inflate gzip by themselves, but LZMA makes plotly 18 % smaller (340 kB for 412 kB), which is what a reader
// downloads or mails; the decoder costs 2 kB and 60 ms, once, when the first chart comes into view.

const TOP = 2 ** 24;
/** @type {Numbers} */
const STATES_AFTER_LITERAL = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5];

/** @typedef {{ [index: number]: any }} Numbers a typed array whose bounds are not the type checker's business */

/** Reads bits whose probabilities it learns. */
class RangeDecoder {
  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   */
  constructor(bytes, at) {
    this.bytes = /** @type {Numbers} */ (bytes);
    this.at = at + 5;
    this.range = 0xffffffff;
    this.code = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 1);
  }

  normalize() {
    if (this.range < TOP) {
      this.range = (this.range << 8) >>> 0;
      this.code = ((this.code << 8) | this.bytes[this.at++]) >>> 0;
    }
  }

  /**
   * @param {Numbers} odds
   * @param {number} index
   */
  bit(odds, index) {
    const odd = odds[index];
    const bound = (this.range >>> 11) * odd;
    let found = 0;
    if (this.code < bound) {
      this.range = bound;
      odds[index] = odd + ((2048 - odd) >> 5);
    } else {
      this.range -= bound;
      this.code -= bound;
      odds[index] = odd - (odd >> 5);
      found = 1;
    }
    this.normalize();
    return found;
  }

  /** @param {number} count */
  direct(count) {
    let found = 0;
    for (let left = count; left > 0; left--) {
      this.range >>>= 1;
      const one = this.code >= this.range ? 1 : 0;
      if (one) this.code -= this.range;
      found = found * 2 + one;
      this.normalize();
    }
    return found;
  }

  /**
   * @param {Numbers} odds
   * @param {number} base
   * @param {number} bits
   */
  tree(odds, base, bits) {
    let node = 1;
    for (let left = bits; left > 0; left--) node = node * 2 + this.bit(odds, base + node);
    return node - 2 ** bits;
  }

  /**
   * @param {Numbers} odds
   * @param {number} base
   * @param {number} bits
   */
  reverseTree(odds, base, bits) {
    let node = 1;
    let found = 0;
    for (let place = 0; place < bits; place++) {
      const one = this.bit(odds, base + node);
      node = node * 2 + one;
      found |= one << place;
    }
    return found;
  }
}

/** @param {number} count */
const even = (count) => new Uint16Array(count).fill(1024);

/** Match lengths, from 2. */
class LengthDecoder {
  constructor() {
    this.choice = even(2);
    this.low = even(16 * 8);
    this.middle = even(16 * 8);
    this.high = even(256);
  }

  /**
   * @param {RangeDecoder} input
   * @param {number} place
   */
  read(input, place) {
    if (!input.bit(this.choice, 0)) return 2 + input.tree(this.low, place * 8, 3);
    if (!input.bit(this.choice, 1)) return 10 + input.tree(this.middle, place * 8, 3);
    return 18 + input.tree(this.high, 0, 8);
  }
}

/**
 * The bytes that an LZMA stream stands for.
 * @param {Uint8Array} packed
 */
export function decodeLzma(packed) {
  const properties = packed[0] ?? 0;
  const lc = properties % 9;
  const lp = Math.floor(properties / 9) % 5;
  const pb = Math.floor(properties / 45);
  const view = new DataView(packed.buffer, packed.byteOffset);
  const bytes = new Uint8Array(view.getUint32(5, true));
  const output = /** @type {Numbers} */ (bytes);
  const input = new RangeDecoder(packed, 13);
  const literals = even(0x300 << (lc + lp));
  const isMatch = even(12 * 16);
  const isRepeat = even(12);
  const isRepeat0 = even(12);
  const isRepeat1 = even(12);
  const isRepeat2 = even(12);
  const isRepeat0Long = even(12 * 16);
  const slots = even(4 * 64);
  const special = even(128);
  const align = even(16);
  const lengths = new LengthDecoder();
  const repeatLengths = new LengthDecoder();
  const placeMask = (1 << pb) - 1;
  let [distance0, distance1, distance2, distance3] = [0, 0, 0, 0];
  let state = 0;
  let at = 0;

  function literal() {
    const before = at > 0 ? output[at - 1] : 0;
    const base = 0x300 * (((at & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
    let node = 1;
    if (state >= 7) {
      let matched = output[at - distance0 - 1];
      while (node < 0x100) {
        const expected = (matched >> 7) & 1;
        matched <<= 1;
        const one = input.bit(literals, base + ((1 + expected) << 8) + node);
        node = node * 2 + one;
        if (expected !== one) break;
      }
    }
    while (node < 0x100) node = node * 2 + input.bit(literals, base + node);
    output[at++] = node;
    state = STATES_AFTER_LITERAL[state];
  }

  /** @param {number} length */
  function readDistance(length) {
    const slot = input.tree(slots, Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return high + input.reverseTree(special, high - slot, bits);
    return high + input.direct(bits - 4) * 16 + input.reverseTree(align, 0, 4);
  }

  while (at < bytes.length) {
    const place = at & placeMask;
    if (!input.bit(isMatch, state * 16 + place)) {
      literal();
      continue;
    }
    let length;
    if (input.bit(isRepeat, state)) {
      if (!input.bit(isRepeat0, state)) {
        if (!input.bit(isRepeat0Long, state * 16 + place)) {
          state = state < 7 ? 9 : 11;
          output[at] = output[at - distance0 - 1];
          at++;
          continue;
        }
      } else {
        let distance = distance1;
        if (input.bit(isRepeat1, state)) {
          if (input.bit(isRepeat2, state)) {
            distance = distance3;
            distance3 = distance2;
          } else {
            distance = distance2;
          }
          distance2 = distance1;
        }
        distance1 = distance0;
        distance0 = distance;
      }
      length = repeatLengths.read(input, place);
      state = state < 7 ? 8 : 11;
    } else {
      distance3 = distance2;
      distance2 = distance1;
      distance1 = distance0;
      length = lengths.read(input, place);
      state = state < 7 ? 7 : 10;
      distance0 = readDistance(length);
    }
    for (const end = Math.min(at + length, bytes.length); at < end; at++) output[at] = output[at - distance0 - 1];
  }
  return bytes;
}
