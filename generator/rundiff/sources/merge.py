"""Joins what several sources gave into one set of canonical tables with unique run ids."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.frozen import dataclass
from rundiff.records.arrays import column_of, mask_column
from rundiff.records.schemas import SCHEMAS
from rundiff.records.tables import Tables, empty_table
from rundiff.sources.discover import ProblemRow
from rundiff.sources.masking import mask_credentials, masking_notice
from rundiff.sources.settling import OwnPlaces, Place, Settled, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.records.ordered_series import OrderedSeries
    from rundiff.sources.base import Batch
    from rundiff.sources.discover import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRuns:
    """All runs read, with unique ids, and the way back to the batch that each came from."""

    tables: Tables
    problems: tuple[ProblemRow, ...]
    batches: tuple[Batch, ...]
    origin: Mapping[str, Place]
    given: tuple[int, ...]  # which of the sources each batch is of
    titles: Mapping[str, str]  # kind → its format's title
    has_unique_ids: bool = False  # nothing had to be settled

    def source_of(self, run_id: str) -> int:
        """Return which of the sources a run was read from, from 0."""
        batch = self.origin[run_id].batch
        return self.given[batch] if self.given else 0

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
    own = OwnPlaces(loaded.batches)
    if own.are_all() and not any(batch.tables.recorded_ids for batch in loaded.batches):
        nothing = Settled({}, frozenset(), ())
        return _merged(loaded, nothing, own, has_unique_ids=True)
    settled = settle(loaded.batches)
    origin = {unique: at for at, unique in settled.names.items() if unique is not None}
    return _merged(loaded, settled, origin, has_unique_ids=False)


def merge_more(merged: MergedRuns, loaded: Loaded) -> MergedRuns:
    """Join batches that hold more rows of the same runs, all of which have ids of their own."""
    nothing = Settled({}, frozenset(), ())
    return _merged(loaded, nothing, merged.origin, has_unique_ids=True)


def _merged(
    loaded: Loaded, settled: Settled, origin: Mapping[str, Place], *, has_unique_ids: bool
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
    is_one = len(loaded.batches) == 1 and not changed
    listed = [ProblemRow(**row) for row in by_name["problem"].to_pylist()]
    shown, places = mask_credentials(by_name)
    if places:
        listed.append(ProblemRow("", None, "notice", masking_notice(places)))
    return MergedRuns(
        tables=Tables(by_name=shown, places=loaded.batches[0].tables.places if is_one else None),
        problems=(*loaded.problems, *listed, *settled.problems),
        batches=loaded.batches,
        given=loaded.given,
        titles=loaded.titles,
        origin=origin,
        has_unique_ids=has_unique_ids,
    )


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
