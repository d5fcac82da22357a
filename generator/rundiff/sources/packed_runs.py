"""The packed runs of a tree, as much of them as is asked for.

Of 100,000 runs a selection names a few keys and chooses a few runs. So what it does not name stays
in the packs (``ReadOptions.asked``), and all that the chosen runs have is read once they are known.
The digests of all tables are looked at first, so that a damaged pack is left out whole, whatever is
asked for. A pack with credentials in it is read whole: the notice about them names all their keys.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import text_column
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.run_document import run_of
from rundiff.records.schemas import KEYED, SCHEMAS
from rundiff.records.strict_json import parse_json
from rundiff.sources.base import NOTHING_LEFT_OUT, LeftOut
from rundiff.sources.own_parquet import EVERYTHING, Part
from rundiff.sources.packed import ROW, TABLES
from rundiff.sources.rows import add_rows, points_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.records.tables import TableBuilder
    from rundiff.sources.packed import Pack, PackedRun
    from rundiff.sources.tree import Tree

Asked = frozenset[tuple[str, str]]
_OF_RUNS = tuple(name for name in TABLES if name not in ("run", "problem"))
# What a filter looks at, and what is counted.
_FACTS = ("run", "key", "type", "value", "number")
_SUMMARY = ("run", "key", "last", "points", "exact")


class _Member(NamedTuple):
    """A pack that was read: the code of its first run, and the folders of its runs."""

    pack: Pack
    first: int
    runs: pa.Table

    def path(self, number: int) -> str:
        folder, run_id = (self.runs.column(name)[number] for name in ("location", "run_id"))
        return f"{folder}/{run_id}"


class PackedRuns:
    """The packed runs of one tree: which there are, their rows and their points."""

    def __init__(self, tree: Tree, builder: TableBuilder) -> None:
        self._tree, self._builder = tree, builder
        self._members: list[_Member] = []
        self._metrics, self._points = 0, 0  # in the tables
        self.has_left_out = False

    def read(self, packs: Sequence[Pack], asked: Asked | None) -> None:
        """Read the rows that are asked for; a pack that cannot be read is a listed problem."""
        found: list[tuple[int, Mapping[str, pa.Table]]] = []
        if any(pack.manifest.has_credentials for pack in packs):
            asked = None
        for pack in packs:
            try:
                tables = dict(_tables(pack, asked))
            except RecordError as error:
                self._builder.add_problem(error.location, error.message, line=error.line)
                continue
            found.append((self._add_runs(pack, tables), tables))
        self.has_left_out = asked is not None and bool(found)
        self._add_rows(found)

    def read_rest(self, run_ids: Sequence[str]) -> None:
        """Replace the rows of packed runs by all rows of some. Raises RecordError."""
        found = []
        for member, names in self._by_pack(run_ids):
            pack = member.pack
            for number, path, document in pack.load_documents(names):
                location = self._tree.show(f"{pack.home(path)}/run.json")
                parsed = parse_json(document, location=location).value
                if path != member.path(number) or not isinstance(parsed, dict):
                    raise RecordError("not the document of this run", location=location)
                run_id = names[number]
                found.append((run_id, run_of(parsed, location=location, run_id=run_id)))
        self._builder.drop_columns()
        for run_id, record in found:
            add_rows(self._builder, record, run_id)
        counts = [each.points for _, record in found for each in record.summaries.values()]
        self._metrics, self._points = len(counts), sum(count or 0 for count in counts)

    def left_out(self) -> LeftOut:
        """Return how much there is that is not in the tables."""
        if not self.has_left_out:
            return NOTHING_LEFT_OUT
        manifests = [member.pack.manifest for member in self._members]
        counts = [manifest.points for manifest in manifests]
        points = sum(count for count in counts if count is not None) - self._points
        metrics = sum(manifest.metrics for manifest in manifests) - self._metrics
        return LeftOut(metrics, None if None in counts else points)

    def at(self, path: str) -> PackedRun | None:
        """Return the packed run whose own folder is, or was, at a path. Raises RecordError."""
        found = self._homes.get(path)
        if found is None:
            return None
        place, number = found
        if place not in self._loaded:
            self._loaded[place] = self._members[place].pack.load_runs()
        return self._loaded[place][number]

    def home(self, run_id: str) -> str | None:
        """Return the folder in which a packed run's artifacts are."""
        for member, names in self._by_pack([run_id]):
            return next(member.pack.home(member.path(number)) for number in names)
        return None

    def load_points(self, run_ids: Sequence[str]) -> Iterator[pa.Table]:
        """Yield ``metric_point`` rows of those of the runs that are packed. Raises RecordError."""
        for member, names in self._by_pack(run_ids):
            import pyarrow.compute as pc  # 20 ms of CPU that a store without packs does without

            for table in member.pack.load_points(names):
                numbers = table.column("run")
                for number, run_id in names.items():
                    own = table.filter(pc.equal(numbers, number)).select(POINTS.names)
                    if own.num_rows:
                        yield points_rows(run_id, own.cast(POINTS))

    @cached_property
    def _homes(self) -> dict[str, tuple[int, int]]:
        """Each run's folder: the places of its pack and of the run in it."""
        return {
            member.pack.home(member.path(number)): (place, number)
            for place, member in enumerate(self._members)
            for number in range(member.runs.num_rows)
        }

    @cached_property
    def _loaded(self) -> dict[int, list[PackedRun]]:
        return {}

    def _by_pack(self, run_ids: Sequence[str]) -> Iterator[tuple[_Member, dict[int, str]]]:
        """Yield the packs that some runs are in, and number → id of those."""
        codes = {self._builder.index(run_id): run_id for run_id in run_ids}
        for member in self._members:
            first, last = member.first, member.first + member.runs.num_rows
            names = {code - first: each for code, each in codes.items() if first <= code < last}
            if names:
                yield member, names

    def _add_runs(self, pack: Pack, tables: Mapping[str, pa.Table]) -> int:
        """Add the runs and problems of a pack, and return the code of its first run."""
        runs = tables["run"]
        ids = self._builder.add_runs(_canonical_runs(runs, self._tree.show(pack.home("-"))[:-1]))
        first = self._builder.index(ids[0]) if ids else 0
        self._members.append(_Member(pack, first, runs))
        for row in tables["problem"].to_pylist():
            location = self._tree.show(pack.home(str(row["location"])))
            self._builder.add_problem(
                location, row["message"], line=row["line"], severity=row["severity"]
            )
        return first

    def _add_rows(self, found: Sequence[tuple[int, Mapping[str, pa.Table]]]) -> None:
        """Add the rows of several packs as one: each dictionary is then made once."""
        import pyarrow.compute as pc

        for name in _OF_RUNS:
            parts = [(first, tables[name]) for first, tables in found if name in tables]
            if not parts:
                continue
            codes = pa.concat_arrays([_shifted(_array(part.column("run")), first)
                                      for first, part in parts])  # fmt: skip
            table = pa.concat_tables([part for _, part in parts])
            columns = {
                each: _as_canonical(_array(table.column(each)), SCHEMAS[name].field(each).type)
                for each in SCHEMAS[name].names
                if each in table.column_names
            }
            self._builder.add_columns(name, codes, columns)
            if name == "metric_summary":
                counts = table.column("points")
                self._metrics, self._points = len(counts), pc.sum(counts).as_py() or 0


