"""How a Parquet file says that it is laid out, read before Arrow reads it.

What decoding a file takes can be known beforehand, but not from where one would look. The footer
says how large a column is when unpacked, and nobody holds a file to that: a page of 60 kB may
unpack to 2 GB. What a page unpacks to stands in its own header, and decoders refuse one that gives
more; so whoever adds up the headers knows. And Arrow's own view of a column's metadata ends the
process where a histogram in it has a wrong length (pyarrow 26).

So footer and headers are read here (Thrift's compact protocol), as Arrow writes them (versions 15
to 26): fields in rising order, none but those known here. Whatever looks different is refused, not
understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rundiff.records.parquet_glance import Glance, glance_at

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN, DICTIONARY, RLE, DELTA = 0, 8, 3, 5  # encodings of values
UNCOMPRESSED = 0  # a codec
_WRITER = b"parquet-cpp-arrow version "
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_DEEPEST, _LARGEST, _LARGEST_FOOTER = 10, 0x7FFF_FFFF, 8 << 20
_TRUE, _INT16, _INT32, _INT64, _BYTES, _LIST, _STRUCT = 1, 4, 5, 6, 8, 9, 12  # types of a field
_FEW = 8  # row groups; so many are read sooner than expressions for a glance are compiled
_FLAGS, _INTEGERS, _LONG_LIST = frozenset({1, 2}), frozenset({_INT16, _INT32, _INT64}), 15
_SMALL = [at >> 1 if not at & 1 else -(at >> 1) - 1 for at in range(128)]  # ints of one byte


def _key(number: int, kind: int, of: int = 0) -> int:
    """Return what a field is known by: its number, its type, and that of a list's items.

    With another type Arrow would not take it for this field, or its items for others.
    """
    return number << 8 | of << 4 | kind


# What a file is made of, as in parquet.thrift.
_SCHEMA, _GROUPS, _MADE_BY = _key(2, _LIST, _STRUCT), _key(4, _LIST, _STRUCT), _key(6, _BYTES)
_OF_FILE = {
    _key(1, _INT32), _SCHEMA, _key(3, _INT64), _GROUPS, _key(5, _LIST, _STRUCT), _MADE_BY,
    _key(7, _LIST, _STRUCT),
}  # fmt: skip
_KIND, _REPETITION, _NAME, _CONVERTED = (
    _key(1, _INT32), _key(3, _INT32), _key(4, _BYTES), _key(6, _INT32),
)  # fmt: skip
_CHUNKS, _ROWS = _key(1, _LIST, _STRUCT), _key(3, _INT64)
_OF_GROUP = {
    _CHUNKS, _key(2, _INT64), _ROWS, _key(5, _INT64), _key(6, _INT64), _key(7, _INT16),
}  # fmt: skip
_METADATA = _key(3, _STRUCT)
_OF_CHUNK = {_key(2, _INT64), _METADATA}
_CODEC, _VALUES, _PACKED, _DATA_AT, _DICTIONARY_AT, _BOUNDS, _SIZES = (
    _key(4, _INT32), _key(5, _INT64), _key(7, _INT64), _key(9, _INT64), _key(11, _INT64),
    _key(12, _STRUCT), _key(16, _STRUCT),
)  # fmt: skip
_OF_COLUMN = {
    _key(1, _INT32), _key(2, _LIST, _INT32), _key(3, _LIST, _BYTES), _CODEC, _VALUES,
    _key(6, _INT64), _PACKED, _DATA_AT, _DICTIONARY_AT, _BOUNDS, _key(13, _LIST, _STRUCT), _SIZES,
}  # fmt: skip
_MOST, _LEAST = _key(5, _BYTES), _key(6, _BYTES)
# Histograms of levels: in a flat column there are one of repetition and two of definition.
_LEVELS = {_key(2, _LIST, _INT64): 1, _key(3, _LIST, _INT64): 2}
_OF_SIZES = {_key(1, _INT64), *_LEVELS}
_PAGE_TYPE, _PAGE_SIZE, _PAGE_PACKED = _key(1, _INT32), _key(2, _INT32), _key(3, _INT32)
_PAGE_DATA, _ENCODING = _key(5, _STRUCT), _key(2, _INT32)


class Column(NamedTuple):
    """A column of a row group: the bytes that its pages lie in, and how many values it has.

    The first page is that of a dictionary if ``data`` lies behind it. ``least`` and ``most`` are
    the bounds of its texts where they are known.
    """

    start: int
    data: int
    end: int
    values: int
    codec: int
    least: bytes | None
    most: bytes | None


class Field(NamedTuple):
    """What a file says of a column: its name, and numbers of parquet.thrift, if given."""

    name: bytes
    kind: int | None
    repetition: int | None
    converted: int | None


class RowGroup(NamedTuple):
    """A row group; its columns in the order of the file's."""

    rows: int
    columns: tuple[Column, ...]


class Unread(NamedTuple):
    """A row group that was passed over, and what was seen of it; its pages lie before an end."""

    at: int
    seen: Glance
    end: int


class Layout(NamedTuple):
    """The columns of a file and its row groups."""

    fields: Sequence[Field]
    groups: Sequence[RowGroup | Unread]


class Pages(NamedTuple):
    """The pages of a column of a row group: their bytes when unpacked, and how values lie there."""

    unpacked: int
    encodings: frozenset[int]


def row_groups_of(data: bytes) -> list[RowGroup]:
    """Return the row groups of a file without nested columns. Raises ValueError."""
    return [read_group(data, group) for group in layout_of(data).groups]


