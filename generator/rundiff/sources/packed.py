"""Packed runs: many runs of a store joined into one folder of a few Parquet files.

    <store>/packed-<digest>/
      rundiff-pack.json        how many runs, where their points are, each file's SHA-256
      runs.json                the folders of the runs, for whoever wants to resume one
      run.parquet              the runs, in the order of their folders
      <table>.parquet          the other canonical tables; those of typed values and of metrics are
                               sorted by key, a row group for some thousands of rows
      documents-0000.parquet   a thousand runs: what each was made from, and its run.json byte for
                               byte
      points-0000.parquet      (run, key, step, time, value, seq) in this order

The folder appears by one rename, whole, and is named for the digest of its manifest; that rename is
what makes its runs packed. A run's own folder that is still there afterwards, because removing was
cut short, is recognised as what was packed (same nonce, same segments) and left out.

Tables and documents say the same. A selection is made by the tables: of 100,000 runs it reads the
keys that it names, which lie together. All that a few runs have is taken from their documents, all
that all runs have from the tables, which saves parsing. A ``run`` is a number there, the run's
place, and ``row`` the row's place before sorting. Row groups of points end where a run ends,
where they can. All of it is decoded in this process (``own_parquet``).
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.schemas import KEYED, SCHEMAS
from rundiff.records.strict_json import parse_json
from rundiff.sources.own_parquet import EVERYTHING, Part, check_own
from rundiff.sources.pack_checks import what_is_wrong
from rundiff.sources.pack_manifest import load_manifest
from rundiff.sources.pack_pieces import Piece, decode_piece, piece_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rundiff.records.run import RunRecord
    from rundiff.sources.tree import Tree

RUNS = "runs.json"
HIDDEN = ".packing-"  # how the folder of a pack begins that is not whole yet, or not any more
NUMBERED, ROW = pa.field("run", pa.int32()), pa.field("row", pa.int32())
TEXT = pa.dictionary(pa.int32(), pa.string())
POINTS_SCHEMA = pa.schema([NUMBERED, POINTS.field("key").with_type(TEXT), *list(POINTS)[1:]])
DOCUMENTS_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("identity", pa.string()),
        ("sha256", pa.string()),  # of its run.json
        ("metrics", pa.string()),  # SHA-256 of its metrics.parquet, "" if it has no points
        ("document", pa.binary()),
    ]
)
DOCUMENTS_RUNS, DOCUMENTS_ROWS = 1_000, 100  # of a file, and of a row group in it
TABLES = tuple(name for name in SCHEMAS if name != "metric_point")
BY_KEY = (*KEYED, "metric_summary")
_UNIQUE = frozenset({"run_id", "name"})  # texts of which each run has its own
_RUN_PATH = re.compile(r"(?!\.\.?/)[^/\0]+/(?!\.\.?\Z)[^/\0]+\Z")


class PackedRun(NamedTuple):
    """One run of a pack: its folder, and the digests of what it was made from and of its files."""

    path: str
    identity: str
    document: str
    metrics: str


def packed_schema(table: str) -> pa.Schema:
    """Return the columns of a canonical table in a pack: numbers in place of run ids.

    The ``location`` of a run is the name of the folder that its own is in.
    """
    schema = pa.schema([_packed_field(each, table) for each in SCHEMAS[table]])
    if table in BY_KEY:
        schema = schema.append(ROW)
    if table == "run" or "run_id" not in schema.names:
        return schema
    return schema.set(schema.get_field_index("run_id"), NUMBERED)


def _packed_field(field: pa.Field, table: str) -> pa.Field:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    is_own = table == "run" and field.name in _UNIQUE
    return field.with_type(TEXT if pa.types.is_string(kind) and not is_own else kind)


def identity_of(record: RunRecord) -> str:
    """Return what tells a run's record from any other: its nonce and what it was made from."""
    made_of = [record.run_id, record.nonce, [list(segment) for segment in record.segments]]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


def documents_name(place: int) -> str:
    """Return the name of a file of documents."""
    return f"documents-{place:04d}.parquet"


