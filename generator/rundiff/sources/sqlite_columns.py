"""Whole columns of a sqlite table as Arrow arrays, by way of ``group_concat``.

Handing out rows costs sqlite's Python module 0.5 µs each and more for every text in it, which is
most of what listing 1,000 runs takes. Concatenating a column inside sqlite and splitting it in
Arrow takes a tenth. Texts are exact, and integers are; a double is not (sqlite prints 15 digits),
so doubles are gathered by an aggregate that sqlite calls with each of them, which costs half of
handing out a row (2026-11: 0.23 µs against 0.40). Whatever does not fit, a NULL, a blob, a text
with the separator in it, is noticed by its count or its type, and the caller reads row by row. Two
queries of one table give its rows in one order only if neither uses an index, hence ``NOT
INDEXED``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.errors import RecordError
from rundiff.records.arrays import text_column
from rundiff.sources.sqlite import DOUBLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.sources.sqlite import SqliteFile

SEPARATOR = "\x1f"
_EXACT = ("CHAR", "TEXT", "INT", "BOOL")
_SPELLED = f"'{SEPARATOR}'"  # a literal: a call of char() would be made for every row


def has_affinities(database: SqliteFile, table: str, names: Sequence[str]) -> bool:
    """Tell whether columns are declared as text or integer, so that sqlite converts doubles."""
    declared = database.declared.get(table, {})
    return all(any(word in declared.get(name, "") for word in _EXACT) for name in names)


def fetch_columns(
    database: SqliteFile, source: str, names: Sequence[str], parameters: Sequence[object] = ()
) -> list[pa.Array] | None:
    """Return columns of texts or integers as text, or None where they must be read row by row.

    The columns must be declared so that sqlite keeps no double in them (``has_affinities``).
    ``source`` is what stands after FROM; it and ``names`` are never taken from a record.
    """
    found = _fetch(database, ("NULL", "NULL"), names, source, parameters)
    return None if found is None else found[0]


def fetch_columns_and_doubles(
    database: SqliteFile,
    source: str,
    names: Sequence[str],
    numbers: tuple[str, str],
    parameters: Sequence[object] = (),
) -> tuple[list[pa.Array], pa.Array, object] | None:
    """Return columns as ``fetch_columns`` does, one of doubles, and the total of another.

    ``numbers`` are the names of the last two.
    """
    double, totalled = numbers
    first = (f'{DOUBLES}("{double}")', f'total("{totalled}")')
    found = _fetch(database, first, names, source, parameters)
    return None if found is None else (found[0], _doubles(found[1]), found[2])


def fetch_doubles(database: SqliteFile, name: str, source: str) -> pa.Array | None:
    """Return a column of doubles, or None where a cell is none."""
    found = _fetch(database, (f'{DOUBLES}("{name}")', "NULL"), (), source, ())
    return None if found is None else _doubles(found[1])


def as_integers(texts: pa.Array) -> pa.Array | None:
    """Return texts as 64-bit integers, or None where one is none."""
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _fetch(
    database: SqliteFile,
    numbers: tuple[str, str],
    names: Sequence[str],
    source: str,
    parameters: Sequence[object],
) -> tuple[list[pa.Array], object, object] | None:
    """Return columns of texts with the values of two aggregates over the same rows."""
    parts = [*numbers, *(f'group_concat("{name}", {_SPELLED})' for name in names)]
    query = f"SELECT count(*), {', '.join(parts)} FROM {source}"  # noqa: S608  # never from a record
    try:
        ((count, first, second, *cells),) = database.rows(query, parameters)
    except RecordError:
        return None
    arrays = []
    for text in cells if count else ():
        array = _split(text) if isinstance(text, str) else ()
        if len(array) != count:
            return None
        arrays.append(array)
    return (arrays if count else [pa.nulls(0, pa.string()) for _ in names]), first, second


def _doubles(blob: object) -> pa.Array:
    data = blob if isinstance(blob, bytes) else b""  # NULL where there are no rows
    return pa.Array.from_buffers(pa.float64(), len(data) // 8, [None, pa.py_buffer(data)])


def _split(text: str) -> pa.Array:
    return pc.split_pattern(text_column([text]), SEPARATOR).flatten()
