"""Joins what several sources gave into one set of canonical tables with unique run ids.

A run may be met twice: a store and its copy, a record and the tracker it was exported from. Two
runs with one id are one run when everything recorded of them is equal, apart from where it was
read; then the first stands and a notice says so. Otherwise both stand: the later one gets an id of
its own (``id~2``), both are shown as in conflict, and a problem names the two places. A table that
was exported from a store is no second run (``exports``). Silently
taking either one would compare a run with itself, or let a forged record shadow the baseline
(research/security.md, row 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.frozen import dataclass
from rundiff.records.arrays import column_of, mask_column
from rundiff.records.tables import SCHEMAS, Tables, empty_table, free_id
from rundiff.sources import exports
from rundiff.sources.discover import ProblemRow
from rundiff.sources.masking import mask_credentials, masking_notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.records.ordered_series import OrderedSeries
    from rundiff.sources.base import Batch
    from rundiff.sources.discover import Loaded

# Where a run was read says nothing about what it is; ``seq`` is an order within one source.
_NOT_CONTENT = frozenset({"run_id", "source", "location", "seq"})
_CONTENT_TABLES = tuple(name for name in SCHEMAS if name not in ("problem", "metric_point"))


class _Place(NamedTuple):
    """A run as its batch knows it."""

    batch: int
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRuns:
    """All runs read, with unique ids, and the way back to the batch that each came from."""

    tables: Tables
    problems: tuple[ProblemRow, ...]
    batches: tuple[Batch, ...]
    origin: Mapping[str, _Place]
    titles: Mapping[str, str]  # kind → its format's title
    has_unique_ids: bool = False  # nothing had to be settled

    def load_points(self, run_ids: Sequence[str]) -> tuple[pa.Table, tuple[ProblemRow, ...]]:
        """Return the metric points of some runs, and what was met while reading them."""
        tables: list[pa.Table] = []
        problems: list[ProblemRow] = []
        for batch, names in self._by_batch(run_ids):
            tables.append(_renamed(batch.load_points(list(names)), names))
            problems.extend(ProblemRow(*row) for row in batch.load_problems())
        return _joined("metric_point", tables), tuple(problems)

    def load_series(
        self, run_ids: Sequence[str]
    ) -> tuple[list[OrderedSeries], pa.Table, tuple[ProblemRow, ...]]:
        """Return the histories of some runs, and what was met while reading them.

        As series where they are in order already, the rest as points.
        """
        series: list[OrderedSeries] = []
        tables: list[pa.Table] = []
        problems: list[ProblemRow] = []
        for batch, names in self._by_batch(run_ids):
            ids = list(names)
            if batch.load_series is None:
                points = batch.load_points(ids)
            else:
                found, points = batch.load_series(ids)
                series.extend(replace(each, run_id=names[each.run_id]) for each in found)
            tables.append(_renamed(points, names))
            problems.extend(ProblemRow(*row) for row in batch.load_problems())
        return series, _joined("metric_point", tables), tuple(problems)

    def _by_batch(self, run_ids: Sequence[str]) -> Iterator[tuple[Batch, dict[str, str]]]:
        """Yield the batches that the runs are of: their id there → their id here."""
        for number, batch in enumerate(self.batches):
            places = {run_id: self.origin[run_id] for run_id in run_ids}
            names = {at.run_id: run_id for run_id, at in places.items() if at.batch == number}
            if names:
                yield batch, names

    def load_artifact(self, run_id: str, path: str, limit: int) -> bytes | None:
        """Return an artifact's bytes; None when it is larger than the limit or cannot be had."""
        at = self.origin[run_id]
        return self.batches[at.batch].load_artifact(at.run_id, path, limit)


def merge_batches(loaded: Loaded) -> MergedRuns:
    """Join batches into one set of tables; settles which runs with one id are one run."""
    batch_of: dict[str, int] = {}
    for number, batch in enumerate(loaded.batches):
        batch_of |= dict.fromkeys(batch.tables.run_ids, number)
    found = sum(batch.tables["run"].num_rows for batch in loaded.batches)
    if found == len(batch_of) and not any(batch.tables.recorded_ids for batch in loaded.batches):
        nothing = _Settled({}, frozenset(), ())
        return _merged(loaded, nothing, _OwnPlaces(batch_of), has_unique_ids=True)
    settled = _settle(loaded.batches)
    origin = {unique: at for at, unique in settled.names.items() if unique is not None}
    return _merged(loaded, settled, origin, has_unique_ids=False)


