// Histories: one gzipped block of little-endian numbers, and for each series where its numbers lie.

/** @typedef {{ f: "f64" | "u16" | "d16" | "seq", o?: number, a?: number, b?: number }} Encoded */
/** @typedef {{ key: string, run: number, n: number, of: number, x: Encoded, y: Encoded, t: Encoded | null }} PackedItem */
/** @typedef {{ data: string, bound: string | null, items: string | PackedItem[], planes?: number, shorts?: number, columns?: number[] }} PackedSeries */
/** @typedef {{ key: string, run: number, of: number, x: Float64Array, y: Float64Array, t: Float64Array | null }} Series */

const NAN_CODE = 65_535;
const SCALE = 65_534;

/**
 * Decode base64 to bytes.
 * @param {string} text
 */
export function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/**
 * Undo base64 and gzip.
 * @param {string} text
 * @returns {Promise<ArrayBuffer>}
 */
export function inflate(text) {
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/**
 * The numbers of one axis of one series.
 * @param {DataView} view
 * @param {Encoded} encoded
 * @param {number} count
 * @param {{ low: number, high: number }} [planes] where the low and the high bytes of d16 begin
 */
export function decodeNumbers(view, encoded, count, planes = { low: 0, high: 0 }) {
  const { f: form, o: offset = 0, a: first = 0, b: second = 0 } = encoded;
  const numbers = new Float64Array(count);
  let sum = 0; // d16: each number is the difference from the one before
  for (let at = 0; at < count; at++) {
    if (form === "f64") {
      numbers[at] = view.getFloat64(offset + 8 * at, true);
    } else if (form === "seq") {
      numbers[at] = first + at * second;
    } else {
      const delta = form === "d16" ? view.getUint8(planes.low + offset + at) | (view.getUint8(planes.high + offset + at) << 8) : 0;
      sum = (sum + delta) & 0xffff;
      const code = form === "d16" ? sum : view.getUint16(offset + 2 * at, true);
      numbers[at] = code === NAN_CODE ? Number.NaN : first + (code / SCALE) * (second - first);
    }
  }
  return numbers;
}

/**
 * All series of the page by metric. Nothing is inflated before the first chart asks.
 * @param {PackedSeries | null} packed
 */
export function seriesReader(packed) {
  /** @type {Promise<Map<string, Series[]>> | null} */
  let reading = null;

  async function read() {
    /** @type {Map<string, Series[]>} */
    const byKey = new Map();
    if (packed === null) return byKey;
    const view = new DataView(await inflate(packed.data));
    const items = typeof packed.items === "string" ? JSON.parse(new TextDecoder().decode(await inflate(packed.items))) : packed.items;
    const planes = { low: packed.planes ?? 0, high: (packed.planes ?? 0) + (packed.shorts ?? 0) };
    for (const { key, run, n, of, x, y, t } of items) {
      const series = {
        key,
        run,
        of,
        x: decodeNumbers(view, x, n, planes),
        y: decodeNumbers(view, y, n, planes),
        t: t === null ? null : decodeNumbers(view, t, n, planes),
      };
      byKey.set(key, [...(byKey.get(key) ?? []), series]);
    }
    return byKey;
  }

  return () => (reading ??= read());
}
