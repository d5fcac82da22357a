r"""Record text inside GitHub-flavoured Markdown: always a code span, and nothing but its own text.

What was shown to work (10,034 naughty strings; exhaustively over short strings of the characters
that matter): a code span of one backtick more than the text holds. In it there are no mentions, no
issue numbers, no links, no images, no HTML and no entities. Three things are left to do:

- a bar would end a table cell. ``\|`` is read differently by two parsers where a backslash stands
  before it, so the span is closed, ``&#124;`` written and another span opened: text stays exact;
- ``<!--`` would let a record show the marker by which our own comment is found; its ``!`` is
  written the same way;
- line ends and everything that cannot be seen are made visible by ``show_text``.

A sentence that may quote a record (``prose``) is taken word by word: plain English words and
numbers stand as they are, every other word is code. Everything else in a summary (numbers, verdict
words, punctuation) is our own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.format import show_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST = 120
EMPTY = "(empty)"
_OUTSIDE = re.compile(r"(\||(?<=<)!(?=--))")
_BACKTICKS = re.compile(r"`+")
_WORD = r"[A-Za-z]{1,24}(?:['’-][A-Za-z]{1,24})*"
_NUMBER = (
    r"[+\u2212±]?(?:[0-9][0-9,]*(?:\.[0-9]+)?(?:e\u2212?[0-9]+)?|∞|NaN|[0-9]{4}-[0-9]{2}-[0-9]{2})"
)
# Words of hexadecimal letters alone would be taken for commits.
_PLAIN = re.compile(
    rf"\(?(?!(?:www|[a-f]{{7,40}})\b)(?:{_WORD}|{_NUMBER}|%)%?[.,;:)]{{0,2}}|[→±\u2212+=≤≥×–·]"
)


def code(text: str, length: int = LONGEST) -> str:
    """Return the text as inline code of at most ``length`` characters (shortened in the middle)."""
    return code_shown(shortened(show_text(text), length))


def code_shown(text: str) -> str:
    """Return a text that was made visible before as inline code."""
    if not text:
        return EMPTY
    return "".join(_piece(part) for part in _OUTSIDE.split(text))


def prose(text: str, length: int) -> str:
    """Return a sentence of at most ``length`` characters in which only plain words are not code."""
    parts: list[str] = []
    strange: list[str] = []
    for word in shortened(show_text(text), length).split(" "):
        if not _PLAIN.fullmatch(word):
            strange.append(word)
            continue
        parts += [*_quoted(strange), word]
        strange = []
    return " ".join([*parts, *_quoted(strange)])


def _quoted(words: Sequence[str]) -> Iterator[str]:
    """Yield the words as one code span.

    A stop or comma after the last one stands outside, and so does a bracket before the first.
    """
    if words:
        text = " ".join(words)
        inside = text[1:] if text.startswith("(") and len(text) > 1 else text
        name = inside.rstrip(".,;:") or inside
        before, after = text[: len(text) - len(inside)], inside[len(name) :]
        yield f"{before}{code_shown(name)}{after}"


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