def merge_more(merged: MergedRuns, loaded: Loaded) -> MergedRuns:
    """Join batches that hold more rows of the same runs, all of which have ids of their own."""
    nothing = _Settled({}, frozenset(), ())
    return _merged(loaded, nothing, merged.origin, has_unique_ids=True)


def _merged(
    loaded: Loaded, settled: _Settled, origin: Mapping[str, _Place], *, has_unique_ids: bool
) -> MergedRuns:
    changed = settled.changed()
    by_name: dict[str, pa.Table] = {}
    for name in SCHEMAS:
        parts = [batch.tables[name] for batch in loaded.batches]
        if name != "problem":
            parts = [_renamed(part, changed.get(at, {})) for at, part in enumerate(parts)]
        by_name[name] = _joined(name, parts)
    if settled.conflicts:
        by_name["run"] = _marked(by_name["run"], settled.conflicts)
    listed = [ProblemRow(**row) for row in by_name["problem"].to_pylist()]
    shown, places = mask_credentials(by_name)
    if places:
        listed.append(ProblemRow("", None, "notice", masking_notice(places)))
    return MergedRuns(
        tables=Tables(by_name=shown),
        problems=(*loaded.problems, *listed, *settled.problems),
        batches=loaded.batches,
        titles=loaded.titles,
        origin=origin,
        has_unique_ids=has_unique_ids,
    )


class _OwnPlaces(Mapping[str, _Place]):
    """The places of runs whose ids are what they are in their batches; made when asked for."""

    def __init__(self, batch_of: dict[str, int]) -> None:
        self._batch_of = batch_of

    def __getitem__(self, run_id: str) -> _Place:
        return _Place(self._batch_of[run_id], run_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._batch_of)

    def __len__(self) -> int:
        return len(self._batch_of)


class _Settled(NamedTuple):
    """The id of each run read (None: a copy of an earlier one), and what there is to say."""

    names: Mapping[_Place, str | None]
    conflicts: frozenset[str]
    problems: tuple[ProblemRow, ...]

    def changed(self) -> dict[int, dict[str, str | None]]:
        """Return the runs whose id changes, by batch: their id there → their id here."""
        found: dict[int, dict[str, str | None]] = {}
        for at, unique in self.names.items():
            if unique != at.run_id:
                found.setdefault(at.batch, {})[at.run_id] = unique
        return found


def _settle(batches: Sequence[Batch]) -> _Settled:
    claimed: dict[str, list[_Place]] = {}
    for number, batch in enumerate(batches):
        recorded = batch.tables.recorded_ids
        for run_id in batch.tables.run_ids:
            claimed.setdefault(recorded.get(run_id, run_id), []).append(_Place(number, run_id))
    settled: dict[_Place, str | None] = {}
    shared = {run_id: places for run_id, places in claimed.items() if len(places) > 1}
    taken = set(claimed)
    conflicts: set[str] = set()
    said: list[ProblemRow | list[_Copy]] = []
    copies: dict[tuple[int, int], list[_Copy]] = {}
    runs = _RunContents(batches, [place for places in shared.values() for place in places])
    for run_id, places in claimed.items():
        kept: list[_Place] = []
        for place in sorted(places, key=lambda place: batches[place.batch].kind == exports.KIND):
            twin = next((other for other in kept if runs.are_one(place, other)), None)
            if twin is not None:
                settled[place] = None
                met = copies.get((place.batch, twin.batch))
                if met is None or place.batch == twin.batch:
                    met = copies[place.batch, twin.batch] = []
                    said.append(met)
                met.append(_Copy(run_id, place, twin))
                continue
            unique = free_id(run_id, taken) if kept else run_id
            if kept:
                taken.add(unique)
                conflicts.update((run_id, unique))
                said.append(runs.conflict(run_id, unique, place, kept[0]))
            kept.append(place)
            settled[place] = unique
    problems = [runs.copy_notice(each) if isinstance(each, list) else each for each in said]
    return _Settled(settled, frozenset(conflicts), tuple(problems))


class _Copy(NamedTuple):
    """A run met again, and where it was met first."""

    run_id: str
    place: _Place
    twin: _Place


