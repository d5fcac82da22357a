"""Parquet files as rundiff writes them, decoded in this process.

A child process (``parquet``) bounds what decoding any file takes, and starting one costs as much as
scanning a million rows. For a file of rundiff's own form the bound is known beforehand instead: the
columns are the expected ones; what the pages unpack to is added up from their headers
(``records.parquet_layout``); numbers have a fixed width, and as many are decoded as the footer
counts; texts stay in their dictionaries, or lie one after the other as they are, so that none of
them can be repeated at will. Whatever has another form is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.records.parquet_layout import (
    DELTA,
    DICTIONARY,
    PLAIN,
    RLE,
    RowGroup,
    find_row_groups,
    pages_of,
    read_group,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow.parquet as pq

    from rundiff.records.parquet_layout import Unread

KEY = "key"  # the one column of which the writer gives bounds
MOST_BYTES = 512 << 20
_OF_NUMBERS = frozenset({PLAIN, DICTIONARY, RLE, DELTA})
_OF_DICTIONARIES = frozenset({PLAIN, DICTIONARY})
_OF_TEXTS = frozenset({PLAIN})


class Part(NamedTuple):
    """What is wanted of a file; empty means all. ``keys`` are those of the wanted rows."""

    groups: Sequence[int] = ()
    columns: Sequence[str] = ()
    keys: Sequence[str] = ()


EVERYTHING = Part()


def check_own(content: bytes, schema: pa.Schema) -> None:
    """Raise ValueError where a file has not these columns; their pages are not looked at."""
    _groups_of(content, schema)
    _open(content, schema)


def decode_own(content: bytes, schema: pa.Schema, part: Part = EVERYTHING) -> pa.Table:
    """Return the table of a file, or a part of it.

    Texts are plain in the file, or indices into dictionaries where the schema has a dictionary.
    Raises ValueError where it is not a file of that form.
    """
    groups = _groups_of(content, schema)
    wanted = [at for at in part.groups or range(len(groups)) if at < len(groups)]
    if part.keys:
        place, sought = schema.get_field_index(KEY), [key.encode() for key in part.keys]
        wanted = [at for at in wanted if _may_hold(groups[at], place, sought)]
    names = list(part.columns or schema.names)
    _check(content, [read_group(content, groups[at]) for at in wanted], schema, names)
    file = _open(content, schema)
    if not wanted:  # which pyarrow 18 cannot read
        return pa.Table.from_batches([], schema=pa.schema([schema.field(name) for name in names]))
    try:
        table = file.read_row_groups(wanted, names, use_threads=False)
        table.validate(full=True)  # that texts are UTF-8, and indices those of a dictionary
    except (pa.ArrowException, OSError) as error:
        raise _refusal(error) from error
    return _of_keys(table, part.keys) if part.keys else table


def _groups_of(content: bytes, schema: pa.Schema) -> list[RowGroup | Unread]:
    groups = find_row_groups(content, bounded=schema.get_field_index(KEY))
    if any(_width(group) != len(schema) for group in groups):
        raise ValueError("has other columns than a pack")
    return groups


def _width(group: RowGroup | Unread) -> int:
    return len(group.columns) if isinstance(group, RowGroup) else group.seen.columns


def _open(content: bytes, schema: pa.Schema) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(
            pa.BufferReader(content),
            read_dictionary=[each.name for each in schema if pa.types.is_dictionary(each.type)],
            thrift_string_size_limit=16 << 20,
            thrift_container_size_limit=1_000_000,
        )
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _refusal(error) from error
    if not file.schema_arrow.equals(schema, check_metadata=False):
        raise ValueError("has other columns than a pack")
    return file


def _refusal(error: Exception) -> ValueError:
    return ValueError(f"cannot be decoded: {' '.join(str(error).split())[:300]}")


def _check(
    content: bytes, groups: Sequence[RowGroup], schema: pa.Schema, names: Sequence[str]
) -> None:
    """Raise ValueError if decoding columns takes too much, or nobody can tell."""
    taken = 0
    for group in groups:
        for name in names:
            place = schema.get_field_index(name)
            column = group.columns[place]
            pages = pages_of(content, column)
            is_whole = 0 <= group.rows == column.values
            if not is_whole or pages.encodings - _encodings(schema.field(place).type):
                raise ValueError("not encoded as rundiff writes it")
            taken += pages.unpacked + 8 * group.rows
    if taken > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES >> 20} MiB when decoded")


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
        places = pa.array([at for at, key in enumerate(each) if key in keys], pa.int32())
        masks.append(pc.is_in(chunk.indices, value_set=places))
    return table.filter(pa.chunked_array(masks, pa.bool_()))
