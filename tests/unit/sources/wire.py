"""Writers of the binary formats that the readers read: protobuf, LevelDB log, TFRecord."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

_CASTAGNOLI = 0x82F63B78


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    found = bytearray()
    while True:
        byte, number = number & 0x7F, number >> 7
        found.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(found)


def field(number: int, value: bytes | str | float) -> bytes:
    """A message field: bytes and text as length-delimited, ints as varint, floats as double."""
    if isinstance(value, bytes | str):
        data = value.encode() if isinstance(value, str) else value
        return varint(number << 3 | 2) + varint(len(data)) + data
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 1) + struct.pack("<d", value)


def float_field(number: int, value: float) -> bytes:
    return varint(number << 3 | 5) + struct.pack("<f", value)


def leveldb_log(records: Iterable[bytes], *, header: bytes = b":W&B\xe1\xbe\x00") -> bytes:
    """The records in blocks of 32 KiB, in fragments where they do not fit."""
    found = bytearray(header)
    for record in records:
        rest, is_first = record, True
        while True:
            room = 32_768 - len(found) % 32_768
            if room < 7:
                found += b"\0" * room
                continue
            part, rest = rest[: room - 7], rest[room - 7 :]
            kind = (1 if is_first else 4) if not rest else (2 if is_first else 3)
            crc = zlib.crc32(part, zlib.crc32(bytes([kind])))
            found += struct.pack("<IHB", crc, len(part), kind) + part
            is_first = False
            if not rest:
                break
    return bytes(found)


def tf_record(data: bytes) -> bytes:
    head = struct.pack("<Q", len(data))
    return head + struct.pack("<I", masked(head)) + data + struct.pack("<I", masked(data))


def masked(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_CASTAGNOLI if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
