"""Parquet files of others, decoded in a child process with limits on memory and time.

A Parquet file of 2.7 kB can stand for 1 TB (one dictionary value, a million times), DuckDB's memory
limit does not bound that, and decoders have crashed on damaged files (research/security.md). So the
bytes go to a child that checks the metadata first, verifies page checksums, may use 768 MiB and 30
CPU seconds, and may die: then that file is a problem and the next one is read by a new child. One
child serves all files of a reader, since starting one costs 0.15 s; it ends with the reader.
"""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from rundiff.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rundiff.sources.tree import Tree

MAX_PARQUET_BYTES = 256 << 20
MAX_CELLS = 16_000_000
WALL_SECONDS = 60
_CHILD = str(Path(__file__).with_name("parquet_child.py"))
_MAGIC = b"PAR1"
_DOES_WITHOUT_NUMPY = int(pa.__version__.partition(".")[0]) >= 18  # half of what it imports


class ParquetReader:
    """Reads Parquet files one after the other; use it as a context manager, or drop it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._end: Callable[[], object] = _nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def read(self, tree: Tree, path: str, *, max_cells: int = MAX_CELLS) -> pa.Table:
        """Return a file's table, without metadata; raises RecordError for whatever cannot be read.

        Columns may share a name, and text may hold invalid UTF-8: convert cell by cell.
        """
        content = tree.read(path, limit=MAX_PARQUET_BYTES)
        return self.decode(content, where=tree.show(path), max_cells=max_cells)

    def decode(self, content: bytes, *, where: str, max_cells: int = MAX_CELLS) -> pa.Table:
        """Return the table of a file at hand; see ``read``."""
        if len(content) < 12 or content[:4] != _MAGIC or content[-4:] != _MAGIC:
            raise RecordError(_why_not_parquet(content), location=where)
        try:
            kind, answer = self._ask(content, max_cells)
        except (OSError, EOFError) as error:
            self._stop()
            raise RecordError(
                "decoding it took too much memory or time, or crashed the decoder", location=where
            ) from error
        if kind:
            raise RecordError(answer.decode("utf-8", "replace"), location=where)
        return pa.ipc.open_stream(pa.py_buffer(answer)).read_all()

    def _ask(self, content: bytes, max_cells: int) -> tuple[int, bytes]:
        child = self._start()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(struct.pack("<QQ", max_cells, len(content)))
        child.stdin.write(content)
        child.stdin.flush()
        ready, _, _ = select.select([child.stdout], [], [], WALL_SECONDS)
        if not ready:
            raise TimeoutError
        head = child.stdout.read(9)
        if len(head) < 9:
            raise EOFError
        kind, size = struct.unpack("<BQ", head)
        answer = child.stdout.read(size)
        if len(answer) < size:
            raise EOFError
        return kind, answer

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            # The system allocator, so that the limit on address space counts what is used, not
            # what is reserved.
            self._child = subprocess.Popen(
                [sys.executable, "-I", _CHILD, *(["no-numpy"] if _DOES_WITHOUT_NUMPY else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
            )
            self._end = weakref.finalize(self, _end_child, self._child)
        return self._child

    def _stop(self) -> None:
        self._child = None
        self._end()


def _end_child(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue  # what was still buffered for a dead child


def _nothing() -> None:
    """End no child: there is none."""


def _why_not_parquet(content: bytes) -> str:
    if not content:
        return "empty file"
    if content.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file itself; run 'git lfs pull'"
    if content[:4] == _MAGIC:
        return "torn Parquet file: its end is missing"
    return "not a Parquet file"
