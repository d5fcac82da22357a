"""Parquet files as rundiff writes them, decoded in this process.

A child process (``parquet``) bounds what decoding any file takes, and starting one costs as much as
scanning a million rows. For a file of rundiff's own form the bound is known beforehand instead: the
columns are the expected ones; what the pages unpack to is added up from their headers
(``records.parquet_layout``); numbers have a fixed width, and as many are decoded as the footer
counts; texts stay in their dictionaries, or lie one after the other as they are, so that none of
them can be repeated at will. Whatever has another form is refused. Arrow gets the pages that were
looked at, with a footer of our own (``records.parquet_frame``).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.records.arrays import column_of
from rundiff.records.parquet_frame import Chunk, Group, frame, kind_of
from rundiff.records.parquet_layout import (
    DELTA,
    DICTIONARY,
    PLAIN,
    RLE,
    Field,
    RowGroup,
    layout_of,
    pages_of,
    read_group,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.records.parquet_layout import Unread

KEY = "key"  # the one column of which the writer gives bounds
MOST_BYTES = 512 << 20
_OPTIONAL, _UTF8 = 1, 0  # of parquet.thrift
_OF_NUMBERS = frozenset({PLAIN, DICTIONARY, RLE, DELTA})
_OF_DICTIONARIES = frozenset({PLAIN, DICTIONARY})
_OF_TEXTS = frozenset({PLAIN})


class Part(NamedTuple):
    """What is wanted of a file; empty means all. ``keys`` are those of the wanted rows."""

    groups: Sequence[int] = ()
    columns: Sequence[str] = ()
    keys: Sequence[str] = ()


EVERYTHING = Part()


class Extract(NamedTuple):
    """What is wanted of a file, checked and still packed; ``unpacked`` counts bytes."""

    groups: Sequence[Group]
    rows: int
    unpacked: int


def check_own(content: bytes, schema: pa.Schema) -> None:
    """Raise ValueError where a file has not these columns; their pages are not looked at."""
    _groups_of(content, schema)


def extract_own(content: bytes, schema: pa.Schema, part: Part = EVERYTHING) -> Extract:
    """Return what is wanted of a file. Raises ValueError where it is not of that form."""
    groups = _groups_of(content, schema)
    wanted = [at for at in part.groups or range(len(groups)) if at < len(groups)]
    if part.keys:
        place, sought = schema.get_field_index(KEY), [key.encode() for key in part.keys]
        wanted = [at for at in wanted if _may_hold(groups[at], place, sought)]
    places = [schema.get_field_index(name) for name in part.columns or schema.names]
    allowed = [_encodings(schema.field(place).type) for place in places]
    view = memoryview(content)
    found = []
    for at in wanted:
        group = read_group(content, groups[at])
        chunks = []
        for place, encodings in zip(places, allowed, strict=True):
            column = group.columns[place]
            pages = pages_of(content, column)
            is_whole = 0 <= group.rows == column.values
            if not is_whole or pages.encodings - encodings:
                raise ValueError("not encoded as rundiff writes it")
            packed = view[column.start : column.end]
            # A copy of some row groups, so that the rest of the file is not kept with them.
            kept = bytes(packed) if part.keys or part.groups else packed
            chunks.append(Chunk(column, kept, pages.unpacked))
        found.append(Group(group.rows, chunks))
    rows = sum(group.rows for group in found)
    unpacked = sum(
        max(chunk.unpacked, len(chunk.pages)) + 8 * group.rows
        for group in found
        for chunk in group.chunks
    )
    if unpacked > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES >> 20} MiB when decoded")
    return Extract(found, rows, unpacked)


def decode_extracts(
    extracts: Sequence[Extract], schema: pa.Schema, part: Part = EVERYTHING
) -> list[pa.Table]:
    """Return the table of each of several extracts of that part; raises ValueError.

    Texts are plain in a file, or indices into dictionaries where the schema has a dictionary.
    """
    wanted = pa.schema([schema.field(name) for name in part.columns or schema.names])
    groups = [group for extract in extracts for group in extract.groups]
    if not groups:  # which pyarrow 18 cannot read
        return [pa.Table.from_batches([], schema=wanted)] * len(extracts)
    table = _decode(frame(groups, plain_schema(wanted)), wanted)
    tables, start = [], 0
    for extract in extracts:
        tables.append(table.slice(start, extract.rows))
        start += extract.rows
    return [_of_keys(each, part.keys) for each in tables] if part.keys else tables


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return columns with texts in place of dictionaries: each row group gets those of its own."""
    return pa.schema(
        [
            each.with_type(each.type.value_type) if pa.types.is_dictionary(each.type) else each
            for each in schema
        ]
    )


def _decode(data: bytes, schema: pa.Schema) -> pa.Table:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(
            pa.BufferReader(data),
            read_dictionary=[each.name for each in schema if pa.types.is_dictionary(each.type)],
        )
        table = file.read(use_threads=False)
        table.validate(full=True)  # that texts are UTF-8, and indices those of a dictionary
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(f"cannot be decoded: {reason}") from error
    return table


def _groups_of(content: bytes, schema: pa.Schema) -> Sequence[RowGroup | Unread]:
    """Return the row groups of a file that has these columns. Raises ValueError."""
    layout = layout_of(content, bounded=schema.get_field_index(KEY))
    are_all = all(_width(group) == len(schema) for group in layout.groups)
    if not are_all or list(layout.fields) != _fields(plain_schema(schema)):
        raise ValueError("has other columns than a pack")
    return layout.groups


@cache
def _fields(schema: pa.Schema) -> list[Field]:
    return [
        Field(each.name.encode(), kind_of(each.type), _OPTIONAL,
              _UTF8 if pa.types.is_string(each.type) else None)
        for each in schema
    ]  # fmt: skip


def _width(group: RowGroup | Unread) -> int:
    return len(group.columns) if isinstance(group, RowGroup) else group.seen.columns


def _encodings(kind: pa.DataType) -> frozenset[int]:
    if pa.types.is_dictionary(kind):
        return _OF_DICTIONARIES
    return _OF_NUMBERS if pa.types.is_primitive(kind) else _OF_TEXTS


def _may_hold(group: RowGroup | Unread, place: int, texts: Sequence[bytes]) -> bool:
    """Tell whether a column may have one of some texts, by its bounds."""
    column = group.columns[place] if isinstance(group, RowGroup) else group.seen
    least, most = column.least, column.most
    if least is None or most is None:
        return True
    return any(least <= text <= most for text in texts)


def _of_keys(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Return the rows of some keys."""
    import pyarrow.compute as pc

    column = table.column(KEY)
    known = [chunk.dictionary.to_pylist() for chunk in column.chunks]
    if not column.null_count and all(key in keys for each in known for key in each):
        return table  # as where a key fills row groups of its own
    masks = []
    for chunk, each in zip(column.chunks, known, strict=True):
        places = column_of([at for at, key in enumerate(each) if key in keys], pa.int32())
        masks.append(pc.is_in(chunk.indices, value_set=places))
    return table.filter(pa.chunked_array(masks, pa.bool_()))
