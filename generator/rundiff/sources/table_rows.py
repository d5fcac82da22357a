"""A Parquet record, one row a run, as the same objects that JSON gives.

Columns may be nested (``params``, ``metrics``, ``tags`` as structs or maps, ``info``) or flat
(``params.lr``, ``metrics.acc``, as ``mlflow.search_runs()`` saves them). Null means: this run has
no such entry.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.own_files import is_marked
from rundiff.sources.text import decode_text

if TYPE_CHECKING:
    import pyarrow as pa

    from rundiff.sources.tree import Tree

_SECTIONS = ("params", "metrics", "tags", "info", "data", "environment")
_NESTED = frozenset((*_SECTIONS, "inputs", "artifacts"))  # texts there may be JSON
_TAIL = 1 << 16


def looks_like_records(tree: Tree, path: str) -> bool:
    """Tell from the names in a Parquet file's footer whether its rows are runs.

    Nothing is decoded. Those of a comparison that rundiff wrote are none.
    """
    fd = tree.open(path)
    try:
        size = os.fstat(fd).st_size
        tail = os.pread(fd, _TAIL, max(size - _TAIL, 0))
    finally:
        os.close(fd)
    has_id = b"run_id" in tail or b"run_uuid" in tail
    has_sections = b"metrics" in tail or b"params" in tail
    return tail.endswith(b"PAR1") and has_id and has_sections and not is_marked(".parquet", tail)


def documents_of_table(table: pa.Table, location: str) -> Iterator[tuple[int, object]]:
    """Yield ``(row number, run)`` for each row.

    Raises RecordError where the columns are no run's.
    """
    names = list(table.column_names)
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise RecordError(f"two columns are called {twice[0]!r}", location=location)
    known = {"run_id", "run_uuid", *_SECTIONS}
    if not any(name in known or name.startswith(("params.", "metrics.")) for name in names):
        shown = ", ".join(repr(name) for name in names[:8])
        raise RecordError(
            f"its columns are no run's: {shown or 'there are none'}; expected run_id, params.*,"
            " metrics.*",
            location=location,
        )
    columns = [_cells(table.column(at)) for at in range(len(names))]
    for row in range(table.num_rows):
        document: dict[str, object] = {}
        for name, cells in zip(names, columns, strict=True):
            value = cells[row]
            section, dot, key = name.partition(".")
            if value is None:
                continue
            if dot and section in _SECTIONS:
                inner = document.setdefault(section, {})
                if isinstance(inner, dict):
                    inner[key] = value
            else:
                document[name] = _nested(value) if name in _NESTED else value
        yield row + 1, document


def _cells(column: pa.ChunkedArray) -> list[object]:
    """Return a column as plain values; text with invalid UTF-8 shows its bytes."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_binary())
    return [_plain(value) for value in column.to_pylist()]


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return decode_text(value)
    if isinstance(value, dict):
        return {str(key): _plain(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        if value and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value):
            return {str(key): _plain(child) for key, child in value}  # an Arrow map
        return [_plain(child) for child in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if callable(isoformat) else str(value)


def _nested(value: object) -> object:
    """Return the object that a text column holds as JSON, or the value as it is."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
