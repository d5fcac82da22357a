// plotly.js describes each of its attributes in English, for its reference: a tenth of the bundle, which no page reads.
// Its own builds leave the descriptions out as well.

/** Where the expression that begins at `at` ends: at the comma or bracket after it. */
function endOf(script, at) {
  for (let depth = 0; at < script.length; at++) {
    const sign = script[at];
    if (sign === '"' || sign === "'" || sign === "`") {
      for (at++; script[at] !== sign; at++) if (script[at] === "\\") at++;
    } else if ("([{".includes(sign)) {
      depth++;
    } else if (depth === 0 && ",)]}".includes(sign)) {
      return at;
    } else if (")]}".includes(sign)) {
      depth--;
    }
  }
  throw new Error("a description has no end");
}

/** A minified script without the members called `description` of its object literals. */
export function withoutDescriptions(script) {
  const parts = [];
  let from = 0;
  const start = /([{,])description:/g;
  for (let found = start.exec(script); found; found = start.exec(script)) {
    const end = endOf(script, start.lastIndex);
    const isFirst = found[1] === "{";
    parts.push(script.slice(from, found.index), isFirst ? "{" : "");
    from = isFirst && script[end] === "," ? end + 1 : end;
    start.lastIndex = from;
  }
  return parts.join("") + script.slice(from);
}
