"""Packed runs: many runs of a store joined into one folder of a few Parquet files.

    <store>/packed-<digest>/
      rundiff-pack.json     which runs, where their points are, the SHA-256 of every other file
      <table>.parquet       the canonical tables, one row group for some thousands of rows
      documents.parquet     each run's run.json byte for byte, for `rundiff unpack`
      points-0000.parquet   (run, key, step, time, value, seq) in this order

The folder appears by one rename, whole, and is named for the digest of its manifest; that rename is
what makes its runs packed. A run's own folder that is still there afterwards, because removing was
cut short, is recognised as what was packed (same nonce, same segments) and left out. Tables are
kept instead of one JSON document a run because listing 100,000 runs then costs no parsing. A
``run`` is a number here: the place in the manifest's list. Row groups of points end where a run
ends, where they can, and the manifest says which runs each holds, so that a selection is not paid
for with the histories of all others.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.frozen import dataclass
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.strict_json import parse_json
from rundiff.records.tables import SCHEMAS
from rundiff.sources.rows import points_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.records.run import RunRecord
    from rundiff.records.tables import TableBuilder
    from rundiff.sources.parquet import ParquetReader
    from rundiff.sources.tree import Tree

FORMAT_NAME = "rundiff-pack/1"
MANIFEST, DOCUMENTS = "rundiff-pack.json", "documents.parquet"
HIDDEN = ".packing-"  # how the folder of a pack begins that is not whole yet, or not any more
FOLDER = re.compile(r"packed-[0-9a-f]{32}\Z")
NUMBERED = pa.field("run", pa.int32())
POINTS_SCHEMA = pa.schema([NUMBERED, *POINTS])
TABLES = tuple(name for name in SCHEMAS if name != "metric_point")
_MAX_CELLS = 64_000_000
_RUN_PATH = re.compile(r"[^/\0]+/[^/\0]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRun:
    """One run of a pack; ``metrics`` is the SHA-256 of its metrics.parquet, if it has points."""

    path: str
    identity: str
    document: str
    metrics: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pack holds. ``points``: file → the first and last run of each of its row groups."""

    runs: Sequence[PackedRun]
    files: Mapping[str, str]
    points: Mapping[str, Sequence[tuple[int, int]]]


def packed_schema(table: str) -> pa.Schema:
    """Return the columns of a canonical table in a pack: numbers in place of run ids.

    Dictionaries are Parquet's own business and are not in it.
    """
    schema = pa.schema(
        [
            each.with_type(each.type.value_type) if pa.types.is_dictionary(each.type) else each
            for each in SCHEMAS[table]
        ]
    )
    if table == "run" or "run_id" not in schema.names:
        return schema
    return schema.set(schema.get_field_index("run_id"), NUMBERED)


def identity_of(record: RunRecord) -> str:
    """Return what tells a run's record from any other: its nonce and what it was made from."""
    made_of = [record.run_id, record.nonce, [list(segment) for segment in record.segments]]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


def folder_name(manifest: bytes) -> str:
    """Return the name of the folder of a pack with this manifest."""
    return f"packed-{hashlib.sha256(manifest).hexdigest()[:32]}"


