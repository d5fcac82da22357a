"""The packed runs of a tree, as much of them as is asked for.

Of 100,000 runs a selection names a few keys and chooses a few runs. So what it does not name stays
in the packs (``ReadOptions.asked``), and all that the chosen runs have is read once they are known.
The digests of all tables are looked at first, so that a damaged pack is left out whole, whatever is
asked for. A pack with credentials in it is read whole: the notice about them names all their keys.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import text_column
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.tables import KEYED, SCHEMAS
from rundiff.sources.base import NOTHING_LEFT_OUT, LeftOut
from rundiff.sources.packed import TABLES, packed_schema
from rundiff.sources.parquet import EVERYTHING, ParquetReader, Part
from rundiff.sources.rows import points_rows

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


class PackedRuns:
    """The packed runs of one tree: which there are, their rows and their points."""

    def __init__(self, tree: Tree, builder: TableBuilder) -> None:
        self._tree, self._builder = tree, builder
        self._reader = ParquetReader()  # one child for all that is read of packs, now and later
        self._packs: list[tuple[Pack, int]] = []  # and the code of its first run
        self._metrics, self._points = 0, 0  # in the tables
        self.has_left_out = False

    def read(self, packs: Sequence[Pack], asked: Asked | None) -> None:
        """Read the rows that are asked for; a pack that cannot be read is a listed problem."""
        found: list[tuple[int, Mapping[str, pa.Table]]] = []
        if any(pack.manifest.has_credentials for pack in packs):
            asked = None
        for pack in packs:
            try:
                pack.check_tables()
                tables = {
                    name: pack.load_table(name, self._reader, part)
                    for name in TABLES
                    if (part := _part(name, asked)) is not None
                }
            except RecordError as error:
                self._builder.add_problem(error.location, error.message, line=error.line)
                continue
            found.append((self._add_runs(pack, tables), tables))
        self.has_left_out = asked is not None and bool(found)
        self._add_rows(found)

    def read_rest(self, run_ids: Sequence[str]) -> None:
        """Replace the rows of packed runs by all rows of some. Raises RecordError."""
        found: list[tuple[int, Mapping[str, pa.Table]]] = []
        for pack, first, numbers in self._by_pack(run_ids):
            tables = {}
            for name in _OF_RUNS:
                part = Part(columns=packed_schema(name).names, where=("run", sorted(numbers)))
                are_all = len(numbers) == len(pack.manifest.runs)
                tables[name] = pack.load_table(name, self._reader, EVERYTHING if are_all else part)
            found.append((first, tables))
        self._builder.drop_columns()
        self._add_rows(found)

    def left_out(self) -> LeftOut:
        """Return how much there is that is not in the tables."""
        if not self.has_left_out:
            return NOTHING_LEFT_OUT
        counts = [pack.manifest.points for pack, _ in self._packs]
        points = sum(count for count in counts if count is not None) - self._points
        metrics = sum(pack.manifest.metrics for pack, _ in self._packs) - self._metrics
        return LeftOut(metrics, None if None in counts else points)

    def at(self, path: str) -> PackedRun | None:
        """Return the packed run whose own folder is, or was, at a path. Raises RecordError."""
        found = self._homes.get(path)
        if found is None:
            return None
        place, number = found
        if place not in self._loaded:
            self._loaded[place] = self._packs[place][0].load_runs(self._reader)
        return self._loaded[place][number]

    def home(self, run_id: str) -> str | None:
        """Return the folder in which a packed run's artifacts are."""
        for pack, _, numbers in self._by_pack([run_id]):
            return next(pack.home(pack.manifest.runs[number]) for number in numbers)
        return None

    def load_points(self, run_ids: Sequence[str]) -> Iterator[pa.Table]:
        """Yield ``metric_point`` rows of those of the runs that are packed. Raises RecordError."""
        for pack, _, names in self._by_pack(run_ids):
            import pyarrow.compute as pc  # 20 ms of CPU that a store without packs does without

            for table in pack.load_points(list(names), self._reader):
                numbers = table.column("run")
                for number, run_id in names.items():
                    own = table.filter(pc.equal(numbers, number)).select(POINTS.names)
                    if own.num_rows:
                        yield points_rows(run_id, own)

    @cached_property
    def _homes(self) -> dict[str, tuple[int, int]]:
        """Each run's folder: the places of its pack and of the run in it."""
        return {
            pack.home(path): (place, number)
            for place, (pack, _) in enumerate(self._packs)
            for number, path in enumerate(pack.manifest.runs)
        }

    @cached_property
    def _loaded(self) -> dict[int, list[PackedRun]]:
        return {}

    def _by_pack(self, run_ids: Sequence[str]) -> Iterator[tuple[Pack, int, dict[int, str]]]:
        """Yield the packs that some runs are in, the code of its first run, and number → id."""
        codes = {self._builder.index(run_id): run_id for run_id in run_ids}
        for pack, first in self._packs:
            last = first + len(pack.manifest.runs)
            names = {code - first: each for code, each in codes.items() if first <= code < last}
            if names:
                yield pack, first, names

    def _add_runs(self, pack: Pack, tables: Mapping[str, pa.Table]) -> int:
        """Add the runs and problems of a pack, and return the code of its first run."""
        runs = tables["run"]
        folder = self._tree.show(pack.home("-"))[:-1]
        shown = text_column([folder + path for path in pack.manifest.runs])
        at = runs.column_names.index("location")
        ids = self._builder.add_runs(runs.set_column(at, SCHEMAS["run"].field("location"), shown))
        first = self._builder.index(ids[0]) if ids else 0
        self._packs.append((pack, first))
        for row in tables["problem"].to_pylist():
            location = self._tree.show(pack.home(str(row["location"])))
            self._builder.add_problem(
                location, row["message"], line=row["line"], severity=row["severity"]
            )
        return first

    def _add_rows(self, found: Sequence[tuple[int, Mapping[str, pa.Table]]]) -> None:
        """Add the rows of several packs as one: each dictionary is then made once."""
        for name in _OF_RUNS:
            parts = [(first, tables[name]) for first, tables in found if name in tables]
            if not parts:
                continue
            codes = pa.concat_arrays([_shifted(_array(part.column("run")), first)
                                      for first, part in parts])  # fmt: skip
            table = pa.concat_tables([part for _, part in parts])
            columns = {
                each: _as_canonical(_array(table.column(each)), SCHEMAS[name].field(each).type)
                for each in table.column_names[1:]
            }
            self._builder.add_columns(name, codes, columns)
            if name == "metric_summary":
                counts = table.column("points").to_pylist()
                self._metrics, self._points = len(counts), sum(count or 0 for count in counts)


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
