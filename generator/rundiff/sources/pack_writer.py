"""Writing one pack: tables, documents and points, read back before it gets its name.

What a pack is made of is in ``packed``; what it took is in docs/store.md.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import column_of, text_column
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.metrics_parquet import encode_table
from rundiff.records.seal import sync_folder, write_atomically
from rundiff.records.tables import TableBuilder
from rundiff.sources import native
from rundiff.sources.masking import mask_credentials
from rundiff.sources.packed import (
    DOCUMENTS,
    DOCUMENTS_SCHEMA,
    MANIFEST,
    NUMBERED,
    POINTS_SCHEMA,
    TABLES,
    Manifest,
    Pack,
    PackedRun,
    encode_manifest,
    folder_name,
    identity_of,
    packed_schema,
)
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.rows import add_record

if TYPE_CHECKING:
    from rundiff.records.run import RunRecord
    from rundiff.records.tables import Tables
    from rundiff.sources.tree import Tree

GROUP_ROWS, FILE_ROWS, FILE_BYTES = 1 << 16, 1 << 21, 96 << 20
TABLE_ROWS = 1 << 14  # of a row group; the rows of one chosen run are paid for with so many
_DOCUMENT_ROWS = 1_000

Row = tuple[str, "RunRecord", bytes, Callable[[], pa.Table]]


def write_pack(tree: Tree, hidden: str, rows: Sequence[Row], say: Callable[[str], None]) -> str:
    """Write a pack of some runs, check it, and return its folder's name.

    Each row is a run's path, record, run.json and points. Raises RecordError if what was written
    does not read as what it was made from; nothing is changed then.
    """
    folder = Path(tree.root, hidden)
    folder.mkdir()
    canonical = _canonical(rows)
    tables = _packed(tree, canonical)
    for name, table in tables.items():
        _write(folder / f"{name}.parquet", table)
    say("writing points")
    points = _PointsWriter(folder)
    digests = [points.add(number, row[3]()) for number, row in enumerate(rows)]
    points.close()
    runs = [
        PackedRun(path=path, identity=identity_of(record), metrics=metrics,
                  document=hashlib.sha256(document).hexdigest())
        for (path, record, document, _), metrics in zip(rows, digests, strict=True)
    ]  # fmt: skip
    _write_documents(folder / DOCUMENTS, runs, [row[2] for row in rows])
    files = {name: _synced_digest(folder / name) for name in sorted(os.listdir(folder))}
    counts = tables["metric_summary"].column("points").to_pylist()
    manifest = encode_manifest(
        Manifest(
            runs=[row[0] for row in rows],
            metrics=len(counts),
            points=None if None in counts else sum(counts),
            has_credentials=bool(mask_credentials(canonical.by_name).places),
            files=files,
            groups=points.groups,
        )
    )
    write_atomically(folder / MANIFEST, manifest)
    say("checking the pack against what it was made from")
    check_pack(Pack(tree, hidden), tables, folder)
    name = folder_name(manifest)
    folder.rename(Path(tree.root, name))
    sync_folder(tree.root)
    return name


def check_pack(pack: Pack, tables: dict[str, pa.Table] | None, folder: Path) -> None:
    """Read a pack and compare it with its tables, if given, and its digests. Raises RecordError."""
    with ParquetReader() as reader:
        for name in TABLES:
            found = pack.load_table(name, reader)
            if tables is not None and _plain_bytes(found) != _plain_bytes(tables[name]):
                raise RecordError("does not hold what was written", location=f"{name}.parquet")
        runs = pack.load_runs(reader)
        numbers = []
        for number, table in load_run_points(pack, reader):
            numbers.append(number)
            if hashlib.sha256(encode_table(table)).hexdigest() != runs[number].metrics:
                raise RecordError(
                    "the points packed are not those logged", location=runs[number].path
                )
        if numbers != [number for number, run in enumerate(runs) if run.metrics]:
            raise RecordError("points are missing", location=pack.folder)
    for run, document in zip(runs, read_documents(folder), strict=True):
        if hashlib.sha256(document).hexdigest() != run.document:
            raise RecordError("the run.json packed is not the one there", location=run.path)


def load_run_points(pack: Pack, reader: ParquetReader) -> Iterator[tuple[int, pa.Table]]:
    """Yield the points of each run that has some, by its number. Raises RecordError."""
    import pyarrow.compute as pc

    waiting: tuple[int, list[pa.Table]] | None = None
    for table in pack.load_points(range(len(pack.manifest.runs)), reader):
        at = 0
        for each in pc.value_counts(table.column("run")).to_pylist():
            part = table.slice(at, each["counts"]).select(POINTS.names)
            at += each["counts"]
            if waiting is not None and waiting[0] == each["values"]:
                waiting[1].append(part)  # a long run that goes on in the next file
                continue
            if waiting is not None:
                yield waiting[0], pa.concat_tables(waiting[1]).combine_chunks()
            waiting = (each["values"], [part])
    if waiting is not None:
        yield waiting[0], pa.concat_tables(waiting[1]).combine_chunks()


def read_documents(folder: Path) -> list[bytes]:
    """Return the run.json of each run of a pack, in the manifest's order."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / DOCUMENTS, page_checksum_verification=True) as file:
        return [
            document
            for batch in file.iter_batches(batch_size=_DOCUMENT_ROWS, columns=["document"])
            for document in batch.column("document").to_pylist()
        ]


