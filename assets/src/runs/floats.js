// Free text among doubles: their texts are made when a word could be in one, and kept as one string a column.

/** @typedef {import("../data/column.js").Column} Column */

export class FloatTexts {
  /** @type {string | null} */
  #joined = null;
  #starts;
  #hasWords;
  #column;

  /** @param {Column} column of doubles */
  constructor(column) {
    this.#column = column;
    this.#starts = new Int32Array(0);
    this.#hasWords = !column.every((code) => Number.isFinite(column.numberAt(code)));
  }

  /** @param {string} word in lower case */
  hits(word) {
    // "tiger" is in no number, and most of what is typed is in none.
    if (!(this.#hasWords ? /^[\d.e+\-infatyn]+$/ : /^[\d.e+-]+$/).test(word)) return null;
    if (this.#joined === null) this.#join();
    const joined = this.#joined ?? "";
    let at = joined.indexOf(word);
    if (at < 0) return null;
    const found = new Uint8Array(this.#column.size);
    for (let code = 0; at >= 0; at = joined.indexOf(word, this.#starts[code] ?? joined.length)) {
      while (code < found.length && (this.#starts[code] ?? 0) <= at) code += 1;
      found[code - 1] = 1;
    }
    return found;
  }

  #join() {
    const texts = Array.from({ length: this.#column.size }, (_, code) => this.#column.valueAt(code).toLowerCase());
    this.#joined = texts.join("\n");
    let start = 0;
    this.#starts = Int32Array.from(texts, (text) => {
      const own = start;
      start += text.length + 1;
      return own;
    });
  }
}
