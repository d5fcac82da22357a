"""The framing of a W&B log: LevelDB's blocks of 32 KiB with records in fragments.

After ``:W&B``, 0xBEE1 and a version come fragments, each with a CRC32. A damaged one costs the rest
of its block, as in LevelDB itself; what follows is read, and the place is reported.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 32_768
_HEADER = struct.Struct("<IHB")
_FULL, _FIRST, _LAST = 1, 2, 4  # 3 is a fragment in the middle
_ZEROS = "the rest of the file is zeros"


def iterate_records(
    data: bytes, place: int, problems: list[tuple[int, str]]
) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, bytes) of each whole record from a place on; what is damaged is listed."""
    end = len(data)
    parts: list[bytes] = []
    start = place
    while place < end:
        room = _BLOCK - place % _BLOCK
        if room < 7:
            place += room
            continue
        if end - place < 7:
            if data[place:].strip(b"\0"):
                problems.append((place, "the file ends in the middle of a record"))
            return
        kind, body, flaw = _fragment(data, place, room)
        if flaw:
            problems.append((place, flaw))
            parts, place = [], end if flaw == _ZEROS else place + room
            continue
        if kind in (_FULL, _FIRST):
            parts, start = [], place
        if kind == _FULL:
            yield place, body
        elif parts or kind == _FIRST:
            parts.append(body)
            if kind == _LAST:
                yield start, b"".join(parts)
                parts = []
        place += 7 + len(body)
    if parts:
        problems.append((start, "the file ends in the middle of a record"))


def _fragment(data: bytes, place: int, room: int) -> tuple[int, bytes, str]:
    """Return kind and bytes of the fragment that begins here, and what is wrong with it."""
    crc, size, kind = _HEADER.unpack_from(data, place)
    body = data[place + 7 : place + 7 + size]
    if not data[place : place + 64].strip(b"\0") and not data[place:].strip(b"\0"):
        return 0, b"", _ZEROS
    if not _FULL <= kind <= _LAST or size + 7 > room:
        return 0, b"", "damaged: no record begins here; the rest of the block is skipped"
    if len(body) < size:
        return 0, b"", "the file ends in the middle of a record"
    if zlib.crc32(body, zlib.crc32(bytes([kind]))) != crc:
        return 0, b"", "damaged: the checksum is wrong; the rest of the block is skipped"
    return kind, body, ""