def _canonical(rows: Sequence[Row]) -> Tables:
    builder = TableBuilder()
    for path, record, _, _ in rows:
        add_record(builder, record, source=native.KIND, location=path)
    return builder.build()


def _packed(tree: Tree, built: Tables) -> dict[str, pa.Table]:
    """Return the canonical tables of some runs, with numbers in place of run ids."""
    tables: dict[str, pa.Table] = {}
    for name in TABLES:
        table, schema = built[name], packed_schema(name)
        if "run" in schema.names:
            ids = table.column("run_id").combine_chunks()
            codes = ids.indices if isinstance(ids, pa.DictionaryArray) else ids.chunk(0).indices
            table = table.set_column(0, NUMBERED, codes)
        if name == "problem":
            label = f"{tree.label}/"
            shown = [text.removeprefix(label) for text in table.column("location").to_pylist()]
            table = table.set_column(0, table.schema.field("location"), text_column(shown))
        tables[name] = table.cast(schema)
    return tables


def _write(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    pq.write_table(
        table, path, compression="zstd", row_group_size=TABLE_ROWS, write_page_checksum=True
    )


def _write_documents(path: Path, runs: Sequence[PackedRun], documents: Sequence[bytes]) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(
        path, DOCUMENTS_SCHEMA, compression="zstd", use_dictionary=False, write_page_checksum=True
    ) as writer:
        for start in range(0, len(runs), _DOCUMENT_ROWS):
            some = slice(start, start + _DOCUMENT_ROWS)
            columns = [text_column(texts) for texts in zip(*runs[some], strict=True)]
            columns.append(pa.array(documents[some], pa.binary()))
            writer.write_table(pa.Table.from_arrays(columns, schema=DOCUMENTS_SCHEMA))


class _PointsWriter:
    """Writes the points of runs in order, in row groups that end where a run ends if they can."""

    def __init__(self, folder: Path) -> None:
        import pyarrow.parquet as pq

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
                self._folder / self._name, POINTS_SCHEMA, compression="zstd",
                use_dictionary=["run", "key", "step"], write_page_checksum=True,
            )  # fmt: skip
        self._writer.write_table(group, row_group_size=2 * GROUP_ROWS)
        self.groups.setdefault(self._name, []).append((self._waiting[0][0], self._waiting[-1][0]))
        self._rows += group.num_rows
        self._bytes += group.nbytes
        self._waiting = []


def _plain_bytes(table: pa.Table) -> bytes:
    """Return the same bytes for the same table; unlike ``equals`` it finds NaN equal to NaN."""
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table.combine_chunks(), sink, compression="none", use_dictionary=False)
    plain: bytes = sink.getvalue().to_pybytes()
    return plain


def _synced_digest(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
