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
from rundiff.records.arrays import array_of, cells_of, scalar_of, text_column
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.run_document import run_of
from rundiff.records.run_ids import free_id
from rundiff.records.schemas import SCHEMAS
from rundiff.records.strict_json import parse_json
from rundiff.records.tables import TableBuilder, Tables
from rundiff.sources.base import NOTHING_LEFT_OUT, LeftOut
from rundiff.sources.pack_pieces import MOST_OF_POINTS, MOST_OF_RUNS, decode_each
from rundiff.sources.packed import TABLES, Pack
from rundiff.sources.packed_tables import (
    are_different,
    canonical_rows,
    canonical_runs,
    load_packs,
)
from rundiff.sources.rows import add_rows, points_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.sources.pack_pieces import Piece
    from rundiff.sources.packed import PackedRun
    from rundiff.sources.packed_tables import Asked
    from rundiff.sources.tree import Tree

_OF_RUNS = tuple(name for name in TABLES if name not in ("run", "problem"))


class _Member(NamedTuple):
    """A pack that was read: the place of its first run among all, and the folders of its runs."""

    pack: Pack
    first: int
    runs: pa.Table

    @property
    def end(self) -> int:
        return self.first + self.pack.manifest.runs

    def path(self, number: int) -> str:
        return "/".join(column[number].as_py() for column in self.runs.columns)

    def homes(self) -> Iterator[str]:
        paths = zip(*map(cells_of, self.runs.columns), strict=True)
        return (self.pack.home("/".join(path)) for path in paths)


