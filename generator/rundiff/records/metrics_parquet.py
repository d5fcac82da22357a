"""metrics.parquet: all metric points of a run, sorted by key, step and time, with page checksums.

run.json holds its size and digest, so that a reader can tell whether it is the one that belongs to
the run. DuckDB does not look at page checksums (56 % of flipped bits gave wrong rows there);
pyarrow does, and is what reads this.

It is written without compression, so that whoever reads it knows beforehand what decoding takes:
numbers of a fixed width, as many as run.json counts, and no page that unpacks to gigabytes. Such a
file needs no child process of its own (0.2 s of CPU). Steps as a dictionary and times as
differences keep it within a third of what zstd makes of it.
"""

from __future__ import annotations

import io
from array import array
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.records.arrays import column_of, repeated_text, text_column
from rundiff.records.ordered_series import OrderedSeries, ordered_series
from rundiff.records.parquet_layout import UNCOMPRESSED, row_groups_of
from rundiff.records.run import NO_TIME, Points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.records.parquet_layout import RowGroup

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("step", pa.float64()),
        ("time", pa.int64()),
        ("value", pa.float64()),
        ("seq", pa.int64()),
    ]
)
MOST_POINTS = 4_000_000  # that are decoded without a child process
_FIXED = ("step", "time", "value", "seq")
_ROW_GROUP = 1 << 17
_ORDER = [("key", "ascending"), ("step", "ascending"), ("time", "ascending"), ("seq", "ascending")]


def points_table(points: Points) -> pa.Table:
    """Return points as columns (key, step, time in µs or null, value, seq), in the order logged.

    Without pyarrow.compute, whose import costs more than 200,000 points do.
    """
    count = len(points)
    has_unknown = NO_TIME in points.times
    times = (
        column_of([None if t == NO_TIME else t * 1_000 for t in points.times], pa.int64())
        if has_unknown
        else _column(pa.int64(), array("q", map((1_000).__mul__, points.times)), count)
    )
    return pa.Table.from_arrays(
        [
            text_column(list(map(points.names.__getitem__, points.keys))),
            _column(pa.float64(), points.steps, count),
            times,
            _column(pa.float64(), points.values, count),
            _column(pa.int64(), array("q", range(count)), count),
        ],
        schema=SCHEMA,
    )


def encode_metrics(points: Points) -> bytes:
    """Return points as the bytes of its metrics.parquet."""
    return encode_table(sorted_points(points))


def sorted_points(points: Points) -> pa.Table:
    """Return points as columns in the order in which files hold them."""
    return points_table(points).sort_by(_ORDER)


def encode_table(table: pa.Table) -> bytes:
    """Return a table of sorted points as the bytes of a metrics.parquet."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression="none",
        row_group_size=_ROW_GROUP,
        use_dictionary=["key", "step"],
        column_encoding={"time": "DELTA_BINARY_PACKED", "seq": "DELTA_BINARY_PACKED"},
        write_page_checksum=True,
    )
    return buffer.getvalue()


def decode_metrics(data: bytes, counts: Mapping[str, int]) -> pa.Table | None:
    """Return the points in a metrics.parquet, of which run.json counts so many of each key.

    None where the file is not as ``encode_metrics`` writes it, or damaged. Keys are not decoded:
    text could stand for any amount of memory, and the counts in the order of the file say the same.
    """
    found = _decode(data, counts, _FIXED, most=MOST_POINTS)
    if found is None:
        return None
    try:
        keys = repeated_text(_in_order(counts).items())
    except OverflowError:
        return None
    columns = [keys, *(found.column(name) for name in _FIXED)]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def decode_series(
    run_id: str, data: bytes, counts: Mapping[str, int]
) -> list[OrderedSeries] | None:
    """Return the series in a metrics.parquet, of which run.json counts so many points of each key.

    ``data`` are bytes whose digest was found right: the checksums of their pages are not looked at
    once more (a tenth of the time). None where the file is not as ``encode_metrics`` writes it, or
    has steps that do not rise. No more points are decoded than it has room for at full width.
    """
    most = max(MOST_POINTS, len(data) // 8)
    found = _decode(data, counts, ("step", "time", "value"), most=most, is_verified=True)
    return None if found is None else ordered_series(run_id, found, _in_order(counts))


def _decode(
    data: bytes,
    counts: Mapping[str, int],
    names: Sequence[str],
    *,
    most: int,
    is_verified: bool = False,
) -> pa.Table | None:
    import pyarrow.parquet as pq

    total = sum(counts.values())
    if not 0 < total <= most or min(counts.values()) < 0:
        return None
    try:
        if not _is_plain(row_groups_of(data), total):
            return None
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=not is_verified)
        if not file.schema_arrow.equals(SCHEMA):
            return None
        return file.read(list(names), use_threads=False)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts in the order in which the file holds the keys."""
    names = sorted(counts, key=lambda name: name.encode("utf-8", "backslashreplace"))
    return {name: counts[name] for name in names}


def _is_plain(groups: Sequence[RowGroup], total: int) -> bool:
    return total == sum(group.rows for group in groups) and all(
        len(group.columns) == len(SCHEMA)
        and all(column.codec == UNCOMPRESSED for column in group.columns)
        for group in groups
    )


def _column(kind: pa.DataType, values: array[int] | array[float], count: int) -> pa.Array:
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(values)])
