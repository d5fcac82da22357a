r"""Texts and typed values.

*Texts.* The shown form of a text is injective: what cannot be seen is written ``\u{hex}``, a line
feed is ``↵`` and a tab ``⇥``; those two signs and a backslash before ``u{`` are escaped in turn.
Characters that cannot be seen: see ``INVISIBLE`` (controls, bidirectional and zero-width
characters, tags, variation selectors, fillers, every space but U+0020, private use, lone
surrogates, noncharacters). Where a text is not in Unicode's NFC, its combining marks, conjoining
jamo and singletons are escaped too, so that composed and decomposed letters differ; so is the
third mark in a row.

*Typed cells.* Missing is ``–``; texts are quoted where they would look like something else: always
when empty, equal to ``–``, beginning with ``"`` or with a space at an end; and when the row also
holds a value that is not a text, those which look like null, a boolean, a number, a dict or a
list. So MLflow's params, which are all texts, stay without quotes, and ``1`` beside ``"1"`` is told
apart. Where every present value of a row is a digest of one kind (32 hexadecimal digits or more,
perhaps after ``sha256:``), the fewest leading digits that tell them apart are shown, eight or more.
Where every present value is a number, or a text that is one, those with more than eight significant
digits (a sampled learning rate) end in ``…`` after the fewest that tell them apart, five or more.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = "–"
FEWEST_DIGITS = 8  # of a digest
FEWEST_FIGURES, MOST_FIGURES = 5, 8  # of a long number, and of one that is shown whole
MINUS = "\u2212"

# First and last code point of each range, both included.
INVISIBLE = (
    (0x00, 0x1F), (0x7F, 0xA0), (0xAD, 0xAD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),
    (0x1680, 0x1680), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F),
    (0x205F, 0x206F), (0x21B5, 0x21B5), (0x21E5, 0x21E5), (0x2800, 0x2800), (0x3000, 0x3000),
    (0x3164, 0x3164), (0xD800, 0xF8FF), (0xFDD0, 0xFDEF), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFC), (0xFFFE, 0xFFFF), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    (0x1FFFE, 0x1FFFF), (0xE0000, 0xE0FFF), (0xF0000, 0x10FFFF),
)  # fmt: skip
COMBINING = (
    (0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F),
)  # fmt: skip


def _character_class(ranges: Sequence[tuple[int, int]]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


_DIGEST = re.compile(r"(?:([a-z0-9]{2,10}):)?([0-9a-f]{32,128})\Z")
_NUMBER = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?\Z|NaN\Z|-?Infinity\Z")
_FRACTION = re.compile(r"([+-]?0*([0-9]*)\.)([0-9]+)((?:[eE][+-]?[0-9]+)?)\Z")
_UNSEEN = re.compile(rf"[{_character_class(INVISIBLE)}]|\\(?=u\{{)")
_MARK = re.compile(rf"[{_character_class(COMBINING)}\u1100-\u11ff]")
_STACKED = re.compile(rf"(?<=[{_character_class(COMBINING)}]{{2}})[{_character_class(COMBINING)}]")
_PLAIN = re.compile(r"[ -\[\]-~]*\Z")  # printable ASCII without a backslash
_LOOKALIKE = re.compile(
    r"(?:null|true|false|[+\-\u2212]?(?:nan|inf|infinity|∞)"
    r"|[+\-\u2212]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+\-\u2212]?[0-9]+)?|[\[{].*[\]}])\Z",
    re.IGNORECASE | re.DOTALL,
)


def show_text(text: str) -> str:
    """Return a text with everything that cannot be seen made visible; the result is injective."""
    if _PLAIN.match(text):
        return text
    shown = _UNSEEN.sub(_unseen, text)
    if unicodedata.is_normalized("NFC", text):
        return _STACKED.sub(_unseen, shown)
    return "".join(_escape(one) if _is_decomposed(one) else one for one in shown)


def show_key(key: str) -> str:
    """Return a key as it is shown; an empty one is to be seen, too."""
    return show_text(key) or '""'


def _is_decomposed(character: str) -> bool:
    return _MARK.match(character) is not None or not unicodedata.is_normalized("NFC", character)


def _unseen(match: re.Match[str]) -> str:
    character = match[0]
    return {"\n": "↵", "\t": "⇥"}.get(character) or _escape(character)


def _escape(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"


def format_typed(kind: str, value: str, *, is_mixed: bool = False) -> str:
    """Return how one param, tag, dataset or environment value is shown.

    ``kind`` is missing, null, bool, int, float, text, dict or list; ``is_mixed``: the row holds a
    value that is not a text.
    """
    if kind == "missing":
        return MISSING
    if kind == "text":
        is_quoted = (
            value in ("", MISSING)
            or value[0] in '" '
            or value[-1] == " "
            or (is_mixed and _LOOKALIKE.match(value) is not None)
        )
        return f'"{show_text(value)}"' if is_quoted else show_text(value)
    if kind == "float" and value in ("Infinity", "-Infinity"):
        return "∞" if value == "Infinity" else f"{MINUS}∞"
    return show_text(value)


def format_typed_row(cells: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return how the ``(type, value)`` cells of one row are shown."""
    short = _short_digests(cells) or _short_numbers(cells)
    if short is not None:
        return short
    is_mixed = any(kind not in ("text", "missing") for kind, _ in cells)
    return tuple(format_typed(kind, value, is_mixed=is_mixed) for kind, value in cells)


