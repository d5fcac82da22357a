"""The comparison relation as CSV and as Parquet: just its rows, for whoever computes on them.

CSV is exact *and* safe to open in a spreadsheet. Every field is quoted. A spreadsheet takes a text
that starts with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return (after spaces, too) for a
formula, so such a text gets one leading ``'`` unless the whole of it is a plain number. A text that
already starts with apostrophes before such a sign gets one more; so reading is simple and loses
nothing: *one apostrophe is dropped from a text of apostrophes followed by one of these signs*
(``unguarded`` does it). In the number columns NaN and infinities are empty, since a spreadsheet
would call ``-Infinity`` a formula; ``type`` and ``value`` hold them.

Parquet has one explicit schema, whatever the engine inferred for an empty column, and each column
is in one piece, since pages may end where a piece does: so equal comparisons give equal bytes.
"""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.comparison import RELATION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.comparison import Comparison

_BOOLEAN = {"is_present", "differs", "is_best", "is_worst"}
_DOUBLE = {"number", "delta", "relative_change"}

RELATION_SCHEMA = pa.schema(
    [
        (
            name,
            pa.bool_()
            if name in _BOOLEAN
            else pa.float64()
            if name in _DOUBLE
            else pa.int32()
            if name == "position"
            else pa.string(),
        )
        for name in RELATION_COLUMNS
    ],
    metadata={"rundiff.relation": "1"},
)

_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_GUARDED = re.compile(r"'+\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)


def relation_table(comparison: Comparison) -> pa.Table:
    """Return the relation with exactly the columns and types of ``RELATION_SCHEMA``."""
    table = comparison.relation
    columns = [
        table.column(name).cast(field.type).combine_chunks()
        for name, field in zip(RELATION_COLUMNS, RELATION_SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=RELATION_SCHEMA)


def render_csv(comparison: Comparison) -> bytes:
    """Return the relation as RFC 4180 text, UTF-8, lines ending in LF."""
    columns = [_csv_column(column) for column in relation_table(comparison).columns]
    header = ",".join(f'"{name}"' for name in RELATION_COLUMNS)
    lines = [header, *(",".join(fields) for fields in zip(*columns, strict=True)), ""]
    return "\n".join(lines).encode("utf-8")


def render_parquet(comparison: Comparison) -> bytes:
    """Return the relation as one Parquet file."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(
        relation_table(comparison),
        sink,
        compression="zstd",
        version="2.6",
        write_page_checksum=True,
        row_group_size=100_000,
    )
    return sink.getvalue()


def guarded(text: str) -> str:
    """Return the text with an apostrophe before it if a spreadsheet would compute it."""
    if _FORMULA.match(text) and not _PLAIN_NUMBER.match(text):
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """Return the text that ``guarded`` was given."""
    return text[1:] if _GUARDED.match(text) else text


def _csv_column(column: pa.ChunkedArray) -> list[str]:
    cells: Iterable[object] = column.to_pylist()
    return [f'"{_csv_text(cell)}"' for cell in cells]


def _csv_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return repr(cell) if math.isfinite(cell) else ""
    return guarded(str(cell)).replace('"', '""')
