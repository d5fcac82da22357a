"""The protobuf wire format, as much as reading event files and W&B logs takes.

Messages are taken apart field by field without a schema; a reader picks the numbers it knows and
ignores the rest, as protobuf itself does. The generated classes would tie the reader to the
libraries of the tools, which changed their fields more than once.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_double = struct.Struct("<d").unpack_from
_float = struct.Struct("<f").unpack_from


class WireError(ValueError):
    """The bytes are not a protobuf message."""


def iterate_fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield (field number, wire type, value): an int for VARINT, else the raw bytes."""
    place, end = 0, len(data)
    while place < end:
        tag, place = read_varint(data, place)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, place = read_varint(data, place)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, place = read_varint(data, place)
        elif kind == FIXED64:
            size = 8
        elif kind == FIXED32:
            size = 4
        else:
            raise WireError(f"wire type {kind}")
        if place + size > end:
            raise WireError("a field is longer than its message")
        yield number, kind, data[place : place + size]
        place += size


def iterate_places(data: bytes, place: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (field number, wire type, begin, end) of each field's content within a message."""
    while place < end:
        tag, place = read_varint(data, place)
        number, kind = tag >> 3, tag & 7
        begin = place
        if kind == VARINT:
            _, place = read_varint(data, place)
        elif kind == BYTES:
            size, begin = read_varint(data, place)
            place = begin + size
        elif kind in (FIXED64, FIXED32):
            place = begin + (8 if kind == FIXED64 else 4)
        else:
            raise WireError(f"wire type {kind}")
        if place > end:
            raise WireError("a field is longer than its message")
        yield number, kind, begin, place


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    """Return an unsigned varint and the place after it."""
    value = shift = 0
    while True:
        try:
            byte = data[place]
        except IndexError:
            raise WireError("a number is cut off") from None
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise WireError("a number has more than 64 bits")


def signed(value: int) -> int:
    """Return an unsigned varint as the int64 that it encodes."""
    return value - (1 << 64) if value >= 1 << 63 else value


def as_double(raw: int | bytes) -> float:
    """Return a FIXED64 field as a double."""
    if isinstance(raw, int) or len(raw) != 8:
        raise WireError("not a double")
    number: float = _double(raw)[0]
    return number


def as_float(raw: int | bytes) -> float:
    """Return a FIXED32 field as the double nearest to its float."""
    if isinstance(raw, int) or len(raw) != 4:
        raise WireError("not a float")
    number: float = _float(raw)[0]
    return number


def as_text(raw: int | bytes) -> str:
    """Return a BYTES field as text; bytes that are not UTF-8 are spelled as numbers."""
    if isinstance(raw, int):
        raise WireError("not a text")
    return raw.decode("utf-8", "backslashreplace")


def as_message(raw: int | bytes) -> dict[int, list[int | bytes]]:
    """Return the fields of an inner message by number, each with its values in order."""
    if isinstance(raw, int):
        raise WireError("not a message")
    found: dict[int, list[int | bytes]] = {}
    for number, _, value in iterate_fields(raw):
        found.setdefault(number, []).append(value)
    return found
