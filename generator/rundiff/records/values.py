r"""Typed, exact values of params, tags, datasets and environment entries.

A cell is told apart by ``(type, value)``: the value's type and its exact text. Missing is the
absence of a row, so missing, null, ``""``, NaN, ±Inf, true, 1, ``"1"``, 1.0, 2^53 and 2^53 + 1 all
differ (design.md, "Exactness").

Two further columns serve comparison and sorting:

- ``number``: the value as a double where the value is a number or numeric text, else null;
- ``numeric``: for numbers and numeric text, the exact decimal value in one canonical spelling
  ("0.10" and "1e-1" both give ``1E-1``), else null. Where every value of a row is numeric *text*,
  as MLflow stores params, rows are compared on this column.

Nested values (dict, list, and text that holds a JSON object or array, or a Python literal of one,
as MLflow stores ``{'a': None}``) are flattened to one row per leaf: ``optimizer.lr``, ``layers.0``.
Dots inside a nested key are escaped (``a\\.b``); a top-level key stays as it was logged. Only JSON
and ``ast.literal_eval`` of short texts are used: nothing is ever executed.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

TYPES = ("text", "int", "float", "bool", "null", "dict", "list")
MAX_LEAVES = 2_000
MAX_DEPTH = 16
MAX_NESTED_TEXT = 65_536

_NUMERIC = re.compile(r"([+-])?(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d{1,4}))?\Z", re.ASCII)
_NESTS = frozenset("{[")
_SPECIAL = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf,
            "infinity": math.inf, "+infinity": math.inf, "-infinity": -math.inf}  # fmt: skip


class Value(NamedTuple):
    """One exact value.

    ``type`` is one of ``TYPES`` (dict and list only when empty or too large).
    """

    type: str
    value: str
    number: float | None = None
    numeric: str | None = None


NULL = Value("null", "null")
_EMPTY_DICT, _EMPTY_LIST = Value("dict", "{}"), Value("list", "[]")


def value_of(raw: object) -> Value:
    """Return the exact value of a scalar as JSON gives it; any other object by its ``str``."""
    if isinstance(raw, str):
        return text_value(raw)
    if raw is None:
        return NULL
    if isinstance(raw, bool):
        return Value("bool", "true" if raw else "false")
    if isinstance(raw, int):
        return _int_value(int(raw))
    if isinstance(raw, float):
        return float_value(raw)
    return text_value(str(raw))


@lru_cache(maxsize=65_536)
def text_value(text: str) -> Value:
    """Return text as a value; numeric text also carries its number."""
    if len(text) <= 400:
        match = _NUMERIC.match(text)
        if match is not None:
            return Value("text", text, float(text), _canonical(match))
        special = _SPECIAL.get(text.lower())
        if special is not None:
            return Value("text", text, special, canonical_special(special))
    return Value("text", text)


def float_value(number: float) -> Value:
    """Return a double as a value; its text is the shortest that reads back to the same double."""
    if math.isfinite(number):
        text = repr(number)
        return Value("float", text, number, canonical_number(text))
    special = canonical_special(number)
    return Value("float", special, number, special)


@lru_cache(maxsize=65_536)
def _int_value(number: int) -> Value:
    return Value("int", str(number), to_double(number), canonical_number(str(number)))


def canonical_special(number: float) -> str:
    """Return NaN, Infinity or -Infinity."""
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


@lru_cache(maxsize=65_536)
def canonical_number(text: str) -> str | None:
    """Return the exact decimal value of numeric text in one spelling, e.g. ``1E-1`` for "0.10"."""
    match = _NUMERIC.match(text)
    return None if match is None else _canonical(match)


def _canonical(match: re.Match[str]) -> str:
    sign, whole, fraction, bare_fraction, exponent = match.groups("")
    fraction = fraction or bare_fraction
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0"
    stripped = digits.rstrip("0")
    shift = int(exponent or 0) - len(fraction) + len(digits) - len(stripped)
    return f"{'-' if sign == '-' else ''}{stripped}E{shift}"


def to_double(number: int) -> float:
    """Return the nearest double, ±inf beyond the range."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def is_nesting(text: str) -> bool:
    """Tell whether a text may hold a dict or a list."""
    return text[:1] in _NESTS


def leaves_of(values: Mapping[str, object]) -> list[tuple[str, Value]]:
    """Return ``(key, value)`` for each leaf of recorded values, in the order given.

    A key that nesting makes equal to another one gets a backslash.
    """
    return _with_unique_keys([leaf for key, raw in values.items() for leaf in flatten(key, raw)])


def _with_unique_keys(pairs: list[tuple[str, Value]]) -> list[tuple[str, Value]]:
    seen: set[str] = set()
    found = []
    for key, value in pairs:
        unique = key
        while unique in seen:
            unique += "\\"
        seen.add(unique)
        found.append((unique, value))
    return found


def flatten(key: str, raw: object) -> Iterator[tuple[str, Value]]:
    """Yield ``(key, value)`` for each leaf of a recorded value, in the order given."""
    nested = parse_nested(raw) if isinstance(raw, str) else raw
    if isinstance(nested, Mapping | list | tuple):
        leaves = list(_leaves(key, nested, 0))
        if len(leaves) <= MAX_LEAVES:
            yield from leaves
            return
        yield key, _as_text(nested)
        return
    yield key, value_of(raw)


def parse_nested(text: str) -> Mapping[str, object] | Sequence[object] | None:
    """Return the dict or list that a text holds (JSON, else a Python literal), or None."""
    head, tail = text[:1], text[-1:]
    if (head, tail) not in (("{", "}"), ("[", "]")) or len(text) > MAX_NESTED_TEXT:
        return None
    try:
        parsed = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        parsed = _literal(text)
    if isinstance(parsed, dict) and all(isinstance(name, str) for name in parsed):
        return parsed
    return parsed if isinstance(parsed, list) else None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse duplicate keys, which flattening would drop in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _literal(text: str) -> object:
    if len(text) > 8_192:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def _leaves(key: str, raw: object, depth: int) -> Iterator[tuple[str, Value]]:
    if isinstance(raw, Mapping):
        if not raw:
            yield key, _EMPTY_DICT
        elif depth >= MAX_DEPTH:
            yield key, _as_text(raw)
        else:
            for name, child in raw.items():
                yield from _leaves(f"{key}.{_escape(str(name))}", child, depth + 1)
    elif isinstance(raw, list | tuple):
        if not raw:
            yield key, _EMPTY_LIST
        elif depth >= MAX_DEPTH:
            yield key, _as_text(raw)
        else:
            for index, child in enumerate(raw):
                yield from _leaves(f"{key}.{index}", child, depth + 1)
    else:
        yield key, value_of(raw)


def _as_text(raw: object) -> Value:
    kind = "dict" if isinstance(raw, Mapping) else "list"
    return Value(kind, json.dumps(raw, ensure_ascii=False, default=str, sort_keys=False))


def _escape(name: str) -> str:
    return name.replace("\\", "\\\\").replace(".", "\\.")
