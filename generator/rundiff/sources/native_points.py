"""Histories and artifacts of the runs of a store, loaded when they are asked for.

Histories come from metrics.parquet, 2 ms for 20,000 points, which
take 65 ms from the journal (2026-11). One that is not quite as rundiff writes it is decoded in a
child process, since whoever wrote it may mean harm: where there is no journal, or where the points
of all runs are worth the 0.2 s.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.journal import read_segments
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.metrics_parquet import decode_metrics, decode_series
from rundiff.records.summaries import Singles
from rundiff.records.tables import empty_table
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.rows import points_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rundiff.records.ordered_series import OrderedSeries
    from rundiff.records.run import Points, RunRecord, SegmentDigest
    from rundiff.sources.packed_runs import PackedRuns
    from rundiff.sources.tree import Tree

_MAX_JOURNAL = 4 << 30
_METRICS = "metrics.parquet"
_MANY_POINTS = 50_000
_LONG_HISTORIES = 10_000  # points from which pyarrow.compute is worth its import


class Found(NamedTuple):
    """One run of the store, and where its points are: read already, or still in its folder."""

    record: RunRecord
    path: str
    points: Points | None


class Home(NamedTuple):
    """Where a run's points are, and how many of each metric; of 10,000 runs no more is kept."""

    path: str
    points: Points | None
    segments: Sequence[SegmentDigest]
    metrics: SegmentDigest | None
    counts: Mapping[str, int]


def home_of(found: Found) -> Home:
    """Return what loading points and artifacts takes to know of a run."""
    record = found.record
    counts: Mapping[str, int] = {}
    if not isinstance(record.summaries, Singles):
        counts = {key: each.points or 0 for key, each in record.summaries.items()}
    return Home(found.path, found.points, record.segments, record.metrics, counts)


class Loader:
    """Loads what a report needs of the runs that were selected."""

    def __init__(self, tree: Tree, runs: dict[str, Home], packed: PackedRuns) -> None:
        self._tree, self._runs, self._packed = tree, runs, packed
        self._problems: list[tuple[str, int | None, str, str]] = []

    def load_points(self, run_ids: Sequence[str]) -> pa.Table:
        """Return the metric points of some runs."""
        tables: list[pa.Table] = []
        runs = [(run_id, self._runs[run_id]) for run_id in run_ids if run_id in self._runs]
        are_many = sum(sum(home.counts.values()) for _, home in runs) > _MANY_POINTS
        with ParquetReader() as reader:
            for run_id, home in runs:
                points = self._points(home, reader, are_many=are_many)
                if points is not None and len(points):
                    tables.append(points_rows(run_id, points))
            for found in self._packed.load_points(run_ids):
                if isinstance(found, RecordError):
                    message = f"{found.message}: no history"
                    self._problems.append((found.location, found.line, "error", message))
                else:
                    tables.append(found)
        if not tables:
            return empty_table("metric_point")
        return pa.concat_tables(tables).unify_dictionaries()

    def load_series(self, run_ids: Sequence[str]) -> tuple[list[OrderedSeries], pa.Table]:
        """Return the histories of some runs: as series where they are long, as points otherwise."""
        runs = [(run_id, self._runs[run_id]) for run_id in run_ids if run_id in self._runs]
        found: dict[str, list[OrderedSeries]] = {}
        if sum(sum(run.counts.values()) for _, run in runs) > _LONG_HISTORIES:
            found = {
                run_id: series
                for run_id, run in runs
                if (series := self._series(run_id, run)) is not None
            }
        rest = [run_id for run_id in run_ids if run_id not in found]
        return [series for many in found.values() for series in many], self.load_points(rest)

    def load_artifact(self, run_id: str, path: str, limit: int) -> bytes | None:
        """Return the bytes of an artifact that lies in the run's folder."""
        home = self._packed.home(run_id)
        folder = self._runs[run_id].path if home is None else home
        try:
            return self._tree.read(join(folder, f"artifacts/{path}"), limit=limit)
        except RecordError:
            return None

    def load_problems(self) -> Iterable[tuple[str, int | None, str, str]]:
        """Return what was met while points were loaded, once."""
        problems, self._problems = self._problems, []
        return problems

    def _points(
        self, home: Home, reader: ParquetReader, *, are_many: bool
    ) -> Points | pa.Table | None:
        if home.points is not None:
            return home.points
        if not sum(home.counts.values()):
            return None
        if home.metrics is None:
            return self._from_journal(home)
        has_journal = self._has_journal(home)
        table = None
        try:
            is_worth_it = are_many or not has_journal
            table = self._from_parquet(home, home.metrics, reader if is_worth_it else None)
        except RecordError as error:
            severity, message = "error", error.message
            if has_journal:
                severity, message = "notice", f"{message}; the journal is read instead"
            self._problems.append((error.location, error.line, severity, message))
        return table if table is not None else self._from_journal(home)

    def _series(self, run_id: str, home: Home) -> list[OrderedSeries] | None:
        """Return a run's series; None where its points must be sorted, or cannot be read so."""
        if home.points is not None or home.metrics is None:
            return None
        try:
            data = self._sealed_bytes(home, home.metrics)
        except RecordError:
            return None  # whoever reads the points says so
        return decode_series(run_id, data, home.counts)

    def _has_journal(self, home: Home) -> bool:
        return all(self._tree.exists(join(home.path, each.name)) for each in home.segments)

    def _from_parquet(
        self, home: Home, digest: SegmentDigest, reader: ParquetReader | None
    ) -> pa.Table | None:
        """Return what a metrics.parquet holds; None where it needs the reader and there is none."""
        table = decode_metrics(self._sealed_bytes(home, digest), home.counts)
        if table is None and reader is not None:
            path = join(home.path, _METRICS)
            table = reader.read(self._tree, path)
            if not table.schema.equals(POINTS, check_metadata=False):
                message = "has other columns than a record of metrics"
                raise RecordError(message, location=self._tree.show(path))
        return table

    def _sealed_bytes(self, home: Home, digest: SegmentDigest) -> bytes:
        """Return the bytes of a metrics.parquet that is the one its run.json names."""
        path = join(home.path, _METRICS)
        data = self._tree.read(path)
        if hashlib.sha256(data).hexdigest() != digest.sha256:
            message = "is not the file that run.json names"
            raise RecordError(message, location=self._tree.show(path))
        return data

    def _from_journal(self, home: Home) -> Points | None:
        path = home.path
        try:
            segments = [
                (each.name, load_segment(self._tree, path, each.name)) for each in home.segments
            ]
        except RecordError as error:
            self._problems.append((error.location, None, "error", f"{error.message}: no history"))
            return None
        records = read_segments(segments, location=self._tree.show(path))
        return records[0].points if len(records) == 1 else None


def load_segment(tree: Tree, folder: str, name: str) -> bytes:
    """Return a journal of a run. Raises RecordError."""
    return tree.read(join(folder, name), limit=_MAX_JOURNAL)


def join(folder: str, name: str) -> str:
    """Return the path of an entry of a folder, which is empty for the tree's root."""
    return f"{folder}/{name}" if folder else name
