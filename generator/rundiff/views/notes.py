"""A run's note: Markdown from a stranger, made into HTML that cannot do anything.

markdown-it-py is not safe by default: its CommonMark preset passes raw HTML. Here: the js-default
preset (tables, no raw HTML), html off, images off (an image is a beacon), links only to http, https
and mailto, with a rel that gives nothing away; a link without an address is text. Headings become
paragraphs in bold type: a note cannot pretend to be a section of the page. 16 kB at most: the worst
known pathological text then takes about two seconds. One of the audited producers of ``Markup``;
the parser is imported only when there is a note.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from rundiff.format import show_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST_CHARACTERS = 16_384
MOST_TABLE_COLUMNS = 40
_SCHEME = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_REL = "noopener noreferrer nofollow ugc"


def render_note(note: str) -> Markup:
    """Return a note as HTML, or as plain text where it is too long to be parsed."""
    visible = "\n".join(show_text(line.replace("\t", "    ")) for line in note.splitlines())
    if len(visible) > MOST_CHARACTERS:
        cut = visible[:MOST_CHARACTERS]
        more = (
            f"\n… {len(visible) - len(cut):,} more characters; too long for Markdown, shown as text"
        )
        return Markup("<pre>{}</pre>").format(cut + more)
    if any(line.count("|") > MOST_TABLE_COLUMNS for line in visible.splitlines()):
        return Markup("<pre>{}</pre>").format(visible)
    parser = _parser()
    tokens = parser.parse(visible)
    _tame(tokens)
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": 20})
    parser.disable(["image", "html_block", "html_inline"], ignoreInvalid=True)
    parser.validateLink = _is_link  # type: ignore[method-assign,assignment]
    return parser


def _is_link(address: str) -> bool:
    return _SCHEME.match(address) is not None


def _tame(tokens: list[Token]) -> None:
    is_dropped = False
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
            if token.nesting == 1:
                token.attrSet("class", "note-heading")
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
            is_dropped = not address  # `[a]()` would be a link to the page itself
            token.attrs = {"href": address, "rel": _REL}
        if is_dropped and token.type in ("link_open", "link_close"):
            token.type, token.tag, token.nesting = "text", "", 0
        if token.type == "fence":
            token.info = ""  # a language would become a class name
        if token.type in ("td_open", "th_open", "ordered_list_open"):
            token.attrs = {}  # alignment is an inline style, which the CSP forbids
        if token.children:
            _tame(token.children)