class PackedRuns:
    """The packed runs of one tree: which there are, their rows and their points.

    As a container it holds their ids.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._members: list[_Member] = []
        self._ids = text_column(())
        self._recorded_ids: dict[str, str] = {}
        self._tables: dict[str, pa.Table] = {}
        self.has_left_out = False

    def read(self, folders: Sequence[str], asked: Asked | None) -> None:
        """Read the rows that are asked for; a pack that cannot be read is a listed problem."""
        met = TableBuilder()
        packs = []
        for folder in folders:
            try:
                packs.append(Pack(self._tree, folder))
            except RecordError as error:
                met.add_problem(error.location, error.message, line=error.line)
        if any(pack.manifest.has_credentials for pack in packs):
            asked = None
        found: list[Mapping[str, pa.Table]] = []
        first = 0
        for pack, tables in load_packs(packs, asked):
            if isinstance(tables, RecordError):
                met.add_problem(tables.location, tables.message, line=tables.line)
                continue
            found.append(tables)
            runs = tables["run"].select(["location", "run_id"])
            self._members.append(_Member(pack, first, runs))
            first += pack.manifest.runs
            for row in tables["problem"].to_pylist():
                location = self._tree.show(pack.home(str(row["location"])))
                met.add_problem(
                    location, row["message"], line=row["line"], severity=row["severity"]
                )
        self.has_left_out = asked is not None and bool(self._members)
        if folders:
            self._tables = dict(met.build().by_name)
        if self._members:
            self._join(found)

    def read_rest(self, run_ids: Sequence[str]) -> None:
        """Replace the rows of packed runs by all rows of some. Raises RecordError."""
        rest = TableBuilder()
        wanted = (
            ((member, names, rows), piece)
            for member, names in self._by_pack(run_ids)
            for rows, piece in member.pack.document_pieces(names)
        )
        for (member, names, rows), table in decode_each(wanted, MOST_OF_RUNS):
            if isinstance(table, RecordError):
                raise table
            for number, path, document in member.pack.documents_in(table, rows):
                location = self._tree.show(f"{member.pack.home(path)}/run.json")
                parsed = parse_json(document, location=location).value
                if path != member.path(number) or not isinstance(parsed, dict):
                    raise RecordError("not the document of this run", location=location)
                run_id = names[number]
                add_rows(rest, run_of(parsed, location=location, run_id=run_id), run_id)
        tables = rest.build()
        self._tables |= {name: tables[name] for name in _OF_RUNS}

    def before(self, others: Tables) -> Tables:
        """Return the rows of packed runs, and then those of others, whose ids are none of these."""
        if not self._tables:
            return others
        by_name = {
            name: pa.concat_tables([table, others[name]]) for name, table in self._tables.items()
        }
        return Tables(by_name=by_name, recorded_ids={**self._recorded_ids, **others.recorded_ids})

    def left_out(self) -> LeftOut:
        """Return how much there is that is not in the tables."""
        if not self.has_left_out:
            return NOTHING_LEFT_OUT
        import pyarrow.compute as pc

        read = self._tables["metric_summary"].column("points")
        manifests = [member.pack.manifest for member in self._members]
        counts = [manifest.points for manifest in manifests]
        points = sum(count for count in counts if count is not None) - (pc.sum(read).as_py() or 0)
        metrics = sum(manifest.metrics for manifest in manifests) - len(read)
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
        at = self._places.get(run_id, -1)
        homes = (
            member.pack.home(member.path(at - member.first))
            for member in self._members
            if member.first <= at < member.end
        )
        return next(homes, None)

    def load_points(self, run_ids: Sequence[str]) -> Iterator[pa.Table | RecordError]:
        """Yield ``metric_point`` rows of those of the runs that are packed.

        An error stands for those of a file that cannot be read.
        """
        for names, table in self._decoded_points(run_ids):
            if isinstance(table, RecordError):
                yield table
                continue
            import pyarrow.compute as pc  # 20 ms of CPU that a store without packs does without

            numbers = table.column("run")
            for number, run_id in names.items():
                own = table.filter(pc.equal(numbers, scalar_of(number, pa.int32()))).select(
                    POINTS.names
                )
                if own.num_rows:
                    yield points_rows(run_id, own.cast(POINTS))

    def _decoded_points(
        self, run_ids: Sequence[str]
    ) -> Iterator[tuple[Mapping[int, str], pa.Table | RecordError]]:
        for (pack, name, names), table in decode_each(self._points(run_ids), MOST_OF_POINTS):
            if not isinstance(table, RecordError):
                try:
                    pack.check_points(name, table)
                except RecordError as error:
                    yield names, error
                    continue
            yield names, table

    def _points(
        self, run_ids: Sequence[str]
    ) -> Iterator[tuple[tuple[Pack, str, Mapping[int, str]], Piece | RecordError]]:
        for member, names in self._by_pack(run_ids):
            for name, groups in member.pack.points_groups(names):
                owner = (member.pack, name, names)
                try:
                    yield owner, member.pack.points_piece(name, groups)
                except RecordError as error:
                    yield owner, error

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._places

    @cached_property
    def _places(self) -> dict[str, int]:
        return {run_id: at for at, run_id in enumerate(self._ids.to_pylist())}

    @cached_property
    def _homes(self) -> dict[str, tuple[int, int]]:
        """Each run's folder: the places of its pack and of the run in it."""
        return {
            home: (place, number)
            for place, member in enumerate(self._members)
            for number, home in enumerate(member.homes())
        }

    @cached_property
    def _loaded(self) -> dict[int, list[PackedRun]]:
        return {}

    def _by_pack(self, run_ids: Sequence[str]) -> Iterator[tuple[_Member, dict[int, str]]]:
        """Yield the packs that some runs are in, and number → id of those."""
        if not self._members:
            return
        import pyarrow.compute as pc

        found = pc.index_in(self._ids, value_set=text_column(run_ids))
        places = pc.indices_nonzero(found.is_valid()).to_pylist()
        named = {at: run_ids[found[at].as_py()] for at in places}
        for member in self._members:
            first = member.first
            names = {at - first: run_id for at, run_id in named.items() if first <= at < member.end}
            if names:
                yield member, names

    def _join(self, found: Sequence[Mapping[str, pa.Table]]) -> None:
        """Join what the packs hold into canonical tables: each dictionary is then made once."""
        runs = canonical_runs(
            [tables["run"] for tables in found],
            [self._tree.show(member.pack.home("-"))[:-1] for member in self._members],
        )
        self._ids = array_of(runs.column("run_id"))
        if not are_different([tables["run"].column("run_id") for tables in found]):
            runs = runs.set_column(0, SCHEMAS["run"].field("run_id"), self._settled_ids())
        self._tables["run"] = runs
        for name in _OF_RUNS:
            parts = [
                (member.first, tables[name])
                for member, tables in zip(self._members, found, strict=True)
                if name in tables
            ]
            self._tables[name] = canonical_rows(name, self._ids, parts)

    def _settled_ids(self) -> pa.Array:
        """Have each run get an id that no earlier one has, as ``TableBuilder.add_run`` does."""
        settled: dict[str, None] = {}
        for run_id in self._ids.to_pylist():
            unique = free_id(run_id, settled)
            if unique != run_id:
                self._recorded_ids[unique] = run_id
            settled[unique] = None
        self._ids = text_column(list(settled))
        return self._ids
