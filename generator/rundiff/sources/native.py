"""rundiff's own store.

``<store>/<experiment>/<run_id>/`` with a journal, run.json, metrics.parquet and artifacts.

The journal is the truth as long as it is there. run.json is taken where it is intact and names just
the segments that lie beside it, byte for byte; otherwise the journal is read and a notice says so.
A run.json alone (copied or unpacked without its journal) stands for itself. Packed runs are read
from their pack (``packed``).

Histories are loaded when they are asked for: from metrics.parquet, 2 ms for 20,000 points, which
take 65 ms from the journal (2026-11). One that is not quite as rundiff writes it is decoded in a
child process, since whoever wrote it may mean harm: where there is no journal, or where the points
of all runs are worth the 0.2 s.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.journal import read_segments
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.metrics_parquet import decode_metrics
from rundiff.records.processes import is_process_alive
from rundiff.records.run import Points, Problem, RunRecord, SegmentDigest
from rundiff.records.run_document import run_of
from rundiff.records.run_json import is_intact
from rundiff.records.strict_json import parse_json
from rundiff.records.tables import TableBuilder, empty_table
from rundiff.sources.base import Batch, Claim, Format
from rundiff.sources.packed import FOLDER, HIDDEN, MANIFEST, Pack, PackedRuns, identity_of
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.rows import add_record, points_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "rundiff"
PACKED, UNFINISHED = "packed", "unfinished pack"
_RECORD, _METRICS, _SEGMENT = "run.json", "metrics.parquet", ".jsonl"
_HEAD = b'{"n":0,"head":{'
_MANY_POINTS = 50_000
_MAX_JOURNAL = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One run of the store, and where its points are: read already, or still in its folder."""

    record: RunRecord
    path: str
    points: Points | None


def find_run(tree: Tree, folder: Folder) -> Iterable[Claim]:
    name = folder.path.rpartition("/")[2]
    if name.startswith(HIDDEN):
        yield Claim(path=folder.path, kind=KIND, is_whole_folder=True, version=UNFINISHED)
        return
    if MANIFEST in folder.files and FOLDER.match(name):
        yield Claim(path=folder.path, kind=KIND, is_whole_folder=True, version=PACKED)
        return
    segments = [name for name in folder.files if name.endswith(_SEGMENT)]
    own = [name for name in segments if _begins(tree, folder.join(name), _HEAD)]
    has_record = _RECORD in folder.files and (bool(own) or _is_record(tree, folder.join(_RECORD)))
    if not own and not has_record:
        return
    consumed = {*(segments if own else ()), _METRICS, "artifacts"}
    if has_record:
        consumed.add(_RECORD)
    yield Claim(path=folder.path, kind=KIND, consumed=frozenset(consumed))


def _is_record(tree: Tree, path: str) -> bool:
    """Tell whether a run.json is ours; one that is not even JSON has lost what it was, and is."""
    head = tree.read_head(path, 256)
    return head.startswith(b'{"run_uuid"') or head.lstrip()[:1] not in (b"{", b"[")


def _begins(tree: Tree, path: str, start: bytes) -> bool:
    """Tell how a file begins; an empty segment is one whose process was killed at once."""
    return tree.read_head(path, len(start)) == start


def _read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    return _read_many(tree, [claim], options)


def _read_many(tree: Tree, claims: Sequence[Claim], options: ReadOptions) -> Batch:
    builder = TableBuilder()
    runs: dict[str, Found] = {}
    now_ms = time.time_ns() // 1_000_000
    packed = _read_packs(tree, claims, builder)
    for claim in claims:
        if claim.version or _is_left_over(tree, claim, packed):
            continue
        try:
            found = list(read_run(tree, claim, now_ms=now_ms))
        except RecordError as error:
            builder.add_problem(error.location, error.message, line=error.line)
            continue
        for each in found:
            record = each.record
            if record.lifecycle_stage != "deleted" or options.include_deleted:
                location = tree.show(claim.path)
                run_id = add_record(builder, record, source=KIND, location=location)
                runs[run_id] = replace(each, record=_for_points(record))
    is_one = len(claims) == 1 and not claims[0].version
    location = tree.show(claims[0].path if is_one else "")
    loader = _Loader(tree, runs, packed)
    return Batch(
        tables=builder.build(),
        kind=KIND,
        location=location,
        load_points=loader.load_points,
        load_artifact=loader.load_artifact,
        load_problems=loader.load_problems,
    )


