"""One line of a journal: compact ASCII JSON with a sequence number first and a CRC32 last.

    {"n":17,"metric":"loss","step":3,"time":1763872687123,"value":0.31,"c":"5f0e2a91"}

Any JSON tool reads it; the CRC covers every byte before ``,"c":"``, so that each flipped bit is
noticed (all 178,536 flips of a prototype were). It is against nature, not against an adversary, for
whom a CRC is no obstacle.
"""

from __future__ import annotations

from zlib import crc32

from rundiff.errors import RecordError
from rundiff.records.nonfinite import restore_nonfinite
from rundiff.records.strict_json import parse_json

MAX_FRAME = 1 << 20
"""Bytes in one record; a larger one would be torn too easily, and is refused when logged."""

_TAIL = 16  # ,"c":"xxxxxxxx"}


def encode_frame(n: int, members: str) -> bytes:
    """Return the line (with LF) for a record whose JSON members, without braces.

    Are given as ASCII text.
    """
    body = f'{{"n":{n},{members}'.encode("ascii")
    return b'%b,"c":"%08x"}\n' % (body, crc32(body))


def frame_body(line: bytes) -> bytes | None:
    """Return the bytes that the CRC covers.

    Or None if the line (without LF) is not a whole frame.
    """
    body, tail = line[:-_TAIL], line[-_TAIL:]
    return body if tail == b',"c":"%08x"}' % crc32(body) and body[:5] == b'{"n":' else None


def decode_frame(body: bytes, *, location: str, line: int) -> dict[str, object]:
    """Return the members of a frame whose CRC was right. Raises RecordError."""
    value = parse_json(body + b"}", location=location, line=line).value
    if not isinstance(value, dict) or type(value.get("n")) is not int:
        raise RecordError("not a journal record", location=location, line=line)
    restore_nonfinite(value, value.pop("nonfinite", None))
    return value


def last_number(tail: bytes) -> int:
    """Return the number of the last whole frame in the bytes, -1 if there is none."""
    for line in reversed(tail.split(b"\n")):
        body = frame_body(line)
        if body is not None:
            return int(body[5:].split(b",", 1)[0])
    return -1
