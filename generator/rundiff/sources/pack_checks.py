"""Whether the rows of a pack's tables can be those of runs (``packed``).

Digests tell that a table is the one that was packed, not by whom. What follows takes the canonical
tables' word for what is never null and for what a text stands for, so it is looked at here, once a
table is decoded: column by column, and texts in their dictionaries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import may_hold, text_column
from rundiff.records.strict_json import parse_json
from rundiff.records.values import TYPES
from rundiff.sources.own_parquet import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NEVER_NULL = frozenset({"run", "key", "type", "value", "row", "path", "severity", "message"})
_NEVER_NULL_OF_POINTS = frozenset({"run", "key", "step", "value", "seq"})
_CHOICES = {"type": TYPES, "severity": ("error", "notice")}


def what_is_wrong(name: str, table: pa.Table, runs: int) -> str:
    """Return why rows cannot be those of so many runs; empty: they can.

    ``name`` is that of a canonical table; its columns need not all be there.
    """
    return next(_wrong(name, table, runs), "")


def _wrong(name: str, table: pa.Table, runs: int) -> Iterator[str]:
    """Yield what is wrong; what is looked at relies on what was looked at before."""
    never_null = _NEVER_NULL_OF_POINTS if name == "metric_point" else _NEVER_NULL
    columns = {each: table.column(each) for each in table.column_names}
    for column in sorted(never_null.intersection(columns)):
        if columns[column].null_count:
            yield f"rows without a {column}"
    if "run" in columns and not _are_below(columns["run"], runs):
        yield "names runs that it does not hold"
    for column, choices in _CHOICES.items():
        if column in columns and not _are_among(columns[column], choices):
            yield f"a {column} that is none"
    if "extra" in columns and not _are_objects(columns["extra"]):
        yield "an extra that is no JSON object"
    if name == "run":
        if not (table.num_rows == runs and _are_folders(table)):
            yield "names runs that it does not hold"
        if _unfolds_to_much(table):
            yield f"more than {MOST_BYTES >> 20} MiB of text when each run has its own"


def _are_below(numbers: pa.ChunkedArray, count: int) -> bool:
    """Tell whether all are numbers of so many runs."""
    import pyarrow.compute as pc  # 20 ms of CPU that a store without packs does without

    if not len(numbers):
        return True
    found = pc.min_max(numbers).as_py()
    return bool(0 <= found["min"] <= found["max"] < count)


def _are_among(texts: pa.ChunkedArray, choices: Sequence[str]) -> bool:
    known = (chunk.dictionary.to_pylist() for chunk in texts.chunks)
    return all(text in choices for each in known for text in each)


def _are_objects(texts: pa.ChunkedArray) -> bool:
    """Tell whether all are JSON objects, or nothing."""
    known = {text for chunk in texts.chunks for text in chunk.dictionary.to_pylist() if text}
    try:
        return all(isinstance(parse_json(text.encode()).value, dict) for text in known)
    except RecordError:
        return False


def _unfolds_to_much(runs: pa.Table) -> bool:
    """Tell whether texts that runs share are too many bytes when each run gets its own."""
    import pyarrow.compute as pc

    shared = [column for column in runs.columns if pa.types.is_dictionary(column.type)]
    chunks = [chunk for column in shared for chunk in column.chunks]
    if sum(chunk.dictionary.nbytes * len(chunk) for chunk in chunks) <= MOST_BYTES:
        return False
    lengths = (pc.binary_length(chunk.dictionary).take(chunk.indices) for chunk in chunks)
    return sum(pc.sum(each.cast(pa.int64())).as_py() or 0 for each in lengths) > MOST_BYTES


def _are_folders(runs: pa.Table) -> bool:
    """Tell whether runs and what they are in are names of folders."""
    homes = [chunk.dictionary for chunk in runs.column("location").chunks]
    columns = [runs.column("run_id"), pa.chunked_array(homes, pa.string())]
    return not runs.column("location").null_count and all(map(_are_names, columns))


def _are_names(texts: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    if texts.null_count or may_hold(texts, "/") or may_hold(texts, "\0"):
        return False
    shortest = pc.min(pc.binary_length(texts)).as_py()
    return shortest is None or shortest > 2 or not pc.any(
        pc.is_in(texts, value_set=text_column(("", ".", "..")))).as_py()  # fmt: skip
