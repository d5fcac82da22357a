"""rundiff's own store.

``<store>/<experiment>/<run_id>/`` with a journal, run.json, metrics.parquet and artifacts.

The journal is the truth as long as it is there. run.json is taken where it is intact and names just
the segments that lie beside it, byte for byte; otherwise the journal is read and a notice says so.
A run.json alone (copied or unpacked without its journal) stands for itself. Packed runs are read
from their pack (``packed``).
"""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.records.journal import read_segments
from rundiff.records.processes import is_process_alive
from rundiff.records.run import Problem, RunRecord, SegmentDigest
from rundiff.records.run_document import run_of
from rundiff.records.run_json import is_intact
from rundiff.records.strict_json import parse_json
from rundiff.records.tables import TableBuilder
from rundiff.sources.base import Batch, Claim, Format
from rundiff.sources.native_points import (
    Found,
    Home,
    Loader,
    home_of,
    join,
    load_segment,
)
from rundiff.sources.pack_manifest import FOLDER, MANIFEST
from rundiff.sources.packed import HIDDEN, identity_of
from rundiff.sources.packed_runs import PackedRuns
from rundiff.sources.rows import add_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "rundiff"
PACKED, UNFINISHED = "packed", "unfinished pack"
_RECORD, _SEGMENT = "run.json", ".jsonl"
_BESIDE = frozenset({"metrics.parquet", "artifacts"})
_WITH_RECORD = _BESIDE | {_RECORD}
_MAX_RECORD = 1 << 28
_TOGETHER = 4_096  # values: read, then added; the code of each step stays at hand
_HEAD = b'{"n":0,"head":{'
# What the logging calls its journals: one that lost its first bytes, or all, is known by its name.
_OWN_NAME = re.compile(r"\d{8}T\d{12}Z-\d+-[0-9a-f]{16}\.jsonl\Z")


def find_run(tree: Tree, folder: Folder) -> Sequence[Claim]:
    """Return a claim if a folder holds a run of a store, or a pack of runs."""
    path, files = folder.path, folder.files
    name = path.rpartition("/")[2]
    if name.startswith(HIDDEN):
        return [Claim(path=path, kind=KIND, is_whole_folder=True, version=UNFINISHED)]
    if MANIFEST in files and FOLDER.match(name):
        return [Claim(path=path, kind=KIND, is_whole_folder=True, version=PACKED)]
    segments = [name for name in files if name.endswith(_SEGMENT)]
    has_own = any(
        _OWN_NAME.match(name) or tree.read_head(folder.join(name), len(_HEAD)) == _HEAD
        for name in segments
    )
    has_record = _RECORD in files and (has_own or _is_record(tree, folder.join(_RECORD)))
    if not has_own and not has_record:
        return []
    consumed = _WITH_RECORD if has_record else _BESIDE
    return [Claim(path, KIND, consumed.union(segments) if has_own else consumed)]


def _is_record(tree: Tree, path: str) -> bool:
    """Tell whether a run.json is ours; one that is not even JSON has lost what it was, and is."""
    head = tree.read_head(path, 256)
    return head.startswith(b'{"run_uuid"') or head.lstrip()[:1] not in (b"{", b"[")


def _read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    return _read_many(tree, [claim], options)


