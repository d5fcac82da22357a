"""Decode Parquet inside a process that may die: files on standard input, Arrow streams out.

This file is run by path, isolated from the package (``python -I``), and imports only pyarrow.
For each file the parent writes ``<bytes of what it wants:u64><bytes of the file:u64>`` and both;
what it wants is JSON (``parquet.Part``). The answer is ``<kind:u8><bytes:u64>`` and either an Arrow
IPC stream (kind 0) or a message in UTF-8 (kind 1). With the argument "no-numpy" pyarrow finds no
numpy, which it would only import.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from typing import Any, BinaryIO

if __name__ == "__main__" and "no-numpy" in sys.argv:
    sys.modules["numpy"] = None  # type: ignore[assignment]

import pyarrow as pa
import pyarrow.parquet as pq

MEMORY_BYTES = 768 << 20
CPU_SECONDS = 30
MAX_COLUMNS = 20_000
BATCH_ROWS = 8_192
SEARCHED_ROWS = 1 << 16  # of which few are kept, and whose texts stay in their dictionaries


def main(inbox: BinaryIO, outbox: BinaryIO) -> None:
    """Answer one request after the other until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, _address_space() + MEMORY_BYTES)
    while len(head := inbox.read(16)) == 16:
        wanted, size = struct.unpack("<QQ", head)
        part = json.loads(inbox.read(wanted))
        content = inbox.read(size)
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU_SECONDS + 1)
        try:
            kind, answer = 0, decode(content, **part)
        except MemoryError:
            kind, answer = 1, b"needs too much memory to decode"
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            kind, answer = 1, _one_line(error)
        outbox.write(struct.pack("<BQ", kind, len(answer)))
        outbox.write(answer)
        outbox.flush()


def decode(
    content: bytes,
    max_cells: int,
    groups: list[int],
    columns: list[str],
    where: tuple[str, list[Any]] | None,
) -> pa.Buffer | bytes:
    """Return the table, or the part of it that is wanted, as an Arrow IPC stream.

    Metadata is checked before anything is decoded.
    """
    file = pq.ParquetFile(
        pa.BufferReader(content),
        page_checksum_verification=True,
        thrift_string_size_limit=16 << 20,
        thrift_container_size_limit=1_000_000,
        read_dictionary=columns if where else None,  # few of their texts are wanted
    )
    metadata = file.metadata
    wanted = [group for group in groups if group < metadata.num_row_groups]
    wanted = wanted if groups else list(range(metadata.num_row_groups))
    if where:
        wanted = [group for group in wanted if _may_hold(metadata.row_group(group), *where)]
    rows = sum(metadata.row_group(group).num_rows for group in wanted)
    count = len(columns) or metadata.num_columns
    if count > MAX_COLUMNS:
        raise ValueError(f"{count:,} columns; at most {MAX_COLUMNS:,} are read")
    if rows * max(count, 1) > max_cells:
        raise ValueError(f"{rows:,} rows × {count:,} columns; at most {max_cells:,} cells are read")
    sink = pa.BufferOutputStream()
    fields = [file.schema_arrow.field(name) for name in columns] or file.schema_arrow
    schema = pa.schema([field.with_type(_plain(field.type)) for field in fields])
    # Dictionaries are written out here, few rows at a time: where a bomb hides in one, it is this
    # process that runs out of memory.
    with pa.ipc.new_stream(sink, schema) as stream:
        for read in file.iter_batches(
            batch_size=SEARCHED_ROWS if where else BATCH_ROWS,
            row_groups=wanted,
            columns=columns or None,
            use_threads=False,
        ):
            batch = _matching(read, *where) if where else read
            arrays = [
                column.cast(field.type) if column.type != field.type else column
                for column, field in zip(batch.columns, schema, strict=True)
            ]
            stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            if sink.tell() > MEMORY_BYTES // 3:
                raise ValueError(f"more than {MEMORY_BYTES // 3 >> 20} MiB when decoded")
    return sink.getvalue()


def _may_hold(group: pq.RowGroupMetaData, column: str, values: list[Any]) -> bool:
    """Tell whether a row group may have one of some values in a column, by its statistics."""
    for place in range(group.num_columns):
        chunk = group.column(place)
        known = chunk.statistics
        if chunk.path_in_schema == column and known is not None and known.has_min_max:
            return any(known.min <= value <= known.max for value in values)
    return True


def _matching(batch: pa.RecordBatch, column: str, values: list[Any]) -> pa.RecordBatch:
    """Return the rows that have one of some values in a column."""
    import pyarrow.compute as pc

    cells = batch.column(column)
    if pa.types.is_dictionary(cells.type):
        known = cells.dictionary.to_pylist()
        values = [at for at, text in enumerate(known) if text in values]
        cells = cells.indices
    return batch.filter(pc.is_in(cells, value_set=pa.array(values, cells.type)))


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type of a dictionary's values; any other type as it is."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_nested(kind) and "dictionary<" in str(kind):
        raise ValueError(f"a column of type {str(kind)[:80]} is not read")
    return kind


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux: what the libraries map at most
        return 4 << 30


def _limit(kind: int, amount: int) -> None:
    _, hard = resource.getrlimit(kind)
    soft = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
    resource.setrlimit(kind, (soft, hard))


def _one_line(error: BaseException) -> bytes:
    return " ".join(str(error).split())[:300].encode("utf-8", "replace")


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
