"""TFRecord framing and its CRC-32C, without numpy and as quick as that can be made.

A record is its length (u64), the masked CRC of the length, the bytes, and their masked CRC. The
standard library has no CRC-32C. Two ways of taking one are here: ``masked_crc`` for a single record
(two bytes a step from a table of 65,536 entries, 1.9 µs for a scalar event), and ``are_sound`` for
many records that differ in few places. CRC is linear: the CRC of a record is that of its template,
xor one table entry for each byte that varies. With the records' bytes sorted into columns, looking
up is ``bytes.translate`` and xor is that of large integers, 0.1 µs a record (23 Nov 2026). So every
record is checked.

Framing has no way to find the next record once a length is wrong, which is what git's line end
conversion does to event files (research/real-data.md, 12). So reading stops there and says where; a
record whose own bytes are wrong is left out and reading goes on.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_RECORD = 1 << 30
TORN = "the file ends in the middle of a record"
_POLYNOMIAL = 0x82F63B78
_MASK = 0xA282EAD8
_CHUNK = 1 << 16
_head = struct.Struct("<QI").unpack_from
_word = struct.Struct("<I").unpack_from


def iterate_chunks(
    data: bytes, problems: list[tuple[int, str]]
) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yield offsets and bytes of many records at a time, each with its CRC, not yet checked.

    Problems of the framing are (offset, message).
    """
    lengths: dict[int, int] = {}
    offsets: list[int] = []
    records: list[bytes] = []
    place, end = 0, len(data)
    while place + 12 <= end:
        size, head_crc = _head(data, place)
        if lengths.get(size) != head_crc:
            if size > MAX_RECORD or masked_crc(data[place : place + 8]) != head_crc:
                problems.append((place, _lost(data, place)))
                place = end
                break
            lengths[size] = head_crc
        following = place + size + 16
        if following > end:
            problems.append((place, TORN))
            place = end
            break
        offsets.append(place)
        records.append(data[place + 12 : following])
        place = following
        if len(records) == _CHUNK:
            yield offsets, records
            offsets, records = [], []
    if records:
        yield offsets, records
    if data[place:].strip(b"\r\n\0"):
        problems.append((place, TORN))
    elif place == 0 and data:
        problems.append((0, "nothing but zeros or line ends"))


def is_sound(record: bytes) -> bool:
    """Tell whether a record's bytes have the CRC that follows them."""
    return bool(masked_crc(record[:-4]) == _word(record, len(record) - 4)[0])


def are_sound(columns: Sequence[bytes], template: bytes, varying: Sequence[int]) -> bool:
    """Tell whether many records of one length all have the CRC that follows them.

    ``columns`` holds, for each place in ``varying`` and then for the four bytes of the stored CRC,
    that byte of every record; ``template`` is a record without its CRC, zero where they vary.
    """
    size = len(template)
    plain = _crc(template)
    count = len(columns[0])
    found = bytearray(4 * count)
    for plane in range(4):
        total = int.from_bytes(bytes([plain >> 8 * plane & 0xFF]) * count, "little")
        for place, column in zip(varying, columns, strict=False):
            looked_up = column.translate(_planes(size - 1 - place)[plane])
            total ^= int.from_bytes(looked_up, "little")
        found[plane::4] = total.to_bytes(count, "little")
    stored = bytearray(4 * count)
    for plane in range(4):
        stored[plane::4] = columns[len(varying) + plane]
    crc = pa.Array.from_buffers(pa.uint32(), count, [None, pa.py_buffer(found)])
    expected = pa.Array.from_buffers(pa.uint32(), count, [None, pa.py_buffer(stored)])
    turned = pc.bit_wise_or(
        pc.shift_right(crc, pa.scalar(15, pa.uint32())),
        pc.shift_left(crc, pa.scalar(17, pa.uint32())),
    )
    masked = pc.add(turned, pa.scalar(_MASK, pa.uint32()))
    is_equal: bool = pc.all(pc.equal(masked, expected)).as_py()
    return is_equal


def masked_crc(data: bytes) -> int:
    """Return the masked CRC-32C of some bytes, as TFRecord stores it."""
    crc = _crc(data)
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def _crc(data: bytes) -> int:
    table = _pairs()
    crc = 0xFFFFFFFF
    for word in _words(len(data) >> 1)(data):
        crc = table[crc & 0xFFFF ^ word] ^ crc >> 16
    if len(data) & 1:
        crc = _singles()[(crc ^ data[-1]) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@lru_cache(maxsize=1)
def _singles() -> list[int]:
    """Return the CRC of every byte."""
    found = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        found.append(crc)
    return found


@lru_cache(maxsize=1)
def _pairs() -> list[int]:
    """Return the CRC of every two bytes."""
    single = _singles()
    return [
        single[low] >> 8 ^ single[(single[low] ^ high) & 0xFF]
        for high in range(256)
        for low in range(256)
    ]


@lru_cache(maxsize=512)
def _words(count: int) -> Callable[[bytes], tuple[int, ...]]:
    return struct.Struct(f"<{count}H").unpack_from


@lru_cache(maxsize=512)
def _planes(distance: int) -> tuple[bytes, bytes, bytes, bytes]:
    """Return what a byte followed by ``distance`` others adds to the CRC, as four lookup tables."""
    single = _singles()
    table = single
    for _ in range(distance):
        table = [single[crc & 0xFF] ^ crc >> 8 for crc in table]
    first, second, third, fourth = (
        bytes(crc >> shift & 0xFF for crc in table) for shift in (0, 8, 16, 24)
    )
    return first, second, third, fourth


def _lost(data: bytes, place: int) -> str:
    rest = data[place:]
    if not rest.strip(b"\0"):
        return "the rest of the file is zeros"
    if place == 0:
        return "not an event file, or damaged from its first byte on"
    return f"damaged: no record begins here; the last {len(rest):,} bytes are not read"