def _read_many(tree: Tree, claims: Sequence[Claim], options: ReadOptions) -> Batch:
    packed = PackedRuns(tree)
    folders = [claim.path for claim in claims if claim.version == PACKED]
    packed.read(folders, options.asked)
    builder = TableBuilder(taken=packed)
    runs: dict[str, Home] = {}
    now_ms = time.time_ns() // 1_000_000
    waiting: list[Found] = []  # a tenth less CPU than each read and added (2026-11)
    room = _TOGETHER

    def add_waiting() -> None:
        for each in waiting:
            if each.record.lifecycle_stage != "deleted" or options.include_deleted:
                location = tree.show(each.path)
                run_id = add_record(builder, each.record, source=KIND, location=location)
                runs[run_id] = home_of(each)
        waiting.clear()

    for claim in claims:
        if claim.version or (folders and _is_left_over(tree, claim, packed)):
            continue
        try:
            found = read_run(tree, claim, now_ms=now_ms)
        except RecordError as error:
            add_waiting()
            builder.add_problem(error.location, error.message, line=error.line)
            continue
        waiting += found
        for each in found:
            record = each.record
            room -= len(record.params) + len(record.tags) + len(record.summaries)
        if room < 0:
            add_waiting()
            room = _TOGETHER
    add_waiting()
    is_one = len(claims) == 1 and not claims[0].version
    location = tree.show(claims[0].path if is_one else "")
    loader = Loader(tree, runs, packed)

    def batch(load_rest: Callable[[Sequence[str]], Batch] | None) -> Batch:
        return Batch(
            tables=packed.before(builder.build()),
            kind=KIND,
            location=location,
            load_points=loader.load_points,
            load_series=loader.load_series,
            load_artifact=loader.load_artifact,
            load_problems=loader.load_problems,
            load_rest=load_rest,
            left_out=packed.left_out(),
        )

    def load_rest(run_ids: Sequence[str]) -> Batch:
        packed.read_rest(run_ids)
        return batch(None)

    return batch(load_rest if packed.has_left_out else None)


def _is_left_over(tree: Tree, claim: Claim, packed: PackedRuns) -> bool:
    """Tell whether a folder holds what is packed, or what is left of it after removing began."""
    try:
        run = packed.at(claim.path)
        if run is None or _RECORD not in claim.consumed:
            return run is not None
        return identity_of(_read_record(tree, claim.path, ())) == run.identity
    except RecordError:
        return False


def read_run(tree: Tree, claim: Claim, *, now_ms: int | None) -> list[Found]:
    """Return the run in a folder: two where different runs carry its id. Raises RecordError."""
    path = claim.path
    names = [name for name in claim.consumed if name.endswith(_SEGMENT)]
    segments = [(name, load_segment(tree, path, name)) for name in sorted(names)]
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
            points = record.points  # only where written by hand
            return [Found(record, path, points if points.values else None)]
    elif not any(data for _, data in segments):
        message = "is empty: cut to nothing, or its process was killed before it wrote anything"
        raise RecordError(message, location=tree.show(join(path, segments[0][0])))
    records = read_segments(
        segments,
        location=tree.show(path),
        run_id=path.rpartition("/")[2] or (tree.label if tree.only_file is None else ""),
        now_ms=now_ms,
        is_alive=is_process_alive,
    )
    wholes = [each._replace(problems=(*notices, *each.problems)) for each in records]
    return [Found(each, path, each.points) for each in wholes]


def _read_record(tree: Tree, path: str, segments: Sequence[tuple[str, bytes]]) -> RunRecord:
    """Return the run of a run.json that is intact and current. Raises RecordError."""
    file = join(path, _RECORD)
    data, location = tree.read(file, limit=_MAX_RECORD), tree.show(file)
    is_whole = is_intact(data)
    if is_whole is False and segments:
        raise RecordError("the file's checksum is wrong", location=location)
    document, is_plain = parse_json(data, location=location)
    if not isinstance(document, dict):
        raise RecordError("not a run: expected a JSON object", location=location)
    record = run_of(document, location=location, run_id=path.rpartition("/")[2] or "run")
    if segments:
        there = [SegmentDigest(n, len(b), hashlib.sha256(b).hexdigest()) for n, b in segments]
        if list(record.segments) != there:
            raise RecordError("was made from other segments than there are", location=location)
    if is_whole is not False and is_plain and not record.problems:
        return record
    extra = []
    if is_whole is False:
        extra.append("was changed since rundiff wrote it: its checksum is wrong")
    if not is_plain:
        extra.append("holds NaN, an infinity or a number beyond a double as a bare word")
    own = [
        problem._replace(location=join(tree.show(path), problem.location))
        if problem.location != location
        else problem
        for problem in record.problems
    ]
    notices = [Problem(location, None, "notice", each) for each in extra]
    return record._replace(problems=(*own, *notices))


FORMAT = Format(
    kind=KIND,
    title="rundiff store",
    recognised_by="folders with a rundiff journal (*.jsonl) or run.json",
    find=find_run,
    read=_read,
    read_many=_read_many,
)