class _RunContents:
    """What is recorded of the runs that share an id, for telling copies from conflicts."""

    def __init__(self, batches: Sequence[Batch], places: Sequence[_Place]) -> None:
        self._rows: dict[_Place, list[str]] = {place: [] for place in places}
        self._location: dict[_Place, str] = {}
        self._facts: dict[_Place, exports.Facts] = {}
        self._batches = batches
        for number, batch in enumerate(batches):
            ids = [place.run_id for place in places if place.batch == number]
            if not ids:
                continue
            tables = {name: batch.tables[name] for name in _CONTENT_TABLES}
            tables["metric_point"] = batch.load_points(ids)
            for run_id, facts in exports.facts_of(batch, ids).items():
                self._facts[_Place(number, run_id)] = facts
            for name, table in tables.items():
                self._collect(number, name, _rows_of(table, set(ids)))

    def _collect(self, number: int, name: str, rows: Iterable[Mapping[str, object]]) -> None:
        for row in rows:
            place = _Place(number, str(row["run_id"]))
            content = {key: cell for key, cell in row.items() if key not in _NOT_CONTENT}
            self._rows[place].append(f"{name} {content!r}")
            if name == "run":
                self._location[place] = str(row["location"] or "")

    def are_one(self, one: _Place, other: _Place) -> bool:
        """Tell whether two have the same content, in whatever order, or one is an export."""
        if sorted(self._rows[one]) == sorted(self._rows[other]):
            return True
        kinds = self._batches[one.batch].kind, self._batches[other.batch].kind
        is_table = kinds[0] == exports.KIND != kinds[1]
        return is_table and exports.is_export(self._facts[one], self._facts[other])

    def copy_notice(self, copies: Sequence[_Copy]) -> ProblemRow:
        """Say that runs of one source were met in another before."""
        run_id, place, twin = copies[0]
        kinds = self._batches[place.batch].kind, self._batches[twin.batch].kind
        agreement = "with equal content" if kinds[0] == kinds[1] or exports.KIND not in kinds else (
            "which knows more")  # fmt: skip
        what = f"run {run_id!r} is" if len(copies) == 1 else f"{len(copies):,} runs are"
        where = self._where(twin) if len(copies) == 1 else self._batches[twin.batch].location
        message = f"{what} also in {where}, {agreement}; taken once"
        return ProblemRow(self._location[place], None, "notice", message)

    def conflict(self, run_id: str, unique: str, place: _Place, first: _Place) -> ProblemRow:
        """Say that two different runs carry one id."""
        message = (
            f"run id {run_id!r} is also that of a different run in {self._where(first)}; "
            f"both are kept, this one as {unique!r}"
        )
        return ProblemRow(self._location[place], None, "error", message)

    def _where(self, place: _Place) -> str:
        return self._location[place] or "the same source"


def _rows_of(table: pa.Table, run_ids: set[str]) -> list[dict[str, object]]:
    keep = [run_id in run_ids for run_id in table.column("run_id").to_pylist()]
    rows: list[dict[str, object]] = table.filter(mask_column(keep)).to_pylist()
    return rows


def _renamed(table: pa.Table, names: Mapping[str, str | None]) -> pa.Table:
    """Return a table with other ids for some runs, without the rows of those that get None."""
    if all(unique == run_id for run_id, unique in names.items()):
        return table
    place = table.schema.get_field_index("run_id")
    ids = [names.get(run_id, run_id) for run_id in table.column(place).to_pylist()]
    renamed = table.set_column(place, table.schema.field(place), _id_column(ids, table.schema))
    return renamed if None not in ids else renamed.filter(mask_column([i is not None for i in ids]))


def _marked(runs: pa.Table, conflicts: frozenset[str]) -> pa.Table:
    """Return the runs with the state of those in conflict set."""
    place = runs.schema.get_field_index("state")
    states = [
        "conflict" if run_id in conflicts else state
        for run_id, state in zip(
            runs.column("run_id").to_pylist(), runs.column(place).to_pylist(), strict=True
        )
    ]
    return runs.set_column(place, runs.schema.field(place), column_of(states, pa.string()))


def _id_column(ids: Sequence[str | None], schema: pa.Schema) -> pa.Array:
    if not pa.types.is_dictionary(schema.field("run_id").type):
        return column_of(ids, pa.string())
    codes: dict[str, int] = {}
    indices = [None if run_id is None else codes.setdefault(run_id, len(codes)) for run_id in ids]
    return pa.DictionaryArray.from_arrays(
        column_of(indices, pa.int32()), column_of(list(codes), pa.string())
    )


def _joined(name: str, tables: Sequence[pa.Table]) -> pa.Table:
    filled = [table for table in tables if table.num_rows]
    if not filled:
        return empty_table(name)
    return filled[0] if len(filled) == 1 else pa.concat_tables(filled)
