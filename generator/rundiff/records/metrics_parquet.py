"""metrics.parquet: all metric points of a run, sorted by key, step and time, with page checksums.

run.json holds its size and digest, so that a reader can tell whether it is the one that belongs to
the run. DuckDB does not look at page checksums (56 % of flipped bits gave wrong rows there);
pyarrow does, and is what reads this.
"""

from __future__ import annotations

import io
from array import array

import pyarrow as pa

from rundiff.records.arrays import column_of, text_column
from rundiff.records.run import NO_TIME, Points

SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("step", pa.float64()),
        ("time", pa.int64()),
        ("value", pa.float64()),
        ("seq", pa.int64()),
    ]
)
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
    import pyarrow.parquet as pq

    table = points_table(points).sort_by(_ORDER)
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


def _column(kind: pa.DataType, values: array[int] | array[float], count: int) -> pa.Array:
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(values)])
