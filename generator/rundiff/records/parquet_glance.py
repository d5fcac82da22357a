"""A row group of a footer at a glance: where it ends, and the bounds of one of its columns.

A table of 10,000 packed runs has a row group for each of its keys, and a selection wants those of
two. To read past the others field by field took a sixth of the whole selection; these expressions
take a tenth of that (2026-11). They match nothing but what ``parquet_layout`` reads, as Arrow
writes it, each byte in one way only; what they do not match is read there as ever, and so are row
groups that are decoded.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_STRUCTS, _LIST = 12, 0x19
_NUMBER = rb"[\x80-\xff]{0,9}+[\x00-\x7f]"
_INT32, _INT64 = rb"\x15" + _NUMBER, rb"\x16" + _NUMBER


def _one_of(*choices: bytes) -> bytes:
    return rb"(?>" + b"|".join(choices) + rb")"


def _list(kind: int, item: bytes, most: int) -> bytes:
    """Match a list of one to so many items."""
    sizes = range(1, most + 1)
    return _one_of(*(re.escape(bytes([size << 4 | kind])) + item * size for size in sizes))


def _text(longest: int) -> bytes:
    return _one_of(*(re.escape(bytes([size])) + rb".{%d}" % size for size in range(longest + 1)))


# The fields of parquet.thrift by their numbers. The first byte of a field tells how far its number
# is from that of the one before, and its type.
_COLUMN = (
    rb"\x26" + _NUMBER  # 2, where the file lies
    + rb"\x1c" + _INT32  # 3, of which 1 is the type
    + rb"\x19" + _list(5, _NUMBER, 4)  # 2, encodings
    + rb"\x19\x18" + _text(20)  # 3, the name
    + _INT32 + _INT64 * 3  # 4 to 7: codec, values, sizes
    + rb"\x26" + _NUMBER  # 9, where the data begin
    # 11, where a dictionary does; the first byte of 12, which holds bounds, or else of 13.
    + _one_of(rb"\x26" + _NUMBER + rb"[\x1c\x29]", rb"[\x3c\x49]")
)  # fmt: skip
_HAS_BOUNDS = b"\x1c\x3c"
_BOUNDS = (
    rb"\x36" + _NUMBER  # 3, nulls
    + rb"\x28(" + _text(50) + rb")\x18(" + _text(50) + rb")"  # 5, the most, and 6
    + rb"(?:[\x11\x12]{2})?+\x00\x19"  # 7, 8: whether they are exact; the first byte of 13
)  # fmt: skip
_PAGES = (
    _list(_STRUCTS, _INT32 * 3 + rb"\x00", 3)
    + rb"(?:\x3c" + _one_of(_INT64 + rb"\x19", rb"\x29")  # 16, of which 1 is a size, 2 and 3
    + _one_of(rb"\x06", rb"\x16" + _NUMBER)  # are histograms
    + rb"\x19" + _one_of(rb"\x06", rb"\x26" + _NUMBER * 2) + rb"\x00)?+\x00\x00"
)  # fmt: skip
_END = _INT64 * 2 + rb"\x26" + _NUMBER + _INT64 + rb"(?:\x14" + _NUMBER + rb")?+\x00"


class Glance(NamedTuple):
    """A row group: where it ends, how many columns it has, and what bounds one of them has."""

    end: int
    columns: int
    least: bytes | None
    most: bytes | None


def glance_at(data: bytes, at: int, bounded: int) -> Glance | None:
    """Return what is seen of a row group where at most the column at one place has bounds.

    None: it must be read. Less than 0 is no column's place.
    """
    column, bounds, pages, last = _patterns()
    columns, kind = data[at + 1] >> 4, data[at + 1] & 15
    if data[at] != _LIST or kind != _STRUCTS or columns == 15:
        return None
    at += 2
    least = most = None
    for place in range(columns):
        found = column.match(data, at)
        if found and data[found.end() - 1] in _HAS_BOUNDS:
            found = bounds.match(data, found.end()) if place == bounded else None
            if found:
                most, least = (text[1:] for text in found.groups())
        found = found and pages.match(data, found.end())
        if found is None:
            return None
        at = found.end()
    found = last.match(data, at)
    return Glance(found.end(), columns, least, most) if found else None


@cache
def _patterns() -> Sequence[re.Pattern[bytes]]:
    return [re.compile(each, re.DOTALL) for each in (_COLUMN, _BOUNDS, _PAGES, _END)]
