"""Whole columns of a sqlite table as Arrow arrays, by way of ``group_concat``.

Handing out rows costs sqlite's Python module 0.5 µs each and more for every text in it, which is
most of what listing 1,000 runs takes. Concatenating a column inside sqlite and splitting it in
Arrow takes a tenth. Texts are exact, and integers are; a double is not (sqlite prints 15 digits),
so doubles are always fetched as such. Whatever does not fit, a NULL, a blob, a text with the
separator in it, is noticed by its count, and the caller reads row by row. Two queries of one table
give its rows in one order only if neither uses an index, hence ``NOT INDEXED``.
"""

from __future__ import annotations

import sqlite3
from array import array
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.errors import RecordError
from rundiff.records.arrays import text_column

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
    found = fetch_columns_and_total(database, source, names, "0", parameters)
    return None if found is None else found[0]


def fetch_columns_and_total(
    database: SqliteFile,
    source: str,
    names: Sequence[str],
    totalled: str,
    parameters: Sequence[object] = (),
) -> tuple[list[pa.Array], object] | None:
    """Return columns as ``fetch_columns`` does, and the total of an expression over the rows."""
    parts = ", ".join(f'group_concat("{name}", {_SPELLED})' for name in names)
    query = f"SELECT count(*), total({totalled}), {parts} FROM {source}"  # noqa: S608  # never from a record
    try:
        ((count, total, *cells),) = database.rows(query, parameters)
    except RecordError:
        return None
    arrays = []
    for text in cells if count else ():
        array = _split(text) if isinstance(text, str) else ()
        if len(array) != count:
            return None
        arrays.append(array)
    return (arrays if count else [pa.nulls(0, pa.string()) for _ in names]), total


def fetch_doubles(
    database: SqliteFile, name: str, source: str, parameters: Sequence[object] = ()
) -> pa.Array | None:
    """Return a column of doubles, or None where a cell is none."""
    query = f'SELECT "{name}" FROM {source}'  # noqa: S608  # never from a record
    try:
        values = array("d", chain.from_iterable(database.cursor(query, parameters)))
    except (TypeError, sqlite3.Error):
        return None
    return pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values)])


def as_integers(texts: pa.Array) -> pa.Array | None:
    """Return texts as 64-bit integers, or None where one is none."""
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return None


def _split(text: str) -> pa.Array:
    return pc.split_pattern(text_column([text]), SEPARATOR).flatten()
