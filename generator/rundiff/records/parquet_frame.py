"""A Parquet file made of pages that were checked, with a footer of our own.

So Arrow gets to see no footer that came from outside; and what several files hold is decoded in one
go: of ten packs each with a few rows, opening and setting out took most of the time (2026-11).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.records.parquet_layout import Column

_MAGIC = b"PAR1"
_NO_GROUPS = b"\x16\x00\x19\x0c"  # no rows, and a list of none


class Chunk(NamedTuple):
    """A column of a row group: where its pages lay, these, and their bytes when unpacked."""

    column: Column
    pages: bytes | memoryview
    unpacked: int


class Group(NamedTuple):
    """A row group; its chunks in the order of the columns."""

    rows: int
    chunks: Sequence[Chunk]


def kind_of(column: pa.DataType) -> int:
    """Return the number of the type that parquet.thrift has for a column."""
    return _KINDS[str(column)]


def frame(groups: Sequence[Group], schema: pa.Schema) -> bytes:
    """Return a file of row groups whose columns are those of a schema without dictionaries."""
    head, heads, tail = _parts(schema)
    described, pages, at = [], [_MAGIC], len(_MAGIC)
    for group in groups:
        chunks = []
        for chunk, start in zip(group.chunks, heads, strict=True):
            chunks.append(start + b"".join(_described(chunk, at)))
            pages.append(chunk.pages)  # type: ignore[arg-type]
            at += len(chunk.pages)
        total = sum(chunk.unpacked for chunk in group.chunks)
        sizes = b"\x16" + _number(total) + b"\x16" + _number(group.rows) + b"\x00"
        described.append(_list(chunks) + sizes)
    rows = b"\x16" + _number(sum(group.rows for group in groups))
    footer = b"".join((head, rows, _list(described), tail))
    return b"".join((*pages, footer, len(footer).to_bytes(4, "little"), _MAGIC))


def _described(chunk: Chunk, at: int) -> Iterator[bytes]:
    """Yield what a footer says of a column of a row group, from its codec on."""
    column = chunk.column
    yield b"\x15" + _number(column.codec)
    for number in (column.values, chunk.unpacked, len(chunk.pages)):
        yield b"\x16" + _number(number)
    yield b"\x26" + _number(at + column.data - column.start)
    if column.data > column.start:
        yield b"\x26" + _number(at)
    yield b"\x00\x00"


@cache
def _parts(schema: pa.Schema) -> tuple[bytes, list[bytes], bytes]:
    """Return a footer up to its rows, the beginning of each column, and what follows the groups."""
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.ParquetWriter(sink, schema).close()
    data = sink.getvalue().to_pybytes()
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    head, tail = data[start:-8].split(_NO_GROUPS)
    heads = [
        b"\x26\x00\x1c\x15" + _number(kind_of(field.type)) + b"\x19\x15\x00"  # in one encoding
        b"\x19\x18" + bytes([len(field.name)]) + field.name.encode()
        for field in schema
    ]
    return head, heads, tail


def _list(structs: Sequence[bytes]) -> bytes:
    """Return a list as a field that follows the one before."""
    count = len(structs)
    size = bytes([count << 4 | 12]) if count < 15 else b"\xfc" + _varint(count)
    return b"\x19" + size + b"".join(structs)


def _number(value: int) -> bytes:
    return _varint(value << 1)  # none is below 0


def _varint(value: int) -> bytes:
    if value < 128:
        return bytes([value])
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


_KINDS = {"int32": 1, "int64": 2, "double": 5, "string": 6, "binary": 6}