def layout_of(data: bytes, bounded: int | None = None) -> Layout:
    """Return the columns and row groups of a file. Raises ValueError.

    Many row groups are left unread where no column has bounds but the one at a place that is given.
    """
    end = len(data) - 8
    start = end - int.from_bytes(data[end : end + 4], "little")
    if end - start > _LARGEST_FOOTER or not (4 <= start < end and data[:4] == data[-4:] == b"PAR1"):
        raise ValueError("not a Parquet file")
    try:
        footer, at = _struct(data, start, 1, bounded)
        if at != end or footer.keys() - _OF_FILE or not footer[_MADE_BY].startswith(_WRITER):
            raise ValueError("not a file as Arrow writes it")
        fields = [
            Field(*map(field.get, (_NAME, _KIND, _REPETITION, _CONVERTED)))
            for field in footer[_SCHEMA][1:]  # after the root
        ]
        groups = [
            Unread(group[0], group[1], start)
            if isinstance(group, tuple)
            else _row_group(group, start)
            for group in footer[_GROUPS]
        ]
        return Layout(fields, groups)
    except (IndexError, KeyError, TypeError, AttributeError):
        raise ValueError("a footer as Arrow writes none") from None


def read_group(data: bytes, group: RowGroup | Unread) -> RowGroup:
    """Return a row group with its columns. Raises ValueError."""
    if isinstance(group, RowGroup):
        return group
    return _row_group(_struct(data, group.at, 3)[0], group.end)


def pages_of(data: bytes, column: Column) -> Pages:
    """Return what the pages of a column of a row group are. Raises ValueError."""
    at, unpacked, encodings = column.start, 0, set()
    try:
        while at < column.end:
            header, at = _struct(data, at, 1)
            kind, size, packed = (header[each] for each in (_PAGE_TYPE, _PAGE_SIZE, _PAGE_PACKED))
            if kind == _DATA_PAGE:
                encodings.add(header[_PAGE_DATA][_ENCODING])
            elif kind != _DICTIONARY_PAGE:
                raise ValueError("a page of another kind")
            if not (0 <= size <= _LARGEST and 0 <= packed <= _LARGEST):
                raise ValueError("a page of a wrong size")
            unpacked += size
            at += packed
    except (IndexError, KeyError, TypeError):
        raise ValueError("a page without a header") from None
    if at != column.end:
        raise ValueError("a page goes on beyond its column")
    return Pages(unpacked, frozenset(encodings))


def _row_group(group: dict[int, Any], end: int) -> RowGroup:
    """Return a row group whose pages lie before the end."""
    if group.keys() - _OF_GROUP:
        raise ValueError("a row group as Arrow writes none")
    columns = []
    for chunk in group[_CHUNKS]:
        column = chunk[_METADATA]
        sizes, bounds = column.get(_SIZES, {}), column.get(_BOUNDS, {})
        if chunk.keys() - _OF_CHUNK or column.keys() - _OF_COLUMN or sizes.keys() - _OF_SIZES:
            raise ValueError("a column as Arrow writes none")
        if any(len(sizes.get(each, ())) not in (0, levels) for each, levels in _LEVELS.items()):
            raise ValueError("a column with a histogram of a wrong length")
        start = column.get(_DICTIONARY_AT, column[_DATA_AT])
        stop = start + column[_PACKED]
        if not 4 <= start <= column[_DATA_AT] <= stop <= end:
            raise ValueError("a column lies outside of the file")
        columns.append(
            Column(
                start,
                column[_DATA_AT],
                stop,
                column[_VALUES],
                column[_CODEC],
                bounds.get(_LEAST),
                bounds.get(_MOST),
            )
        )
    return RowGroup(group[_ROWS], tuple(columns))


def _struct(
    data: bytes, at: int, depth: int, bounded: int | None = None
) -> tuple[dict[int, Any], int]:
    """Return the fields of a struct by their keys, and where it ends."""
    if depth > _DEEPEST:
        raise ValueError("structs in structs")
    fields: dict[int, Any] = {}
    known = 0
    while head := data[at]:
        if head < 16:
            raise ValueError("fields that do not rise")
        known += head >> 4
        kind = head & 15
        key = known << 8 | kind
        if kind in _INTEGERS and data[at + 1] < 128:  # as most are
            fields[key] = _SMALL[data[at + 1]]
            at += 2
        elif kind in _FLAGS:
            fields[key] = kind == _TRUE
            at += 1
        elif kind == _LIST:
            of = data[at + 1] & 15
            fields[key | of << 4], at = _list(data, at + 1, depth + 1, bounded)
        else:
            fields[key], at = _value(data, at + 1, kind, depth)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    """Return a value and where it ends: an int, bytes or the fields of a struct."""
    if kind == _STRUCT:
        return _struct(data, at, depth + 1)
    number, at = _varint(data, at)
    if kind == _BYTES:
        if number > len(data) - at:
            raise ValueError("bytes beyond the end")
        return data[at : at + number], at + number
    if kind not in _INTEGERS:
        raise ValueError("a field of another kind")
    return (number >> 1 if not number & 1 else -(number >> 1) - 1), at


def _list(data: bytes, at: int, depth: int, bounded: int | None) -> tuple[list[Any], int]:
    """Return the items of a list, which are no lists, and where it ends.

    Row groups among them are unread where a glance is enough: (where it begins, what was seen).
    """
    size, kind = data[at] >> 4, data[at] & 15
    at += 1
    if size == _LONG_LIST:
        size, at = _varint(data, at)
    if kind != _STRUCT or size <= _FEW:
        bounded = None
    values: list[Any] = []
    for _ in range(size):
        seen = None if bounded is None else glance_at(data, at, bounded)
        if seen is None:
            value, at = _value(data, at, kind, depth)
        else:
            value, at = (at, seen), seen.end
        values.append(value)
    return values, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while (byte := data[at]) > 127:
        value |= (byte & 127) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
    return value | byte << shift, at + 1
