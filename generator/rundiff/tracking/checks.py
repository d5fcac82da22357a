"""What may be logged.

Keys and values are checked where they are logged, so that the traceback points at the caller's
line.

A metric must be a number; a param or tag may be anything, as in MLflow, but keeps its type where
JSON has one. Objects become text: classes and functions their qualified name, anything else ``str``
without the memory address that would make every run differ. NumPy and torch scalars are taken
through ``item()``; neither library is imported.
"""

from __future__ import annotations

import enum
import math
import os
import re
from collections.abc import Iterable, Mapping

import orjson

from rundiff.errors import LoggingError
from rundiff.records.nonfinite import text_of

MAX_KEY = 4_096
MAX_DEPTH = 16
MAX_BITS = 1_023

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_EXACT = 1 << 53
_MAX_PLAIN = 1_000  # bytes
_SCALARS = (float, str, int, bool, type(None))


def check_key(key: object, kind: str) -> str:
    """Return a key, or raise LoggingError.

    A text of at most 4,096 characters that UTF-8 can hold.
    """
    if not isinstance(key, str):
        raise LoggingError(f"{kind} name {key!r} is {_kind(key)}; expected a string")
    if len(key) > MAX_KEY:
        raise LoggingError(
            f"{kind} name {key[:40]!r}… has {len(key):,} characters; at most {MAX_KEY:,} are kept"
        )
    try:
        key.encode()
    except UnicodeEncodeError:
        raise LoggingError(f"{kind} name {key!r} holds half of a surrogate pair") from None
    return key


def plain_param(key: object, value: object) -> bytes:
    """Return ``{"key":value}`` as JSON in ASCII where nothing is to be checked, else nothing.

    That is for short texts and for plain scalars of Python's own.
    """
    if type(key) is not str or type(value) not in _SCALARS:
        return b""
    try:
        text = orjson.dumps({key: value})
    except TypeError:  # half of a surrogate pair, an integer beyond 64 bits
        return b""
    is_plain = len(text) < _MAX_PLAIN and text.isascii()
    return text if is_plain and (b"null" not in text or value is None) else b""  # NaN becomes null


def check_mapping(values: object, kind: str) -> Mapping[object, object]:
    """Return a mapping of keys to values, or raise LoggingError."""
    if not isinstance(values, Mapping):
        raise LoggingError(f"{kind} are given as {_kind(values)}; expected a dict")
    return values


def mapping_of(entries: Iterable[object] | Mapping[str, object]) -> dict[str, object]:
    """Return a dict for one, for pairs, or for objects with ``key`` and ``value``, as MLflow's."""
    if isinstance(entries, Mapping):
        return dict(entries)
    return dict(
        entry
        if isinstance(entry, tuple)
        else (getattr(entry, "key", None), getattr(entry, "value", None))
        for entry in entries
    )


def metric_number(key: str, value: object) -> float:
    """Return a metric's value: a double, or an integer that none holds, or raise LoggingError."""
    if type(value) is float:
        return value
    number = _plain_number(value)
    if number is None:
        raise LoggingError(f"metric {key!r} is {_shown(value)}; expected a number")
    if isinstance(number, int):
        number = int(number)
        if not _is_within_doubles(number):
            raise LoggingError(f"metric {key!r} is an integer beyond the range of a double")
        return number if abs(number) > _EXACT else float(number)
    return number


def metric_text(number: float) -> str:
    """Return a metric's value as JSON: a number, or ``"NaN"``, ``"Infinity"``, ``"-Infinity"``."""
    return repr(number) if math.isfinite(number) else f'"{text_of(number)}"'


def check_step(key: str, step: object) -> int | float:
    """Return a step: an integer, or a finite fraction of one."""
    number = _plain_number(step)
    if number is None or isinstance(step, bool) or not _is_within_doubles(number):
        raise LoggingError(f"metric {key!r} has step {_shown(step)}; expected an integer")
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number


def check_timestamp(key: str, timestamp: object) -> int:
    """Return a time in ms since the epoch."""
    number = _plain_number(timestamp)
    if number is None or not -(1 << 53) < number < (1 << 53):
        raise LoggingError(
            f"metric {key!r} has timestamp {_shown(timestamp)}; expected milliseconds since 1970"
        )
    return int(number)


def param_value(value: object, depth: int = 0) -> object:
    """Return a value of a param or tag as JSON can hold it (NaN and infinities included)."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if value is None or isinstance(value, bool | float):
        return float(value) if isinstance(value, float) else value
    if isinstance(value, int):
        return int(value) if value.bit_length() <= MAX_BITS else hex(value)
    if isinstance(value, str):
        return _text(str(value))
    return _nested(value, depth) if depth < MAX_DEPTH else _text(value)


def _nested(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        return {_text(name): param_value(child, depth + 1) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [param_value(child, depth + 1) for child in value]
    if isinstance(value, set | frozenset):  # their order is chance
        return sorted((param_value(child, depth + 1) for child in value), key=repr)
    number = _plain_number(value)
    if number is not None:
        return number
    tolist = getattr(value, "tolist", None)
    return param_value(tolist(), depth + 1) if callable(tolist) else _text(value)


def _text(value: object) -> str:
    name = getattr(value, "__qualname__", None)
    if isinstance(name, str):
        return f"{getattr(value, '__module__', '')}.{name}".removeprefix("builtins.")
    return _ADDRESS.sub("", str(value)).encode("utf-8", "backslashreplace").decode()


def _plain_number(value: object) -> int | float | None:
    """Return a Python int or float for anything that is one number, else None."""
    try:
        item = getattr(value, "item", None)
        if callable(item) and not isinstance(value, str | bytes):
            value = item()
        elif hasattr(value, "__float__") and not isinstance(value, int | float):
            value = float(value)  # Decimal, Fraction
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
    if isinstance(value, float):
        return float(value)
    return value if isinstance(value, int) else None


def _is_within_doubles(number: float) -> bool:
    if isinstance(number, int):
        return number.bit_length() <= MAX_BITS
    return math.isfinite(number)


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:60] + '…'} ({type(value).__name__})"


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
