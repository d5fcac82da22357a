"""Whether a report's executable bytes are those of this version, found out without running it.

A report that came by mail or from a fork's build is opened in a browser; what can act in it are its
policy, its scripts and its style. All of them are constant for a version, so they are compared byte
by byte, and the rest is held to elements and attributes that can do nothing. The text is looked at
with regular expressions, not with an HTML parser, on purpose: a parser would repair what a browser
repairs otherwise. Everything that came from a record was escaped when the page was written, so a
`<` outside the constant blocks is always one of the templates' own, and written as they write it:
known names, attributes in double quotes, HTML's own white space. A looser reading would end tags
and values elsewhere than a browser does, and what it takes for a quoted text would run.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from rundiff.errors import RecordError
from rundiff.render.html import Bundle, content_hash, load_bundle
from rundiff.resources import load_asset

_HEAD = re.compile(
    r'<!doctype html>\s*<html lang="en">\s*<head>\s*<meta charset="utf-8">\s*'
    r'<meta name="generator" content="rundiff ([^"<>]*)">\s*'
    r'<meta http-equiv="Content-Security-Policy" content="([^"<>]*)">'
)
_OPENING = re.compile(r"<(script|style)\b([^<>]*)>", re.IGNORECASE | re.ASCII)
_CLOSING = {
    name: re.compile(f"</{name}>", re.IGNORECASE | re.ASCII) for name in ("script", "style")
}
_NAME = r"[A-Za-z][A-Za-z0-9:-]*"
_TAG = re.compile(
    rf'</?([A-Za-z][A-Za-z0-9]*)((?:[ \t\n\r\f]+{_NAME}(?:="[^"<>]*")?)*)[ \t\n\r\f]*/?>'
)
_ATTRIBUTE = re.compile(rf'({_NAME})(?:="([^"]*)")?')
_INERT = (
    "a abbr article aside b bdi bdo blockquote body br button caption circle code col colgroup dd"
    " del desc details dfn dialog div dl dt ellipse em fieldset figcaption figure footer g h1 h2 h3"
    " h4 h5 h6 head header hr html i img input ins kbd label legend li line main mark meta meter"
    " nav ol optgroup option output p path polygon polyline pre progress q rect s samp search"
    " section select small span strong sub summary sup svg table tbody td text textarea tfoot th"
    " thead time title tr tspan u ul var wbr"
)
_ELEMENTS = frozenset(_INERT.split())
# What the templates and charts write: names and texts, numbers and colours, and two addresses.
_TEXTS = frozenset(
    [
        "alt",
        "aria-",
        "autocomplete",
        "charset",
        "class",
        "colspan",
        "content",
        "data-",
        "decoding",
        "hidden",
        "id",
        "lang",
        "name",
        "open",
        "placeholder",
        "preserveaspectratio",
        "rel",
        "role",
        "rowspan",
        "scope",
        "selected",
        "spellcheck",
        "tabindex",
        "title",
        "type",
        "value",
        "viewbox",
    ]
)
_DRAWN = frozenset(
    [
        "cx",
        "cy",
        "d",
        "fill",
        "fill-opacity",
        "height",
        "r",
        "stroke",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
        "transform",
        "width",
        "x",
        "y",
    ]
)
_DRAWING = re.compile(r"(?:[A-Za-z0-9#%., +-]|\b(?:translate|rotate|scale)\([0-9., +-]*\))*")
_LINKS = re.compile(r"#|https?:|mailto:", re.IGNORECASE | re.ASCII)


class _Block(NamedTuple):
    """A script or style: its tag's name and attributes as written, content, and where it is."""

    name: str
    attributes: str
    content: str
    start: int
    end: int


