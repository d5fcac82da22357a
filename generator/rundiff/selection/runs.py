"""The table of runs as choosing looks at it: column by column, and a run is its place."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from rundiff.natural import natural_parts
from rundiff.records.arrays import cells_of
from rundiff.records.run import is_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rundiff.records.tables import Tables
    from rundiff.selection.facts import FactsOfRuns


class RunRow(NamedTuple):
    """One row of the ``run`` table, whose columns these are."""

    run_id: str
    experiment: str | None
    name: str | None
    status: str | None
    state: str | None
    lifecycle_stage: str | None
    start_time: int | None
    end_time: int | None
    user: str | None
    parent_run_id: str | None
    note: str | None
    source: str | None
    location: str | None


class Runs:
    """The table of runs, column by column as they are asked for; a run is its place in it."""

    def __init__(self, tables: Tables) -> None:
        self._tables, self._table = tables, tables["run"]
        self._columns: dict[str, list[Any]] = {}

    @property
    def count(self) -> int:
        """How many runs there are."""
        return int(self._table.num_rows)

    @cached_property
    def facts(self) -> FactsOfRuns:
        """What they have for the keys of a filter or an order."""
        from rundiff.selection.facts import FactsOfRuns  # pyarrow.compute takes 25 ms of CPU

        return FactsOfRuns(self._tables)

    @property
    def ids(self) -> list[str]:
        """The ids of all runs."""
        return self.column("run_id")

    def column(self, name: str) -> list[Any]:
        """Return the cells of a column."""
        if name not in self._columns:
            self._columns[name] = cells_of(self._table.column(name))
        return self._columns[name]

    def cells(self, name: str, places: Sequence[int]) -> list[Any]:
        """Return what some runs have in a column.

        A whole column takes as long as the cells of every twentieth run, taken one by one.
        """
        if name in self._columns or len(places) * 20 >= self._table.num_rows:
            column = self.column(name)
            return [column[at] for at in places]
        cells = self._table.column(name)
        return [cells[at].as_py() for at in places]

    def rows(self, places: Sequence[int]) -> list[RunRow]:
        """Return some runs."""
        columns = [self.cells(name, places) for name in RunRow._fields]
        return list(map(RunRow._make, zip(*columns, strict=True)))

    def ages(self, places: Sequence[int]) -> list[tuple[bool, int, Sequence[Any], str, int]]:
        """Return for some runs what puts the oldest first; last of all the run itself.

        Without a start time the place decides where a run was read: ``version_2`` before
        ``version_10``, and the runs of a file as they stand in it.
        """
        names = ("start_time", "name", "location", "run_id")
        columns = [self.cells(name, places) for name in names]
        return [
            (True, 0, natural_parts(location or ""), "", at)
            if start is None
            else (False, start, [name or ""], run_id, at)
            for start, name, location, run_id, at in zip(*columns, places, strict=True)
        ]

    def oldest_first(self, places: Sequence[int]) -> list[int]:
        """Return some runs in the order of their age."""
        return [age[-1] for age in sorted(self.ages(places))]

    def finished(self, places: Sequence[int]) -> list[int]:
        """Return those of some runs that ended well and are recorded whole."""
        columns = [self.cells(name, places) for name in ("status", "state")]
        return [
            at
            for status, state, at in zip(*columns, places, strict=True)
            if status == "finished" and state == "complete"
        ]

    def whole(self, places: Sequence[int]) -> list[int]:
        """Return those of some runs of which nothing says that they did not end well."""
        columns = [self.cells(name, places) for name in ("status", "state")]
        return [
            at
            for status, state, at in zip(*columns, places, strict=True)
            if is_whole(status, state)
        ]

    def tagged(
        self, places: Sequence[int], keys: Collection[str], texts: Collection[str]
    ) -> list[int]:
        """Return those of some runs that have a tag of some keys with one of some lower texts."""
        tags = self._tables["tag"]
        known = (chunk.dictionary.to_pylist() for chunk in tags.column("key").chunks)
        if all(set(each).isdisjoint(keys) for each in known):
            return []
        columns = (cells_of(tags.column(name)) for name in ("run_id", "key", "value"))
        rows = zip(*columns, strict=True)
        ids = {
            run_id for run_id, key, text in rows if key in keys and (text or "").lower() in texts
        }
        run_ids = self.cells("run_id", places)
        return [at for at, run_id in zip(places, run_ids, strict=True) if run_id in ids]