def _for_points(record: RunRecord) -> RunRecord:
    """Return what loading points takes: of 10,000 runs the rest would be 200 MB."""
    has_points = any(summary.points for summary in record.summaries.values())
    return RunRecord(
        run_id=record.run_id,
        segments=record.segments,
        metrics=record.metrics,
        summaries=record.summaries if has_points else {},
    )


def _read_packs(tree: Tree, claims: Sequence[Claim], builder: TableBuilder) -> PackedRuns:
    packed = PackedRuns(tree)
    with ParquetReader() as reader:
        for claim in claims:
            if claim.version == PACKED:
                try:
                    packed.add(Pack(tree, claim.path), builder, reader)
                except RecordError as error:
                    builder.add_problem(error.location, error.message, line=error.line)
    return packed


def _is_left_over(tree: Tree, claim: Claim, packed: PackedRuns) -> bool:
    """Tell whether a folder holds what is packed, or what is left of it after removing began."""
    run = packed.at(claim.path)
    if run is None or _RECORD not in claim.consumed:
        return run is not None
    try:
        return identity_of(_read_record(tree, claim.path, ())) == run.identity
    except RecordError:
        return False


def read_run(tree: Tree, claim: Claim, *, now_ms: int | None) -> Iterable[Found]:
    """Yield the run in a folder: two where different runs carry its id. Raises RecordError."""
    path = claim.path
    names = [name for name in sorted(claim.consumed) if name.endswith(_SEGMENT)]
    segments = [(name, _bytes(tree, path, name, _MAX_JOURNAL)) for name in names]
    notices: list[Problem] = []
    if _RECORD in claim.consumed:
        try:
            record = _read_record(tree, path, segments)
        except RecordError as error:
            if not segments:
                raise
            message = f"{error.message}; the journal is read instead"
            notices.append(Problem(error.location, error.line, "notice", message))
        else:
            points = record.points if len(record.points) else None  # only where written by hand
            yield Found(record=record, path=path, points=points)
            return
    records = read_segments(
        segments,
        location=tree.show(path),
        run_id=path.rpartition("/")[2] or (tree.label if tree.only_file is None else ""),
        now_ms=now_ms,
        is_alive=is_process_alive,
    )
    for record in records:
        whole = replace(record, problems=(*notices, *record.problems))
        yield Found(record=whole, path=path, points=record.points)


def _read_record(tree: Tree, path: str, segments: Sequence[tuple[str, bytes]]) -> RunRecord:
    """Return the run of a run.json that is intact and current. Raises RecordError."""
    data = _bytes(tree, path, _RECORD)
    location = tree.show(_join(path, _RECORD))
    is_whole = is_intact(data)
    if is_whole is False and segments:
        raise RecordError("the file's checksum is wrong", location=location)
    parsed = parse_json(data, location=location)
    if not isinstance(parsed.value, dict):
        raise RecordError("not a run: expected a JSON object", location=location)
    record = run_of(parsed.value, location=location, run_id=path.rpartition("/")[2] or "run")
    there = [SegmentDigest(n, len(b), hashlib.sha256(b).hexdigest()) for n, b in segments]
    if segments and list(record.segments) != there:
        raise RecordError("was made from other segments than there are", location=location)
    extra = []
    if is_whole is False:
        extra.append("was changed since rundiff wrote it: its checksum is wrong")
    if not parsed.is_plain:
        extra.append("holds NaN, an infinity or a number beyond a double as a bare word")
    own = [
        problem._replace(location=_join(tree.show(path), problem.location))
        if problem.location != location
        else problem
        for problem in record.problems
    ]
    if own or extra:
        notices = (Problem(location, None, "notice", each) for each in extra)
        record = replace(record, problems=(*own, *notices))
    return record


