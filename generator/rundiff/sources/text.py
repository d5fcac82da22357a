r"""Bytes and file names of records as text that can always be written out again.

Linux file names and record contents are bytes. What is not UTF-8 is shown as ``\xNN`` instead of
U+FFFD, so that two different names never look the same (design.md, "Exactness"), and lone
surrogates, which no file can be written with, as ``\udNNN``.
"""

from __future__ import annotations


def decode_text(data: bytes) -> str:
    """Return bytes as text, without a byte order mark; UTF-16 is told by its mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            pass
    return data.decode("utf-8", "backslashreplace").removeprefix("\ufeff")


def clean_text(text: str) -> str:
    r"""Return text without lone surrogates; those of undecodable bytes become ``\xNN``."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        try:
            raw = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return text.encode("utf-8", "backslashreplace").decode("utf-8")
        return raw.decode("utf-8", "backslashreplace")
    return text
