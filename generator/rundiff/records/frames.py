"""One line of a journal: compact ASCII JSON with a sequence number first and a CRC32 last.

    {"n":17,"points":[["loss",3,1763872687123,0.31]],"c":"fe665355"}

Any JSON tool reads it; the CRC covers every byte before ``,"c":"``, so that each flipped bit is
noticed (all 178,536 flips of a prototype were). It is against nature, not against an adversary, for
whom a CRC is no obstacle.
"""

from __future__ import annotations

from zlib import crc32

from rundiff.records.nonfinite import restore_nonfinite

MAX_FRAME = 1 << 20
"""Bytes in one record; a larger one would be torn too easily, and is refused when logged."""

LINE, PADDED_LINE = b'%b,"c":"%x"}\n', b'%b,"c":"%08x"}\n'
"""A frame of body and CRC; one in sixteen CRCs needs padding, which takes longer to fill in."""

_TAIL = 16  # ,"c":"xxxxxxxx"}


def encode_frame(n: int, members: bytes) -> bytes:
    """Return the line (with LF) for a record, given as JSON members without braces, in ASCII."""
    body = b'{"n":%d,%b' % (n, members)
    crc = crc32(body)
    return (LINE if crc >= 1 << 28 else PADDED_LINE) % (body, crc)


def frame_body(line: bytes) -> bytes | None:
    """Return the bytes that the CRC covers.

    Or None if the line (without LF) is not a whole frame.
    """
    body, tail = line[:-_TAIL], line[-_TAIL:]
    return body if tail == b',"c":"%08x"}' % crc32(body) and body[:5] == b'{"n":' else None


def frame_number(body: bytes) -> int:
    """Return the sequence number of a frame; raises ValueError where there is none."""
    digits = body[5 : 5 + 16].split(b",", 1)[0]
    if not digits.isdigit():
        raise ValueError("not a journal record")
    return int(digits)


def as_frame(value: object) -> dict[str, object]:
    """Return a frame's members, NaN and infinities restored; raises ValueError for what is none."""
    if not isinstance(value, dict) or type(value.get("n")) is not int:
        raise ValueError("not a journal record")
    if "nonfinite" in value:
        restore_nonfinite(value, value.pop("nonfinite"))
    return value


def last_number(tail: bytes) -> int:
    """Return the number of the last whole frame in the bytes, -1 if there is none."""
    stop = len(tail) - tail.endswith(b"\n")
    while stop > 0:
        start = tail.rfind(b"\n", 0, stop) + 1
        body = frame_body(tail[start:stop])
        if body is not None:
            return frame_number(body)
        stop = start - 1
    return -1