class _Loader:
    """Loads what a report needs of the runs that were selected."""

    def __init__(self, tree: Tree, runs: dict[str, Found], packed: PackedRuns) -> None:
        self._tree, self._runs, self._packed = tree, runs, packed
        self._problems: list[tuple[str, int | None, str, str]] = []

    def load_points(self, run_ids: Sequence[str]) -> pa.Table:
        """Return the metric points of some runs."""
        tables: list[pa.Table] = []
        runs = [(run_id, self._runs[run_id]) for run_id in run_ids if run_id in self._runs]
        are_many = sum(_expected(found) for _, found in runs) > _MANY_POINTS
        with ParquetReader() as reader:
            for run_id, found in runs:
                points = self._points(found, reader, are_many=are_many)
                if points is not None and len(points):
                    tables.append(points_rows(run_id, points))
            try:
                tables.extend(self._packed.load_points(run_ids, reader))
            except RecordError as error:
                message = f"{error.message}: no history"
                self._problems.append((error.location, error.line, "error", message))
        if not tables:
            return empty_table("metric_point")
        return pa.concat_tables(tables).unify_dictionaries()

    def load_artifact(self, run_id: str, path: str, limit: int) -> bytes | None:
        """Return the bytes of an artifact that lies in the run's folder."""
        home = self._packed.home(run_id)
        folder = self._runs[run_id].path if home is None else home
        try:
            return self._tree.read(_join(folder, f"artifacts/{path}"), limit=limit)
        except RecordError:
            return None

    def load_problems(self) -> Iterable[tuple[str, int | None, str, str]]:
        """Return what was met while points were loaded, once."""
        problems, self._problems = self._problems, []
        return problems

    def _points(
        self, found: Found, reader: ParquetReader, *, are_many: bool
    ) -> Points | pa.Table | None:
        if found.points is not None:
            return found.points
        record = found.record
        if not _expected(found):
            return None
        if record.metrics is None:
            return self._from_journal(found)
        has_journal = self._has_journal(found)
        table = None
        try:
            is_worth_it = are_many or not has_journal
            table = self._from_parquet(found, record.metrics, reader if is_worth_it else None)
        except RecordError as error:
            severity, message = "error", error.message
            if has_journal:
                severity, message = "notice", f"{message}; the journal is read instead"
            self._problems.append((error.location, error.line, severity, message))
        return table if table is not None else self._from_journal(found)

    def _has_journal(self, found: Found) -> bool:
        return all(
            self._tree.exists(_join(found.path, segment.name)) for segment in found.record.segments
        )

    def _from_parquet(
        self, found: Found, digest: SegmentDigest, reader: ParquetReader | None
    ) -> pa.Table | None:
        """Return what a metrics.parquet holds; None where it needs the reader and there is none."""
        path = _join(found.path, _METRICS)
        data = self._tree.read(path)
        location = self._tree.show(path)
        if hashlib.sha256(data).hexdigest() != digest.sha256:
            raise RecordError("is not the file that run.json names", location=location)
        summaries = found.record.summaries
        table = decode_metrics(data, {key: each.points or 0 for key, each in summaries.items()})
        if table is None and reader is not None:
            table = reader.read(self._tree, path)
            if not table.schema.equals(POINTS, check_metadata=False):
                raise RecordError("has other columns than a record of metrics", location=location)
        return table

    def _from_journal(self, found: Found) -> Points | None:
        path = found.path
        try:
            segments = [
                (each.name, _bytes(self._tree, path, each.name, _MAX_JOURNAL))
                for each in found.record.segments
            ]
        except RecordError as error:
            self._problems.append((error.location, None, "error", f"{error.message}: no history"))
            return None
        records = read_segments(segments, location=self._tree.show(path))
        return records[0].points if len(records) == 1 else None


def _expected(found: Found) -> int:
    """Return how many points a run's summaries promise."""
    return sum(summary.points or 0 for summary in found.record.summaries.values())


def _bytes(tree: Tree, folder: str, name: str, limit: int = 1 << 28) -> bytes:
    return tree.read(_join(folder, name), limit=limit)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


FORMAT = Format(
    kind=KIND,
    title="rundiff store",
    recognised_by="folders with a rundiff journal (*.jsonl) or run.json",
    find=find_run,
    read=_read,
    read_many=_read_many,
)