def _tables(pack: Pack, asked: Asked | None) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables of a pack as far as they are asked for. Raises RecordError."""
    for name in TABLES:
        part = _part(name, asked)
        if part is None:
            pack.check_table(name)
            continue
        table = pack.load_table(name, part)
        yield name, table.sort_by(ROW.name) if ROW.name in table.column_names else table


def _part(name: str, asked: Asked | None) -> Part | None:
    """Return what is read of a table before runs are chosen; None: nothing."""
    if asked is None or name in ("run", "problem"):
        return EVERYTHING
    keys = sorted(key for table, key in asked if table == name)
    if not keys:
        return None
    if name == "dataset":
        return EVERYTHING
    columns = _FACTS if name in KEYED else _SUMMARY
    return Part(columns=columns, where=("key", keys))


def _canonical_runs(runs: pa.Table, shown: str) -> pa.Table:
    """Return the runs of a pack as canonical ones, which say where they are."""
    import pyarrow.compute as pc

    homes = _array(runs.column("location"))
    folders = text_column([shown + name for name in homes.dictionary.to_pylist()])
    folders = pa.DictionaryArray.from_arrays(homes.indices, folders).cast(pa.string())
    columns = {
        **{name: _array(runs.column(name)) for name in runs.column_names},
        "location": pc.binary_join_element_wise(folders, _array(runs.column("run_id")), "/"),
    }
    schema = SCHEMAS["run"]
    arrays = [_as_canonical(columns[each.name], each.type) for each in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _shifted(numbers: pa.Array, offset: int) -> pa.Array:
    import pyarrow.compute as pc

    return pc.add(numbers, pa.scalar(offset, pa.int32())) if offset else numbers


def _as_canonical(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    return values if values.type == kind else values.cast(kind)


def _array(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    found = column.combine_chunks()
    return found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)
