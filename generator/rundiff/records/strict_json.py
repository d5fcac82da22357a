"""The one JSON parser for everything that comes from outside.

Two parsers that disagree can forge a result: of ``{"loss": 0.1, "loss": 9.9}`` one sees 0.1 and
another 9.9. So there is one, and it is strict: UTF-8 only, no duplicate keys, no lone surrogates,
bounded depth, integers of at most 4,300 digits. Bare ``NaN`` and ``Infinity``, which many tools
write, and numbers beyond a double are read, and ``is_plain`` is false so that the caller can list a
notice. It is the standard library's C scanner, which decides wherever there is a doubt.

It reads the last of two equal keys without a word, unless every object goes through a hook, for a
third more time. Most texts are proved to hold no key twice without one (``_scan``): each key that
was written has its colon, so if there are as many colons as keys were read, none was dropped. Any
doubt, and any error, is left to the scanner with the hook, which names the key or the place.

orjson reads a text of 2 kB in a quarter of the scanner's time (2026-11: 5 µs against 20), and must
not be believed: it drops equal keys, rounds integers beyond 64 bits, and takes keys of up to 64
bytes from a cache of the whole process by their 64-bit hash alone. A second key with the hash of
"loss" is found in 22 s, and whichever of the two is read first stands for both from then on. So
what it read is written again, and only counts if that gives the same text (``_read_back``): then
nothing was dropped, rounded or exchanged. White space does not count, nor whether it is 1e-05 or
0.00001, so that keys which differ in nothing else may still be taken for each other, where their
hashes are equal. Numbers in another spelling (1.50) are the scanner's. All in all two fifths of
the time.
"""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from typing import NamedTuple, NoReturn

import orjson

from rundiff.errors import RecordError

MAX_DEPTH = 64

_WHITE, _SMALL = b" \t\n\r", b"e-0"
_MOST_READ_BACK = 1 << 22  # bytes; it takes some ten times the memory for a moment
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# Numbers that may lie beyond a double, told from the shape of the text: digits as 0, e as e. A scan
# for literals takes a tenth of the time of a regular expression for the same.
_SHAPE = bytes(
    48 if 48 <= byte < 58 else 101 if byte in b"eE" else 32 for byte in range(256)
)  # fmt: skip
_EXPONENT, _DIGITS = b"e000", b"0" * 300
_SAMPLES = (60, b"0" * 5)  # of 300 digits in a row five samples in a row are digits
# Of those only what can be a number: hexadecimal digests are full of "9e123".
_HUGE_NUMBER = re.compile(rb"(?:^|[:,\[\s])-?(?:\d{300}|\d+(?:\.\d+)?[eE]\+?\d{3})")


class Parsed(NamedTuple):
    """A JSON value.

    ``is_plain`` is false if it held NaN, an infinity or a number beyond a double.
    """

    value: object
    is_plain: bool


class _DuplicateKeyError(ValueError):
    """Carries the key that occurs twice in one object."""


class _NotPlainError(ValueError):
    """The text holds a bare NaN or infinity."""


def parse_json(data: bytes, *, location: str = "", line: int = 1) -> Parsed:
    """Parse one JSON text; ``line`` is the number of its first line in ``location``.

    Raises RecordError.
    """
    value = _read_back(data)
    if value is not None:
        return Parsed(value, is_plain=True)
    try:
        text = data.decode("utf-8-sig" if data.startswith(BOM_UTF8) else "utf-8")
    except UnicodeDecodeError as error:
        raise RecordError(
            f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}",
            location=location,
            line=line + data.count(b"\n", 0, error.start),
        ) from None
    is_plain = True
    try:
        try:
            if _may_be_huge(data) and _HUGE_NUMBER.search(data):
                raise _NotPlainError
            value = _scan(text, data)
        except _NotPlainError:
            value = json.loads(text, object_pairs_hook=_unique)
            is_plain = _is_finite(value)
        _check(value, data)
    except json.JSONDecodeError as error:
        raise RecordError(
            f"not JSON: {error.msg} at column {error.colno}",
            location=location,
            line=line + error.lineno - 1,
        ) from None
    except _DuplicateKeyError as error:
        key = str(error)
        before = max(text.rfind(json.dumps(key)), text.rfind(json.dumps(key, ensure_ascii=False)))
        raise RecordError(
            f"the key {key!r} occurs twice in one object",
            location=location,
            line=line + text.count("\n", 0, max(before, 0)),
        ) from None
    except RecursionError:
        raise RecordError(
            f"nested deeper than {MAX_DEPTH} levels", location=location, line=line
        ) from None
    except ValueError as error:
        message = "an integer has more than 4,300 digits" if "digits" in str(error) else str(error)
        raise RecordError(message, location=location, line=line) from None
    return Parsed(value, is_plain)