class Pack:
    """One pack of a tree, read table by table."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self.folder = folder
        self.base = folder.rpartition("/")[0]
        self.location = tree.show(folder)
        self.manifest = load_manifest(tree, folder)

    def home(self, path: str) -> str:
        """Return where the folder of a run is, or was."""
        return f"{self.base}/{path}" if self.base else path

    def check_table(self, name: str) -> None:
        """Raise RecordError if a table is not the one that was packed, or has other columns."""
        content = self._content(f"{name}.parquet")
        try:
            check_own(content, packed_schema(name))
        except ValueError as error:
            raise RecordError(str(error), location=self._shown(f"{name}.parquet")) from error

    def load_table(self, name: str) -> pa.Table:
        """Return one of the tables as it lies in the pack. Raises RecordError."""
        table = decode_piece(self.table_piece(name, EVERYTHING))
        self.check_rows(name, table)
        return table

    def table_piece(self, name: str, part: Part) -> Piece:
        """Return what is wanted of one of the tables. Raises RecordError."""
        return self._piece(f"{name}.parquet", packed_schema(name), part)

    def check_rows(self, name: str, table: pa.Table) -> None:
        """Raise RecordError if rows of a table cannot be those of the pack's runs."""
        wrong = what_is_wrong(name, table, self.manifest.runs)
        if wrong:
            raise RecordError(wrong, location=self._shown(f"{name}.parquet"))

    def load_runs(self) -> list[PackedRun]:
        """Return the runs in their order. Raises RecordError."""
        columns = [name for name in DOCUMENTS_SCHEMA.names if name != "document"]
        runs = [
            PackedRun(*map(str, row))
            for place in range(-(-self.manifest.runs // DOCUMENTS_RUNS))
            for row in self._rows(documents_name(place), DOCUMENTS_SCHEMA, columns)
        ]
        if len(runs) != self.manifest.runs or not all(_RUN_PATH.match(run.path) for run in runs):
            raise self._wrong_runs()
        return runs

    def load_names(self) -> object:
        """Return the folders of the runs as they are listed for others. Raises RecordError."""
        location = self._tree.show(f"{self.folder}/{RUNS}")
        return parse_json(self._content(RUNS), location=location).value

    def load_documents(self, numbers: Iterable[int]) -> Iterator[tuple[int, str, bytes]]:
        """Yield (number, folder, run.json) of some runs in their order. Raises RecordError."""
        for rows, piece in self.document_pieces(numbers):
            yield from self.documents_in(decode_piece(piece), rows)

    def document_pieces(self, numbers: Iterable[int]) -> Iterator[tuple[dict[int, int], Piece]]:
        """Yield the documents of some runs, and in which row each run's is. Raises RecordError."""
        wanted: dict[int, dict[int, list[int]]] = {}  # by file and row group
        for number in sorted(numbers):
            file, place = divmod(number, DOCUMENTS_RUNS)
            group = place // DOCUMENTS_ROWS
            wanted.setdefault(file, {}).setdefault(group, []).append(number)
        for file, groups in wanted.items():
            rows: dict[int, int] = {}
            start = 0
            for group, some in groups.items():
                first = file * DOCUMENTS_RUNS + group * DOCUMENTS_ROWS
                rows |= {number: start + number - first for number in some}
                start += min(DOCUMENTS_ROWS, self.manifest.runs - first)
            part = Part(columns=["path", "document"], groups=list(groups))
            yield rows, self._piece(documents_name(file), DOCUMENTS_SCHEMA, part)

    def documents_in(
        self, table: pa.Table, rows: Mapping[int, int]
    ) -> Iterator[tuple[int, str, bytes]]:
        """Yield (number, folder, run.json) of runs, each in its row. Raises RecordError."""
        paths, documents = table.columns
        if paths.null_count or documents.null_count:
            raise self._wrong_runs()
        try:
            for number, row in rows.items():
                yield number, paths[row].as_py(), documents[row].as_py()
        except IndexError:
            raise self._wrong_runs() from None

    def load_points(self, numbers: Iterable[int]) -> Iterator[pa.Table]:
        """Yield the points of some runs, each file's in a table. Raises RecordError."""
        for name, groups in self.points_groups(numbers):
            table = decode_piece(self.points_piece(name, groups))
            self.check_points(name, table)
            yield table

    def check_points(self, name: str, table: pa.Table) -> None:
        """Raise RecordError if rows of a file cannot be points of the pack's runs."""
        wrong = what_is_wrong("metric_point", table, self.manifest.runs)
        if wrong:
            raise RecordError(wrong, location=self._shown(name))

    def points_groups(self, numbers: Iterable[int]) -> Iterator[tuple[str, list[int]]]:
        """Yield each file with points of some runs, and its row groups that hold them."""
        wanted = sorted(numbers)
        for name, groups in self.manifest.groups.items():
            some = [
                place
                for place, (first, last) in enumerate(groups)
                if bisect_left(wanted, first) < bisect_right(wanted, last)
            ]
            if some:
                yield name, some

    def points_piece(self, name: str, groups: Sequence[int]) -> Piece:
        """Return some row groups of a file of points. Raises RecordError."""
        return self._piece(name, POINTS_SCHEMA, Part(groups=groups))

    def _piece(self, name: str, schema: pa.Schema, part: Part) -> Piece:
        return piece_of(self._content(name), self._shown(name), schema, part)

    def _rows(
        self, name: str, schema: pa.Schema, columns: Sequence[str]
    ) -> Iterator[tuple[object, ...]]:
        table = decode_piece(self._piece(name, schema, Part(columns=columns)))
        return zip(*(column.to_pylist() for column in table.columns), strict=True)

    def _content(self, name: str) -> bytes:
        content = self._tree.read(f"{self.folder}/{name}")
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise RecordError("damaged: its checksum is wrong", location=self._shown(name))
        return content

    def _shown(self, name: str) -> str:
        return self._tree.show(f"{self.folder}/{name}")

    def _wrong_runs(self) -> RecordError:
        return RecordError("names runs that it does not hold", location=self.location)
