// Bytes as text that may stand in a <script>: five characters for four bytes (base64 takes 5.33). The 85 characters are
// printable ASCII without those that HTML, JavaScript strings or templates could take for their own.

export const ALPHABET = "!#$%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|";

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function encode85(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let number = 0;
    for (let place = 0; place < 4; place++) number = number * 256 + (bytes[at + place] ?? 0);
    let group = "";
    for (let place = 0; place < 5; place++) {
      group = ALPHABET[number % 85] + group;
      number = Math.floor(number / 85);
    }
    text += group;
  }
  return text;
}

/**
 * The bytes of a text, with up to three zero bytes more at the end.
 * @param {string} text
 */
export function decode85(text) {
  const values = new Uint8Array(128);
  for (let value = 0; value < 85; value++) values[ALPHABET.charCodeAt(value)] = value;
  const bytes = new Uint8Array((text.length / 5) * 4);
  for (let from = 0, to = 0; from < text.length; from += 5, to += 4) {
    let number = 0;
    for (let place = 0; place < 5; place++) number = number * 85 + (values[text.charCodeAt(from + place)] ?? 0);
    bytes[to] = number >>> 24;
    bytes[to + 1] = (number >>> 16) & 255;
    bytes[to + 2] = (number >>> 8) & 255;
    bytes[to + 3] = number & 255;
  }
  return bytes;
}