def _read_back(data: bytes) -> object:
    """Return the value of a text that orjson writes as it was; None leaves it to the scanner."""
    if len(data) > _MOST_READ_BACK:
        return None
    try:
        value: object = orjson.loads(data)
        _check(value, data)
        written = orjson.dumps(value)
    except (ValueError, TypeError):
        return None
    text = data.translate(None, _WHITE)
    if text == written:
        return value
    return value if _respelled(text) == written.translate(None, b" ") else None


def _respelled(text: bytes) -> bytes:
    """Return a text with its small numbers as orjson spells them: 1e-05 as 0.00001."""
    parts = text.split(_SMALL)
    for at, rest in enumerate(parts[1:]):
        part = parts[at]
        start = max(part.rfind(b":"), part.rfind(b","), part.rfind(b"[")) + 1
        try:
            number = float(part[start:] + _SMALL + rest[:1])
        except ValueError:  # in a text
            parts[at] += _SMALL
        else:
            parts[at] = part[:start] + orjson.dumps(number)
            parts[at + 1] = rest[1:]
    return b"".join(parts)


def _may_be_huge(data: bytes) -> bool:
    """Tell, by their shape, whether there may be numbers beyond a double."""
    shape = data.translate(_SHAPE, b"+")
    every, digits = _SAMPLES
    return _EXPONENT in shape or (digits in shape[::every] and _DIGITS in shape)


def _scan(text: str, data: bytes) -> object:
    """Return the value of a text that holds no key twice. Raises ValueError, RecursionError."""
    try:
        value = _PLAIN.decode(text)
    except (ValueError, RecursionError):
        return _STRICT.decode(text)
    count = _keys_in(value, data.count(b"{"))
    if count == data.count(b":"):
        return value
    # Colons in strings, as of times and addresses. Right after a quote a colon stands behind every
    # key, if none stands behind white space.
    if count == data.count(b'":') and not any(spaced in data for spaced in _SPACED):
        return value
    return _STRICT.decode(text)


def _keys_in(value: object, objects: int) -> int:
    """Return the number of keys of all objects in a value, of which there are at most so many.

    It looks no deeper once it has found them all, which is before the leaves as a rule.
    """
    keys, waiting = 0, [value]
    for item in waiting:  # which grows meanwhile
        if type(item) is dict:
            keys += len(item)
            objects -= 1
            if objects <= 0:
                break
            waiting.extend(item.values())
        elif type(item) is list:
            waiting.extend(item)
    return keys


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return found


def _refuse(_: str) -> NoReturn:
    raise _NotPlainError


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
_PLAIN = json.JSONDecoder(parse_constant=_refuse)
_SPACED = (b" :", b"\t:", b"\n:", b"\r:")


def _check(value: object, data: bytes) -> None:
    """Refuse depth and lone surrogates.

    Looks into the value only where the bytes make one possible.
    """
    lists = data.count(b"[") if b"[" in data else 0  # most have none, which is quicker to see
    is_deep = data.count(b"{") + lists > MAX_DEPTH
    has_surrogate = b"\\" in data and _SURROGATE.search(data) is not None
    if not (is_deep or has_surrogate):
        return
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
                if has_surrogate:
                    below.extend(item)
            elif isinstance(item, list):
                below.extend(item)
            elif has_surrogate and isinstance(item, str):
                _check_text(item)
        if not below:
            return
        level = below
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"a string holds half of a surrogate pair (U+{ord(text[error.start]):04X})"
        ) from None


def _is_finite(value: object) -> bool:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float) and not math.isfinite(item):
            return False
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return True
