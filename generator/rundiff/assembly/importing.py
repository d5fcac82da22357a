"""Copies runs of any source into a native store, so that their history outlives the tracker.

A run keeps its id; its folder is named by it where that is safe for a folder. Importing again adds
only what is new: an unchanged run is left alone, one that has gone on since is written anew, and a
folder that holds anything else than an earlier import (a run that was logged there, with its
journal, or another run of that id) is never touched. What a run was read from is kept as
``imported.source`` in its environment.

A run's record is written last. Without one an import was cut short, and the next one goes on.

Times are kept to the millisecond, as the store has them. Nested params stay taken apart.
"""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from rundiff.assembly.reading import read_rows
from rundiff.assembly.recorded import RunRows, points_by_run
from rundiff.comparison import Problem
from rundiff.errors import OutputError, RecordError
from rundiff.frozen import dataclass
from rundiff.records.metrics_parquet import encode_metrics
from rundiff.records.run import Points, RunRecord, SegmentDigest
from rundiff.records.run_json import encode_run
from rundiff.records.seal import METRICS, write_atomically
from rundiff.records.strict_json import parse_json
from rundiff.sources.discover import ProblemRow
from rundiff.tracking.place import experiment_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rundiff.selection.choose import SelectionOptions
    from rundiff.sources.base import ReadOptions
    from rundiff.sources.merge import MergedRuns

RECORD, ARTIFACTS = "run.json", "artifacts"
MAX_ARTIFACT_BYTES = 256 << 20
# One name is too long, or a file and a folder: then the others are copied all the same.
_WRONG_NAMES = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL}
_AT_ONCE = 50  # runs that are in memory together, with their histories
_Outcome: TypeAlias = Literal["added", "updated", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: ids of runs that were new, had gone on, and were as before."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    problems: tuple[Problem, ...]


def import_runs(
    sources: Sequence[str],
    store: Path,
    *,
    reading: ReadOptions,
    selection: SelectionOptions,
    say: Callable[[str], None],
) -> Imported:
    """Copy the chosen runs of some sources into a store, which is made if there is none.

    Raises OutputError where the store cannot be written.
    """
    merged, found = read_rows(sources, reading, selection)
    chosen = [run.run_id for run in found.runs]
    problems = list(merged.problems)
    done: dict[_Outcome, list[str]] = {"added": [], "updated": [], "unchanged": []}
    for start in range(0, len(chosen), _AT_ONCE):
        say(f"importing run {start + 1} of {len(chosen)}")
        some = chosen[start : start + _AT_ONCE]
        rows = RunRows(merged.tables, some)
        loaded, met = merged.load_points(some)
        points = points_by_run(loaded)
        problems.extend(met)
        for run_id in some:
            record = rows.record(run_id, points.get(run_id, Points()))
            folder = store / experiment_folder(record.experiment) / experiment_folder(run_id)
            try:
                outcome = _write(merged, folder, record, problems)
            except RecordError as error:
                problems.append(ProblemRow(error.location, None, "error", error.message))
                continue
            except OSError as error:
                raise OutputError(f"cannot write {str(folder)!r}: {error.strerror}") from error
            done[outcome].append(run_id)
    return Imported(
        added=tuple(done["added"]),
        updated=tuple(done["updated"]),
        unchanged=tuple(done["unchanged"]),
        problems=tuple(Problem(**row._asdict()) for row in dict.fromkeys(problems)),
    )


def _write(
    merged: MergedRuns, folder: Path, record: RunRecord, problems: list[ProblemRow]
) -> _Outcome:
    """Write a run's artifacts and records. Raises RecordError where another run stands there."""
    before = _read_before(folder, record)
    metrics = encode_metrics(record.points) if len(record.points) else b""
    if metrics:
        digest = SegmentDigest(METRICS, len(metrics), hashlib.sha256(metrics).hexdigest())
        record = record._replace(metrics=digest)
    data = encode_run(record)
    if data == before and (not metrics or _holds(folder / METRICS, metrics)):
        return "unchanged"
    folder.mkdir(parents=True, exist_ok=True)
    _copy_artifacts(merged, record, folder, problems)
    if metrics:
        write_atomically(folder / METRICS, metrics)
    write_atomically(folder / RECORD, data)
    return "updated" if before else "added"


def _read_before(folder: Path, record: RunRecord) -> bytes:
    """Return the record that an earlier import has written; nothing where it wrote none.

    Raises RecordError where the folder holds anything else.
    """
    location = f"{folder.parent.name}/{folder.name}"
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if RECORD not in names:
        if not all(name in (METRICS, ARTIFACTS) or name.endswith(".tmp") for name in names):
            raise RecordError("is a folder with other contents; not imported", location=location)
        return b""
    before = (folder / RECORD).read_bytes()
    if any(name.endswith(".jsonl") for name in names) or not _is_same(before, record):
        raise RecordError(
            "is a run that was not imported from there; left alone", location=location
        )
    return before


def _holds(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() == data


def _is_same(data: bytes, record: RunRecord) -> bool:
    """Tell whether a run.json is an earlier import of a run: from the same kind, with its start."""
    try:
        found = parse_json(data).value
    except RecordError:
        return False
    document = found if isinstance(found, dict) else {}
    own, info = document.get("rundiff"), document.get("info")
    return (
        isinstance(own, dict)
        and isinstance(info, dict)
        and own.get("nonce") == record.nonce
        and info.get("start_time") == record.start_time
    )


def _copy_artifacts(
    merged: MergedRuns, record: RunRecord, folder: Path, problems: list[ProblemRow]
) -> None:
    """Copy the artifacts that the source can hand out; what is too large stays a mere entry."""
    for artifact in record.artifacts:
        parts = artifact.path.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            continue
        if artifact.size is not None and artifact.size > MAX_ARTIFACT_BYTES:
            message = f"{artifact.path!r} is larger than {MAX_ARTIFACT_BYTES:,} bytes; not copied"
            problems.append(ProblemRow(record.run_id, None, "notice", message))
            continue
        data = merged.load_artifact(record.run_id, artifact.path, MAX_ARTIFACT_BYTES)
        if data is not None:
            target = folder.joinpath(ARTIFACTS, *parts)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(target, data)
            except OSError as error:
                if error.errno not in _WRONG_NAMES:
                    raise
                message = f"the artifact {artifact.path!r} was not copied: {error.strerror}"
                problems.append(ProblemRow(record.run_id, None, "error", message))