def _short_digests(cells: Sequence[tuple[str, str]]) -> tuple[str, ...] | None:
    """Return the shown digests of a row in which every present value is one of the same kind."""
    values = {value for kind, value in cells if kind != "missing"}
    found = [_DIGEST.match(value) for value in values]
    kinds = {(match[1], len(match[2])) for match in found if match is not None}
    is_all_text = all(kind in ("text", "missing") for kind, _ in cells)
    if not values or None in found or len(kinds) != 1 or not is_all_text:
        return None
    digits = {value: value.rpartition(":")[2] for value in values}
    count = FEWEST_DIGITS
    while len({text[:count] for text in digits.values()}) < len(values):
        count += 1
    return tuple(MISSING if kind == "missing" else digits[value][:count] for kind, value in cells)


def _short_numbers(cells: Sequence[tuple[str, str]]) -> tuple[str, ...] | None:
    """Return the shown numbers of a row of numbers, at least one of them long."""
    values = {value for kind, value in cells if kind != "missing"}
    kinds = {"text" if kind == "text" else "number" for kind, _ in cells if kind != "missing"}
    is_all_numbers = all(kind in ("missing", "int", "float", "text") for kind, _ in cells)
    if not is_all_numbers or len(kinds) != 1 or not all(map(_NUMBER.match, values)):
        return None
    if not any(_figures(value) > MOST_FIGURES for value in values):
        return None
    for count in range(FEWEST_FIGURES, max(map(_figures, values))):
        short = {value: _cut(value, count) for value in values}
        if len(set(short.values())) == len(values):
            return tuple(format_typed(kind, short.get(value, value)) for kind, value in cells)
    return None


def _figures(number: str) -> int:
    """Return how many significant digits a number with a fraction has, 0 for one without."""
    match = _FRACTION.match(number)
    return len((match[2] + match[3]).lstrip("0")) if match else 0


def _cut(number: str, count: int) -> str:
    """Return a long number with so many significant digits, and at least one after its point."""
    match = _FRACTION.match(number)
    if match is None or _figures(number) <= MOST_FIGURES:
        return number
    zeros = 0 if match[2] else len(match[3]) - len(match[3].lstrip("0"))
    kept = max(zeros + count - len(match[2]), 1)
    return number if kept >= len(match[3]) else f"{match[1]}{match[3][:kept]}…{match[4]}"
