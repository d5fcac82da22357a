"""Settles which of the runs that several sources gave are one run.

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
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.records.arrays import cells_of
from rundiff.records.run_ids import free_id
from rundiff.records.schemas import SCHEMAS
from rundiff.sources import exports
from rundiff.sources.discover import ProblemRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.sources.base import Batch

# Where a run was read says nothing about what it is; ``seq`` is an order within one source.
_NOT_CONTENT = frozenset({"run_id", "source", "location", "seq"})
_ROWS_AT_ONCE = 1 << 16
_CONTENT_TABLES = tuple(name for name in SCHEMAS if name not in ("problem", "metric_point"))


class Place(NamedTuple):
    """A run as its batch knows it."""

    batch: int
    run_id: str


class OwnPlaces(Mapping[str, Place]):
    """The places of runs whose ids are what they are in their batches; made when asked for."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._batches = batches

    def __getitem__(self, run_id: str) -> Place:
        return Place(self._batch_of[run_id] if len(self._batches) > 1 else 0, run_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._batch_of)

    def __len__(self) -> int:
        return sum(batch.tables["run"].num_rows for batch in self._batches)

    def are_all(self) -> bool:
        """Tell whether no two runs share an id; those of one batch never do."""
        return len(self._batches) == 1 or len(self._batch_of) == len(self)

    @cached_property
    def _batch_of(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for number, batch in enumerate(self._batches):
            ids = dict.fromkeys(batch.tables.places or batch.tables.run_ids, number)
            found = found | ids if found else ids
        return found


class Settled(NamedTuple):
    """The id of each run read (None: a copy of an earlier one), and what there is to say."""

    names: Mapping[Place, str | None]
    conflicts: frozenset[str]
    problems: tuple[ProblemRow, ...]

    def changed(self) -> dict[int, dict[str, str | None]]:
        """Return the runs whose id changes, by batch: their id there → their id here."""
        found: dict[int, dict[str, str | None]] = {}
        for at, unique in self.names.items():
            if unique != at.run_id:
                found.setdefault(at.batch, {})[at.run_id] = unique
        return found


def settle(batches: Sequence[Batch]) -> Settled:
    """Return what becomes of each run's id; batches whose runs share one hold all their rows."""
    claimed: dict[str, list[Place]] = {}
    for number, batch in enumerate(batches):
        recorded = batch.tables.recorded_ids
        for run_id in batch.tables.run_ids:
            claimed.setdefault(recorded.get(run_id, run_id), []).append(Place(number, run_id))
    settled: dict[Place, str | None] = {}
    shared = {run_id: places for run_id, places in claimed.items() if len(places) > 1}
    taken = set(claimed)
    conflicts: set[str] = set()
    said: list[ProblemRow | list[_Copy]] = []
    copies: dict[tuple[int, int], list[_Copy]] = {}
    runs = _RunContents(batches, [place for places in shared.values() for place in places])
    for run_id, places in claimed.items():
        kept: dict[bytes, Place] = {}  # by content
        for place in sorted(places, key=lambda place: batches[place.batch].kind == exports.KIND):
            content = runs.content.get(place, b"")
            twin = kept.get(content) or runs.exported_from(place, kept.values())
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
                said.append(runs.conflict(run_id, unique, place, next(iter(kept.values()))))
            kept[content] = place
            settled[place] = unique
    problems = [runs.copy_notice(each) if isinstance(each, list) else each for each in said]
    return Settled(settled, frozenset(conflicts), tuple(problems))


class _Copy(NamedTuple):
    """A run met again, and where it was met first."""

    run_id: str
    place: Place
    twin: Place


class _RunContents:
    """What is recorded of the runs that share an id, for telling copies from conflicts."""

    def __init__(self, batches: Sequence[Batch], places: Sequence[Place]) -> None:
        rows: dict[Place, list[bytes]] = {place: [] for place in places}
        self._location: dict[Place, str] = {}
        self._facts: dict[Place, exports.Facts] = {}
        self._batches = batches
        for number, batch in enumerate(batches):
            ids = [place.run_id for place in places if place.batch == number]
            if not ids:
                continue
            tables = {name: batch.tables[name] for name in _CONTENT_TABLES}
            tables["metric_point"] = batch.load_points(ids)
            for run_id, facts in exports.facts_of(batch, ids).items():
                self._facts[Place(number, run_id)] = facts
            locations = tables["run"].select(["run_id", "location"]).to_pylist()
            self._location |= {
                Place(number, row["run_id"]): row["location"] or "" for row in locations
            }
            of_run = {run_id: rows[Place(number, run_id)] for run_id in ids}
            for name, table in tables.items():
                for run_id, content in _rows_of(table):
                    if run_id in of_run:
                        of_run[run_id].append(sha256(f"{name} {content!r}".encode()).digest())
        self.content = {
            place: sha256(b"".join(sorted(each))).digest() for place, each in rows.items()
        }

    def exported_from(self, place: Place, others: Iterable[Place]) -> Place | None:
        """Return the first of some runs that one in a table is an export of."""
        if self._batches[place.batch].kind != exports.KIND:
            return None
        return next(
            (
                other
                for other in others
                if self._batches[other.batch].kind != exports.KIND
                and exports.is_export(self._facts[place], self._facts[other])
            ),
            None,
        )

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

    def conflict(self, run_id: str, unique: str, place: Place, first: Place) -> ProblemRow:
        """Say that two different runs carry one id."""
        message = (
            f"run id {run_id!r} is also that of a different run in {self._where(first)}; "
            f"both are kept, this one as {unique!r}"
        )
        return ProblemRow(self._location[place], None, "error", message)

    def _where(self, place: Place) -> str:
        return self._location[place] or "the same source"


def _rows_of(table: pa.Table) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield each row's run and what its source says of it, not all of them in memory at once."""
    names = [name for name in table.column_names if name not in _NOT_CONTENT]
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        some = pa.Table.from_batches([batch])
        contents = zip(*(cells_of(some.column(name)) for name in names), strict=True)
        yield from zip(cells_of(some.column("run_id")), contents, strict=True)