def check_report(content: bytes, version: str, *, location: str) -> list[str]:
    """Return what differs from a report that this version writes; nothing if nothing does.

    Raises RecordError for what is no report, or one of another version.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise RecordError("not a report of rundiff: it is not UTF-8", location=location) from None
    head = _HEAD.match(text)
    if head is None:
        raise RecordError(
            "not a report of rundiff: it does not begin as one, with its version and policy",
            location=location,
        )
    if html.unescape(head[1]) != version:
        raise RecordError(
            f"was made by rundiff {html.unescape(head[1])!r}; this is {version}: check it with the"
            " version that made it",
            location=location,
        )
    bundle = load_bundle()
    found = [] if html.unescape(head[2]) == bundle.policy else ["the policy differs"]
    blocks = list(_blocks(text, head.end()))
    found += _block_findings(blocks, bundle)
    # Blanked, not cut out: what follows keeps its line.
    parts, at = [], head.end()
    for block in blocks:
        parts += [text[at : block.start], "\n" * text.count("\n", block.start, block.end)]
        at = block.end
    rest = "".join([*parts, text[at:]])
    found += _markup_findings(rest, first_line=1 + text.count("\n", 0, head.end()))
    return found


def published_hashes() -> Mapping[str, str]:
    """Return the hash of every executable part of this version's reports.

    Those of `assets/dist/manifest.json`, which a release publishes, and of the parts that differ
    from them only in how a page carries them.
    """
    bundle = load_bundle()
    published: dict[str, str] = json.loads(load_asset("manifest.json"))["csp"]
    return {
        **published,
        "plotly.min.js, packed": content_hash(bundle.plotly),
        "rundiff.js, packed": content_hash(bundle.app),
        "the policy": content_hash(bundle.policy),
    }


def _blocks(text: str, at: int) -> Iterator[_Block]:
    """Yield scripts and styles, each up to its first end tag; one without ends with the text."""
    while opening := _OPENING.search(text, at):
        closing = _CLOSING[opening[1].lower()].search(text, opening.end())
        inner_end, at = (closing.start(), closing.end()) if closing else (len(text), len(text))
        content = text[opening.end() : inner_end]
        yield _Block(opening[1], opening[2], content, opening.start(), at)


def _block_findings(blocks: Sequence[_Block], bundle: Bundle) -> Iterator[str]:
    """Yield what is wrong with scripts and styles: each must be there once, in order."""
    expected: list[tuple[str, str, str, Callable[[str], str]]] = [
        ("style", "", "the style", partial(_constant, bundle.style)),
        ("script", ' type="application/json" id="data"', "the data", _data),
        ("script", ' type="text/plain" id="plotly"', "plotly", partial(_constant, bundle.plotly)),
        ("script", ' type="text/plain" id="app"', "the script", partial(_constant, bundle.app)),
        ("script", "", "the loader", partial(_constant, bundle.loader)),
    ]
    for block in blocks:
        if expected and (block.name, block.attributes) == expected[0][:2]:
            _, _, name, check = expected.pop(0)
            wrong = check(block.content)
            if wrong:
                yield f"{name} {wrong}"
        else:
            shown = f"<{block.name}{block.attributes[:60]}>"
            size = f"{len(block.content):,} characters"
            yield f"there is {shown!r}, {size}, that rundiff does not write"
    for _, _, name, _ in expected:
        yield f"{name} is missing"


def _constant(wanted: str, found: str) -> str:
    if found == wanted:
        return ""
    return f"differs: {content_hash(found)}, expected {content_hash(wanted)}"


def _data(found: str) -> str:
    if "<" in found:
        return "holds a '<', which rundiff escapes"
    try:
        json.loads(found)
    except (ValueError, RecursionError):
        return "is no JSON"
    return ""


def _markup_findings(text: str, *, first_line: int) -> Iterator[str]:
    """Yield every tag that could load or run something."""
    line, end = first_line, 0
    for tag in _TAG.finditer(text):
        between = text[end : tag.start()]
        wrong = _stray(between) if "<" in between else _tag_finding(tag[1].lower(), tag[2])
        line += between.count("\n")
        if wrong:
            yield f"line {line}: {wrong}"
        line, end = line + tag[0].count("\n"), tag.end()
    if "<" in text[end:]:
        yield f"line {line}: {_stray(text[end:])}"


def _stray(text: str) -> str:
    shown = text[text.index("<") :][:60]
    return f"{shown!r}, which begins no tag as rundiff writes them"


def _tag_finding(name: str, attributes: str) -> str:
    if name not in _ELEMENTS:
        return f"the element <{name[:40]}>, which rundiff does not write"
    for found in _ATTRIBUTE.finditer(attributes):
        if not _is_inert(name, found[1].lower(), html.unescape(found[2] or "")):
            return f"<{name}> has {found[0][:80]!r}, which rundiff does not write"
    return ""


def _is_inert(element: str, attribute: str, value: str) -> bool:
    """Tell whether an attribute loads and runs nothing."""
    if attribute in ("href", "src"):
        is_link = element == "a" and attribute == "href" and _LINKS.match(value) is not None
        is_image = element == "img" and attribute == "src" and value.startswith("data:image/")
        return is_link or is_image
    if attribute in _DRAWN:  # CSS, which loads what `url(…)` names
        return _DRAWING.fullmatch(value) is not None
    is_image_button = element == "input" and attribute == "type" and value.lower() == "image"
    kind = attribute[:5] if attribute.startswith(("data-", "aria-")) else attribute
    return kind in _TEXTS and not is_image_button
