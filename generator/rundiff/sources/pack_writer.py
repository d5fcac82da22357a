"""Writing one pack: tables, documents and points, read back before it gets its name.

What a pack is made of is in ``packed``; what it took is in docs/store.md.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from rundiff.sources.own_parquet import plain_schema
from rundiff.sources.pack_manifest import MANIFEST, Manifest, encode_manifest, folder_name
from rundiff.sources.pack_points import PointsWriter
from rundiff.sources.packed import (
    BY_KEY,
    DOCUMENTS_ROWS,
    DOCUMENTS_RUNS,
    DOCUMENTS_SCHEMA,
    NUMBERED,
    ROW,
    RUNS,
    TABLES,
    Pack,
    PackedRun,
    documents_name,
    identity_of,
    packed_schema,
)
from rundiff.sources.rows import add_record

if TYPE_CHECKING:
    from rundiff.records.run import RunRecord
    from rundiff.records.tables import Tables
    from rundiff.sources.tree import Tree

TABLE_ROWS = 1 << 14  # of a row group; a key is paid for with so many

Row = tuple[str, "RunRecord", bytes, Callable[[], pa.Table]]


def write_pack(tree: Tree, hidden: str, rows: Sequence[Row], say: Callable[[str], None]) -> str:
    """Write a pack of some runs, check it, and return its folder's name.

    Each row is a run's path, record, run.json and points. Raises RecordError if what was written
    does not read as what it was made from; nothing is changed then.
    """
    folder = Path(tree.root, hidden)
    folder.mkdir()
    canonical = _canonical(rows)
    tables = _packed(tree, rows, canonical)
    for name, table in tables.items():
        _write(folder / f"{name}.parquet", table)
    say("writing points")
    points = PointsWriter(folder)
    digests = [points.add(number, row[3]()) for number, row in enumerate(rows)]
    points.close()
    runs = [
        PackedRun(path=path, identity=identity_of(record), metrics=metrics,
                  document=hashlib.sha256(document).hexdigest())
        for (path, record, document, _), metrics in zip(rows, digests, strict=True)
    ]  # fmt: skip
    for start in range(0, len(runs), DOCUMENTS_RUNS):
        some = slice(start, start + DOCUMENTS_RUNS)
        name = documents_name(start // DOCUMENTS_RUNS)
        _write_documents(folder / name, runs[some], [row[2] for row in rows[some]])
    names = [row[0] for row in rows]
    write_atomically(folder / RUNS, json.dumps(names, ensure_ascii=False, indent=0).encode())
    files = {name: _synced_digest(folder / name) for name in sorted(os.listdir(folder))}
    counts = tables["metric_summary"].column("points").to_pylist()
    manifest = encode_manifest(
        Manifest(
            runs=len(rows),
            metrics=len(counts),
            points=None if None in counts else sum(counts),
            has_credentials=bool(mask_credentials(canonical.by_name).places),
            files=files,
            groups=points.groups,
        )
    )
    write_atomically(folder / MANIFEST, manifest)
    say("checking the pack against what it was made from")
    check_pack(Pack(tree, hidden), tables)
    name = folder_name(manifest)
    folder.rename(Path(tree.root, name))
    sync_folder(tree.root)
    return name


def check_pack(pack: Pack, tables: dict[str, pa.Table] | None) -> None:
    """Read a pack and compare it with its tables, if given, and its digests. Raises RecordError."""
    for name in TABLES:
        found = pack.load_table(name)
        found = found.cast(plain_schema(found.schema))
        if tables is not None and _plain_bytes(found) != _plain_bytes(tables[name]):
            raise RecordError("does not hold what was written", location=f"{name}.parquet")
    runs = pack.load_runs()
    if pack.load_names() != [run.path for run in runs]:
        raise RecordError("does not list its runs", location=pack.folder)
    numbers = []
    for number, table in load_run_points(pack):
        numbers.append(number)
        if hashlib.sha256(encode_table(table)).hexdigest() != runs[number].metrics:
            raise RecordError("the points packed are not those logged", location=runs[number].path)
    if numbers != [number for number, run in enumerate(runs) if run.metrics]:
        raise RecordError("points are missing", location=pack.folder)
    for number, path, document in pack.load_documents(range(len(runs))):
        is_own = (path, hashlib.sha256(document).hexdigest()) == (
            runs[number].path, runs[number].document)  # fmt: skip
        if not is_own:
            raise RecordError("the run.json packed is not the one there", location=path)


def load_run_points(pack: Pack) -> Iterator[tuple[int, pa.Table]]:
    """Yield the points of each run that has some, by its number. Raises RecordError."""
    import pyarrow.compute as pc

    waiting: tuple[int, list[pa.Table]] | None = None
    for table in pack.load_points(range(pack.manifest.runs)):
        at = 0
        for each in pc.value_counts(table.column("run")).to_pylist():
            part = table.slice(at, each["counts"]).select(POINTS.names).cast(POINTS)
            at += each["counts"]
            if waiting is not None and waiting[0] == each["values"]:
                waiting[1].append(part)  # a long run that goes on in the next file
                continue
            if waiting is not None:
                yield waiting[0], pa.concat_tables(waiting[1]).combine_chunks()
            waiting = (each["values"], [part])
    if waiting is not None:
        yield waiting[0], pa.concat_tables(waiting[1]).combine_chunks()


def _canonical(rows: Sequence[Row]) -> Tables:
    builder = TableBuilder()
    for path, record, _, _ in rows:
        add_record(builder, record, source=native.KIND, location=path)
    return builder.build()


def _packed(tree: Tree, rows: Sequence[Row], built: Tables) -> dict[str, pa.Table]:
    """Return the canonical tables of some runs as they lie in a pack."""
    tables: dict[str, pa.Table] = {}
    for name in TABLES:
        table = built[name]
        if name == "run":
            folders, ids = zip(*(row[0].split("/") for row in rows), strict=True)
            table = _with(table, {"run_id": text_column(ids), "location": text_column(folders)})
        elif name == "problem":
            label = f"{tree.label}/"
            shown = [text.removeprefix(label) for text in table.column("location").to_pylist()]
            table = _with(table, {"location": text_column(shown)})
        else:
            ids = table.column("run_id").combine_chunks()
            codes = ids.indices if isinstance(ids, pa.DictionaryArray) else ids.chunk(0).indices
            table = table.set_column(0, NUMBERED, codes)
        if name in BY_KEY:
            order = column_of(range(table.num_rows), pa.int32())
            keys = table.column("key").cast(pa.string())
            table = _with(table.append_column(ROW, order), {"key": keys})
            table = table.sort_by([("key", "ascending"), ("row", "ascending")])
        tables[name] = table.cast(plain_schema(packed_schema(name)))
    return tables


def _with(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _write(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    places = [name for name in (NUMBERED.name, ROW.name) if name in table.column_names]
    texts = [each.name for each in packed_schema(path.stem) if pa.types.is_string(each.type)]
    with pq.ParquetWriter(
        path, table.schema, compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in (*places, *texts)],
        column_encoding=dict.fromkeys(places, "DELTA_BINARY_PACKED"),
        write_statistics=["key"], write_page_checksum=True,
    ) as writer:  # fmt: skip
        for start, end in _groups(table):
            writer.write_table(table.slice(start, end - start))


def _groups(table: pa.Table) -> Iterator[tuple[int, int]]:
    """Yield where row groups begin and end: where a key ends, if it can be."""
    import pyarrow.compute as pc

    start = end = 0
    if ROW.name in table.column_names:
        for each in pc.value_counts(table.column("key")).to_pylist():
            end += each["counts"]
            if end - start >= TABLE_ROWS // 2:
                yield from _cut(start, end)
                start = end
    yield from _cut(start, table.num_rows)


def _cut(start: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, TABLE_ROWS):
        yield at, min(end, at + TABLE_ROWS)


def _write_documents(path: Path, runs: Sequence[PackedRun], documents: Sequence[bytes]) -> None:
    import pyarrow.parquet as pq

    columns = [text_column(texts) for texts in zip(*runs, strict=True)]
    columns.append(pa.array(documents, pa.binary()))
    pq.write_table(
        pa.Table.from_arrays(columns, schema=DOCUMENTS_SCHEMA), path, compression="zstd",
        row_group_size=DOCUMENTS_ROWS, use_dictionary=False, write_statistics=False,
        write_page_checksum=True,
    )  # fmt: skip


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