def encode_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as the bytes of its file."""
    document = {
        "format": FORMAT_NAME,
        "files": dict(manifest.files),
        "points": {name: list(map(list, groups)) for name, groups in manifest.points.items()},
        "runs": [[run.path, run.identity, run.document, run.metrics] for run in manifest.runs],
    }
    return (json.dumps(document, ensure_ascii=False, indent=0) + "\n").encode()


def load_manifest(tree: Tree, folder: str) -> Manifest:
    """Return what the pack in a folder says of itself. Raises RecordError."""
    path = f"{folder}/{MANIFEST}"
    data = tree.read(path, limit=1 << 28)
    location = tree.show(path)
    if folder_name(data) != folder.rpartition("/")[2] and FOLDER.match(folder.rpartition("/")[2]):
        raise RecordError("damaged: it is not the manifest of this pack", location=location)
    document = parse_json(data, location=location).value
    try:
        if not isinstance(document, dict) or document["format"] != FORMAT_NAME:
            raise ValueError
        runs = [_run(*row) for row in document["runs"]]
        files = {str(name): str(digest) for name, digest in document["files"].items()}
        points = {
            str(name): [(int(first), int(last)) for first, last in groups]
            for name, groups in document["points"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise RecordError(f"not a manifest of the form {FORMAT_NAME}", location=location) from None
    return Manifest(runs=runs, files=files, points=points)


def _run(path: object, identity: object, document: object, metrics: object) -> PackedRun:
    if not isinstance(path, str) or not _RUN_PATH.match(path) or ".." in path.split("/"):
        raise ValueError
    return PackedRun(
        path=path, identity=str(identity), document=str(document), metrics=str(metrics)
    )


class Pack:
    """One pack of a tree, read table by table through a child process."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self.folder = folder
        self.base = folder.rpartition("/")[0]
        self.manifest = load_manifest(tree, folder)

    def home(self, run: PackedRun) -> str:
        """Return where a run's own folder is, or was."""
        return f"{self.base}/{run.path}" if self.base else run.path

    def load_table(self, name: str, reader: ParquetReader) -> pa.Table:
        """Return one of the tables as it lies in the pack. Raises RecordError."""
        return self._load(f"{name}.parquet", packed_schema(name), reader)

    def load_points(self, numbers: Sequence[int], reader: ParquetReader) -> Iterator[pa.Table]:
        """Yield the points of some runs, each file's in a table. Raises RecordError."""
        wanted = set(numbers)
        for name, groups in self.manifest.points.items():
            some = [
                place
                for place, (first, last) in enumerate(groups)
                if any(first <= number <= last for number in wanted)
            ]
            if some:
                yield self._load(name, POINTS_SCHEMA, reader, groups=some)

    def add_to(self, builder: TableBuilder, reader: ParquetReader) -> list[str]:
        """Add all rows but points and return the ids that the runs got. Raises RecordError."""
        tables = {name: self.load_table(name, reader) for name in TABLES}
        count = len(self.manifest.runs)
        codes = {name: _codes(tables[name], count) for name in TABLES if "run" in
                 packed_schema(name).names}  # fmt: skip
        if tables["run"].num_rows != count or None in codes.values():
            location = self._tree.show(self.folder)
            raise RecordError("names runs that it does not hold", location=location)
        runs = {each: tables["run"].column(each).to_pylist() for each in SCHEMAS["run"].names}
        runs["location"] = [self._tree.show(self.home(run)) for run in self.manifest.runs]
        ids = builder.add_runs(runs)
        offset = builder.index(ids[0]) if ids else 0
        for name, numbers in codes.items():
            assert numbers is not None
            table = tables[name].combine_chunks()
            columns = {
                each: _as_canonical(_array(table.column(each)), SCHEMAS[name].field(each).type)
                for each in table.column_names[1:]
            }
            builder.add_columns(name, _shifted(numbers, offset), columns)
        for row in tables["problem"].to_pylist():
            path = f"{self.base}/{row['location']}" if self.base else str(row["location"])
            builder.add_problem(
                self._tree.show(path), row["message"], line=row["line"], severity=row["severity"]
            )
        return ids

    def _load(
        self, name: str, schema: pa.Schema, reader: ParquetReader, *, groups: Sequence[int] = ()
    ) -> pa.Table:
        path = f"{self.folder}/{name}"
        location = self._tree.show(path)
        content = self._tree.read(path)
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise RecordError("damaged: its checksum is wrong", location=location)
        table = reader.decode(content, where=location, max_cells=_MAX_CELLS, groups=groups)
        if not table.schema.equals(schema, check_metadata=False):
            raise RecordError("has other columns than a pack", location=location)
        return table


class PackedRuns:
    """The packed runs of one tree: which there are, and their points."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._homes: dict[str, PackedRun] = {}
        self._runs: dict[str, tuple[Pack, int]] = {}

    def add(self, pack: Pack, builder: TableBuilder, reader: ParquetReader) -> None:
        """Read a pack. Raises RecordError, and has then added nothing."""
        for number, run_id in enumerate(pack.add_to(builder, reader)):
            self._runs[run_id] = (pack, number)
            run = pack.manifest.runs[number]
            self._homes[pack.home(run)] = run

    def at(self, path: str) -> PackedRun | None:
        """Return the packed run whose own folder is, or was, at a path."""
        return self._homes.get(path)

    def home(self, run_id: str) -> str | None:
        """Return the folder in which a packed run's artifacts are."""
        found = self._runs.get(run_id)
        return None if found is None else found[0].home(found[0].manifest.runs[found[1]])

    def load_points(self, run_ids: Sequence[str], reader: ParquetReader) -> Iterator[pa.Table]:
        """Yield ``metric_point`` rows of those of the runs that are packed. Raises RecordError."""
        packs: dict[int, tuple[Pack, dict[int, str]]] = {}
        for run_id in run_ids:
            if run_id in self._runs:
                pack, number = self._runs[run_id]
                packs.setdefault(id(pack), (pack, {}))[1][number] = run_id
        for pack, names in packs.values():
            import pyarrow.compute as pc  # 20 ms of CPU that a store without packs does without

            for table in pack.load_points(list(names), reader):
                numbers = table.column("run")
                for number, run_id in names.items():
                    own = table.filter(pc.equal(numbers, number)).select(POINTS.names)
                    if own.num_rows:
                        yield points_rows(run_id, own)


def _codes(table: pa.Table, count: int) -> pa.Array | None:
    """Return the runs' numbers of a table's rows; None if one is not among so many."""
    import pyarrow.compute as pc

    numbers = _array(table.column("run"))
    if not len(numbers):
        return numbers
    found = pc.min_max(numbers).as_py()
    return numbers if not numbers.null_count and 0 <= found["min"] <= found["max"] < count else None


def _shifted(numbers: pa.Array, offset: int) -> pa.Array:
    import pyarrow.compute as pc

    return pc.add(numbers, pa.scalar(offset, pa.int32())) if offset else numbers


def _as_canonical(values: pa.Array, kind: pa.DataType) -> pa.Array:
    return values.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else values


def _array(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    found = column.combine_chunks()
    return found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)
