"""Decode Parquet inside a process that may die: files on standard input, Arrow streams out.

This file is run by path, isolated from the package (``python -I``), and imports only pyarrow.
For each file the parent writes ``<most cells:u64><bytes of the file:u64>`` and the file. The answer
is ``<kind:u8><bytes:u64>`` and either an Arrow IPC stream (kind 0) or a message in UTF-8 (kind 1).
With the argument "no-numpy" pyarrow finds no numpy, which it would only import.
"""

from __future__ import annotations

import resource
import struct
import sys
from typing import BinaryIO

if __name__ == "__main__" and "no-numpy" in sys.argv:
    sys.modules["numpy"] = None  # type: ignore[assignment]

import pyarrow as pa
import pyarrow.parquet as pq

MEMORY_BYTES = 768 << 20
CPU_SECONDS = 30
MAX_COLUMNS = 20_000
BATCH_ROWS = 8_192


def main(inbox: BinaryIO, outbox: BinaryIO) -> None:
    """Answer one request after the other until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, _address_space() + MEMORY_BYTES)
    while len(head := inbox.read(16)) == 16:
        max_cells, size = struct.unpack("<QQ", head)
        content = inbox.read(size)
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU_SECONDS + 1)
        try:
            kind, answer = 0, decode(content, max_cells)
        except MemoryError:
            kind, answer = 1, b"needs too much memory to decode"
        except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
            kind, answer = 1, _one_line(error)
        outbox.write(struct.pack("<BQ", kind, len(answer)))
        outbox.write(answer)
        outbox.flush()


def decode(content: bytes, max_cells: int) -> pa.Buffer | bytes:
    """Return the table as an Arrow IPC stream.

    Metadata is checked before anything is decoded.
    """
    file = pq.ParquetFile(
        pa.BufferReader(content),
        page_checksum_verification=True,
        thrift_string_size_limit=16 << 20,
        thrift_container_size_limit=1_000_000,
    )
    metadata = file.metadata
    rows = sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
    count = metadata.num_columns
    if count > MAX_COLUMNS:
        raise ValueError(f"{count:,} columns; at most {MAX_COLUMNS:,} are read")
    if rows * max(count, 1) > max_cells:
        raise ValueError(f"{rows:,} rows × {count:,} columns; at most {max_cells:,} cells are read")
    sink = pa.BufferOutputStream()
    schema = pa.schema([field.with_type(_plain(field.type)) for field in file.schema_arrow])
    # Dictionaries are written out here, few rows at a time: where a bomb hides in one, it is this
    # process that runs out of memory.
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            arrays = [
                column.cast(field.type) if column.type != field.type else column
                for column, field in zip(batch.columns, schema, strict=True)
            ]
            stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            if sink.tell() > MEMORY_BYTES // 3:
                raise ValueError(f"more than {MEMORY_BYTES // 3 >> 20} MiB when decoded")
    return sink.getvalue()


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
