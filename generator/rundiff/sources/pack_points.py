"""Writes the histories of packed runs (``packed``): points-0000.parquet and so on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.records.arrays import column_of
from rundiff.records.metrics_parquet import encode_table
from rundiff.sources.own_parquet import plain_schema
from rundiff.sources.packed import NUMBERED, POINTS_SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow.parquet as pq

GROUP_ROWS, FILE_ROWS, FILE_BYTES = 1 << 16, 1 << 21, 96 << 20


class PointsWriter:
    """Writes the points of runs in order, in row groups that end where a run ends if they can."""

    def __init__(self, folder: Path) -> None:
        self.groups: dict[str, list[tuple[int, int]]] = {}
        self._folder = folder
        self._waiting: list[tuple[int, pa.Table]] = []
        self._writer: pq.ParquetWriter | None = None
        self._name = ""
        self._rows = self._bytes = 0

    def add(self, number: int, points: pa.Table) -> str:
        """Add a run's sorted points; return the digest of its metrics.parquet, if it has some."""
        if not points.num_rows:
            return ""
        for start in range(0, points.num_rows, GROUP_ROWS):
            self._waiting.append((number, points.slice(start, GROUP_ROWS)))
            if sum(table.num_rows for _, table in self._waiting) >= GROUP_ROWS:
                self._flush()
        return hashlib.sha256(encode_table(points)).hexdigest()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        import pyarrow.parquet as pq

        if not self._waiting:
            return
        tables = [
            table.add_column(0, NUMBERED, column_of([number] * table.num_rows, pa.int32()))
            for number, table in self._waiting
        ]
        group = pa.concat_tables(tables).combine_chunks()
        is_full = self._rows + group.num_rows > FILE_ROWS or self._bytes + group.nbytes > FILE_BYTES
        if self._writer is None or is_full:
            if self._writer is not None:
                self._writer.close()
            self._name = f"points-{len(self.groups):04d}.parquet"
            self._rows = self._bytes = 0
            self._writer = pq.ParquetWriter(
                self._folder / self._name, plain_schema(POINTS_SCHEMA), compression="zstd",
                use_dictionary=["run", "key", "step"], write_statistics=False,
                write_page_checksum=True,
            )  # fmt: skip
        self._writer.write_table(group, row_group_size=2 * GROUP_ROWS)
        self.groups.setdefault(self._name, []).append((self._waiting[0][0], self._waiting[-1][0]))
        self._rows += group.num_rows
        self._bytes += group.nbytes
        self._waiting = []
