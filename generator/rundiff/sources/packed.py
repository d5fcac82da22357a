"""Packed runs: many runs of a store joined into one folder of a few Parquet files.

    <store>/packed-<digest>/
      rundiff-pack.json     the folders of the runs, where their points are, each file's SHA-256
      <table>.parquet       the canonical tables, a row group for some thousands of rows
      documents.parquet     what each run was made from, and its run.json byte for byte, for
                            `rundiff unpack`
      points-0000.parquet   (run, key, step, time, value, seq) in this order

The folder appears by one rename, whole, and is named for the digest of its manifest; that rename is
what makes its runs packed. A run's own folder that is still there afterwards, because removing was
cut short, is recognised as what was packed (same nonce, same segments) and left out. Tables are
kept instead of one JSON document a run because listing 100,000 runs then costs no parsing; for the
same reason the digests of each run are not in the manifest. A ``run`` is a number here: the place
in the manifest's list. All lies in the order of the runs, and row groups of points end where a run
ends, where they can: a selection is paid for with the keys that it names and with the rows of the
runs that it chose, not with those of all others (``packed_runs``).
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.frozen import dataclass
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.strict_json import parse_json
from rundiff.records.tables import SCHEMAS
from rundiff.sources.parquet import EVERYTHING, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.records.run import RunRecord
    from rundiff.sources.parquet import ParquetReader
    from rundiff.sources.tree import Tree

FORMAT_NAME = "rundiff-pack/2"
MANIFEST, DOCUMENTS = "rundiff-pack.json", "documents.parquet"
HIDDEN = ".packing-"  # how the folder of a pack begins that is not whole yet, or not any more
FOLDER = re.compile(r"packed-[0-9a-f]{32}\Z")
NUMBERED = pa.field("run", pa.int32())
POINTS_SCHEMA = pa.schema([NUMBERED, *POINTS])
DOCUMENTS_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("identity", pa.string()),
        ("sha256", pa.string()),  # of its run.json
        ("metrics", pa.string()),  # SHA-256 of its metrics.parquet, "" if it has no points
        ("document", pa.binary()),
    ]
)
TABLES = tuple(name for name in SCHEMAS if name != "metric_point")
_MAX_CELLS = 64_000_000
_RUN_PATH = re.compile(r"(?!\.\.?/)[^/\0]+/(?!\.\.?\Z)[^/\0]+\Z")


class PackedRun(NamedTuple):
    """One run of a pack: its folder, and the digests of what it was made from and of its files."""

    path: str
    identity: str
    document: str
    metrics: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pack holds: the folders of its runs, how many metrics, points if all were counted.

    ``groups``: file → the first and last run of each of its row groups of points. Where texts hold
    credentials, all rows must be read to say which (``masking``).
    """

    runs: Sequence[str]
    metrics: int
    points: int | None
    has_credentials: bool
    files: Mapping[str, str]
    groups: Mapping[str, Sequence[tuple[int, int]]]


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
        "metrics": manifest.metrics,
        "points": manifest.points,
        "has_credentials": manifest.has_credentials,
        "files": dict(manifest.files),
        "groups": {name: list(map(list, groups)) for name, groups in manifest.groups.items()},
        "runs": list(manifest.runs),
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
        points, runs = document["points"], document["runs"]
        if not isinstance(runs, list) or not all(map(_RUN_PATH.match, runs)):
            raise ValueError
        return Manifest(
            runs=runs,
            metrics=int(document["metrics"]),
            points=None if points is None else int(points),
            has_credentials=document["has_credentials"] is not False,
            files={str(name): str(digest) for name, digest in document["files"].items()},
            groups={
                str(name): [(int(first), int(last)) for first, last in groups]
                for name, groups in document["groups"].items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise RecordError(f"not a manifest of the form {FORMAT_NAME}", location=location) from None


class Pack:
    """One pack of a tree, read table by table through a child process."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self.folder = folder
        self.base = folder.rpartition("/")[0]
        self.manifest = load_manifest(tree, folder)

    def home(self, path: str) -> str:
        """Return where the folder of a run is, or was."""
        return f"{self.base}/{path}" if self.base else path

    def check_tables(self) -> None:
        """Raise RecordError if a table is not the one that was packed."""
        for name in TABLES:
            self._content(f"{name}.parquet")

    def load_table(self, name: str, reader: ParquetReader, part: Part = EVERYTHING) -> pa.Table:
        """Return one of the tables as it lies in the pack. Raises RecordError."""
        table = self._load(f"{name}.parquet", packed_schema(name), reader, part)
        if "run" in table.column_names and not _are_below(
            table.column("run"), len(self.manifest.runs)
        ):
            raise self._wrong_runs()
        if name == "run" and table.num_rows != len(self.manifest.runs):
            raise self._wrong_runs()
        return table

    def load_runs(self, reader: ParquetReader) -> list[PackedRun]:
        """Return the runs in their order. Raises RecordError."""
        schema = pa.schema([each for each in DOCUMENTS_SCHEMA if each.name != "document"])
        table = self._load(DOCUMENTS, schema, reader, Part(columns=schema.names))
        columns = [table.column(name).to_pylist() for name in schema.names]
        runs = [PackedRun(*map(str, row)) for row in zip(*columns, strict=True)]
        if [run.path for run in runs] != self.manifest.runs:
            raise self._wrong_runs()
        return runs

    def load_points(self, numbers: Sequence[int], reader: ParquetReader) -> Iterator[pa.Table]:
        """Yield the points of some runs, each file's in a table. Raises RecordError."""
        wanted = set(numbers)
        for name, groups in self.manifest.groups.items():
            some = [
                place
                for place, (first, last) in enumerate(groups)
                if any(first <= number <= last for number in wanted)
            ]
            if some:
                yield self._load(name, POINTS_SCHEMA, reader, Part(groups=some))

    def _load(self, name: str, schema: pa.Schema, reader: ParquetReader, part: Part) -> pa.Table:
        location = self._tree.show(f"{self.folder}/{name}")
        content = self._content(name)
        table = reader.decode(content, where=location, max_cells=_MAX_CELLS, part=part)
        expected = pa.schema([schema.field(each) for each in part.columns or schema.names])
        if not table.schema.equals(expected, check_metadata=False):
            raise RecordError("has other columns than a pack", location=location)
        return table

    def _content(self, name: str) -> bytes:
        path = f"{self.folder}/{name}"
        content = self._tree.read(path)
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise RecordError("damaged: its checksum is wrong", location=self._tree.show(path))
        return content

    def _wrong_runs(self) -> RecordError:
        location = self._tree.show(self.folder)
        return RecordError("names runs that it does not hold", location=location)


def _are_below(numbers: pa.ChunkedArray, count: int) -> bool:
    """Tell whether all are numbers of so many runs."""
    import pyarrow.compute as pc  # 20 ms of CPU that a store without packs does without

    if not len(numbers):
        return True
    found = pc.min_max(numbers).as_py()
    return not numbers.null_count and bool(0 <= found["min"] <= found["max"] < count)
