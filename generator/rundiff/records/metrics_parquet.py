"""metrics.parquet: all metric points of a run, sorted by key, step and time, with page checksums.

The file's metadata names the segments it was made from (``rundiff.segments``), so that a reader can tell whether it is current. DuckDB
does not look at page checksums (56 % of flipped bits gave wrong rows there); pyarrow does, and is what reads this.
"""

from __future__ import annotations

import io
import json
from array import array
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rundiff.errors import RecordError
from rundiff.records.run import NO_TIME, Points, RunRecord, SegmentDigest

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("step", pa.float64()),
        ("time", pa.int64()),
        ("value", pa.float64()),
        ("seq", pa.int64()),
    ]
)
_SEGMENTS = b"rundiff.segments"
_ROW_GROUP = 1 << 17
_ORDER = [("key", "ascending"), ("step", "ascending"), ("time", "ascending"), ("seq", "ascending")]


def points_table(points: Points) -> pa.Table:
    """Return points as columns (key, step, time in µs or null, value, seq), in the order logged."""
    count = len(points)
    times = _column(pa.int64(), points.times, count)
    unknown = pc.equal(times, NO_TIME)
    times = pc.if_else(unknown, pa.scalar(None, pa.int64()), pc.multiply(pc.if_else(unknown, 0, times), 1_000))
    codes = _column(pa.int32(), points.keys, count)
    keys = pa.DictionaryArray.from_arrays(codes, pa.array(points.names, pa.string()))
    return pa.table(
        [
            keys.cast(pa.string()),
            _column(pa.float64(), points.steps, count),
            times,
            _column(pa.float64(), points.values, count),
            pa.array(range(count), pa.int64()),
        ],
        schema=SCHEMA,
    )


def encode_metrics(record: RunRecord) -> bytes:
    """Return the points of a run as the bytes of its metrics.parquet."""
    table = points_table(record.points).sort_by(_ORDER)
    made_from = json.dumps([list(segment) for segment in record.segments])
    table = table.replace_schema_metadata({_SEGMENTS: made_from})
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        row_group_size=_ROW_GROUP,
        use_dictionary=["key"],
        write_page_checksum=True,
    )
    return buffer.getvalue()


def decode_metrics(data: bytes, segments: Sequence[SegmentDigest], *, location: str) -> pa.Table:
    """Return the points in a metrics.parquet that was made from just these segments. Raises RecordError."""
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        made_from = (file.schema_arrow.metadata or {}).get(_SEGMENTS, b"null")
        if json.loads(made_from) != [list(segment) for segment in segments]:
            raise RecordError("was made from other segments than there are", location=location)
        if not file.schema_arrow.equals(SCHEMA, check_metadata=False):
            raise RecordError("has other columns than a record of metrics", location=location)
        return file.read().replace_schema_metadata(None)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"cannot be read: {error}", location=location) from error


def _column(kind: pa.DataType, values: array[int] | array[float], count: int) -> pa.Array:
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(values)])
