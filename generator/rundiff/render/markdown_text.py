"""Record text inside GitHub-flavoured Markdown: always a code span, and nothing but its own text.

What was shown to work (10,034 naughty strings; exhaustively over short strings of the characters
that matter): a code span of one backtick more than the text holds. In it there are no mentions, no
issue numbers, no links, no images, no HTML and no entities. Three things are left to do:

- a bar would end a table cell. ``\\|`` is read differently by two parsers where a backslash stands
  before it, so the span is closed, ``&#124;`` written, and another span opened: the text stays exact;
- ``<!--`` would let a record show the marker by which our own comment is found; its ``!`` is
  written the same way;
- line ends and everything that cannot be seen are made visible by ``show_text``.

Everything else in a summary (numbers, verdict words, punctuation) is our own.
"""

from __future__ import annotations

import re

from rundiff.format import show_text

LONGEST = 120
EMPTY = "(empty)"
_OUTSIDE = re.compile(r"(\||(?<=<)!(?=--))")
_BACKTICKS = re.compile(r"`+")


def code(text: str, length: int = LONGEST) -> str:
    """Return the text as inline code of at most ``length`` characters (shortened in the middle)."""
    if not text:
        return EMPTY
    return "".join(_piece(part) for part in _OUTSIDE.split(shortened(show_text(text), length)))


def shortened(shown: str, length: int) -> str:
    """Return a shown text with its middle elided beyond ``length`` characters."""
    if len(shown) <= length:
        return shown
    head = (length - 1) // 2
    return f"{shown[:head]}…{shown[-(length - 1 - head) :]}"


def _piece(part: str) -> str:
    if not part:
        return ""
    if _OUTSIDE.fullmatch(part) or part == "!":
        return f"&#{ord(part)};"
    return _span(part)


def _span(text: str) -> str:
    fence = "`" * (1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    # One space at each end is taken off again by the reader, unless the text is all spaces.
    is_padded = text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " " and text.strip())
    pad = " " if is_padded else ""
    return f"{fence}{pad}{text}{pad}{fence}"
