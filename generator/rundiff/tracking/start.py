"""Opening a run.

A new folder with its first segment, or one more segment in the folder of a run that is there.

An id that no run in the store has starts a run with that id, so that the ranks of a distributed job
can agree on one beforehand: the one that creates the folder draws the nonce, the others wait for
its head record.
"""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from rundiff.errors import LoggingError
from rundiff.records.journal import read_segments
from rundiff.records.processes import boot_id, host_digest, is_process_alive
from rundiff.records.run import RunRecord
from rundiff.records.seal import sync_folder
from rundiff.records.segments import Segment as ReadSegment
from rundiff.records.segments import scan_segment
from rundiff.tracking import place
from rundiff.tracking.disk import is_passing
from rundiff.tracking.frames import members, now_ms
from rundiff.tracking.known import Known, RunInfo
from rundiff.tracking.outcome import Outcome
from rundiff.tracking.run import Run
from rundiff.tracking.segment import Segment

SCHEMA = "rundiff/1"
_NOTHING: Mapping[str, object] = MappingProxyType({})
_WAIT_SECONDS = 3.0


class Request(NamedTuple):
    """What start_run was asked for; empty fields take their defaults from the session.

    A tuple, because one is made in two fifths of the time of a frozen dataclass (2026-11).
    """

    run_id: str = ""
    name: str = ""
    experiment: str = ""
    store: str = ""
    parent: str = ""
    note: str = ""
    tags: Mapping[str, object] = _NOTHING


def open_run(
    request: Request,
    *,
    store: str,
    experiment: str,
    parent: str,
    on_end: Callable[[Run, Outcome], None],
) -> Run:
    """Start a new run or resume a known one, and write its head.

    ``experiment`` and ``parent`` are what the session has for a request that leaves them open; a
    run that is resumed keeps its own experiment.

    Raises LoggingError or OSError for a wrong place.
    """
    run_id = place.check_run_id(request.run_id) if request.run_id else place.new_run_id()
    if request.run_id and place.is_put_away(Path(store), run_id):
        raise LoggingError(
            f"run {run_id!r} is finished and its journal was removed by packing; it cannot be"
            " resumed: start a new run, with parent_run_id to tell where it comes from"
        )
    found = place.find_run(Path(store), run_id) if request.run_id else None
    experiment = request.experiment or ("" if request.run_id else experiment)
    experiment = experiment or place.DEFAULT_EXPERIMENT
    if found is None:
        experiment_id = place.experiment_folder(experiment)
        folder = f"{store.rstrip('/')}/{experiment_id}/{run_id}"
        is_first = _create(folder)
    else:
        experiment_id, folder, is_first = found.parent.name, str(found), False
    earlier = [] if is_first else _wait_for_head(Path(folder))
    record = _known(Path(folder), earlier) if earlier else None
    nonce = record.nonce if record and record.nonce else os.urandom(12).hex()
    name = request.name or (record.name if record else "") or _default_name(run_id)
    experiment = record.experiment if record and record.experiment else experiment
    head = {
        "schema": SCHEMA,
        "run": run_id,
        "nonce": nonce,
        "experiment": experiment,
        "experiment_id": experiment_id,
        "name": name,
        "user": _user(),
        "parent_run": request.parent or parent or (record.parent_run_id if record else ""),
        "after": {scan.name: scan.count for scan in earlier if _is_over(scan)},
    }
    writer, whole_head = _writer_and_head(head)
    segment = Segment(folder, writer, members({"head": whole_head}))
    segment.open()
    info = RunInfo(
        run_id=run_id,
        run_name=name,
        experiment_id=experiment_id,
        experiment_name=experiment,
        start_time=now_ms(),
        artifact_uri=f"{folder}/artifacts",
    )
    run = Run(info, segment, known=_what_is_known(record), on_end=on_end)
    run.head = whole_head
    if earlier:
        run.memory.forget()  # what it knows of params is not all its own
    if request.tags:
        run.set_tags(request.tags)
    if request.note:
        run.set_note(request.note)
    return run


def fork_segment(run: Run, *, on_open: Callable[[], None]) -> Segment:
    """Return the segment of a forked child, created when the child first logs something."""
    parent = run.segment.name.removesuffix(".jsonl")
    writer, head = _writer_and_head({**run.head, "parent": parent, "after": {}})
    return Segment(run.segment.folder, writer, members({"head": head}), on_open=on_open)


def end_record(outcome: Outcome) -> dict[str, object]:
    """Return what an outcome adds to the ``end`` record."""
    record: dict[str, object] = {"status": outcome.status, "time": now_ms()}
    if outcome.exception:
        record["exception"] = dict(outcome.exception)
    return record


def _writer_and_head(head: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    writer = place.new_writer()
    process = {
        "writer": writer,
        "host": host_digest(),
        "boot": boot_id(),
        "pid": os.getpid(),
        "time": now_ms(),
        "monotonic": time.monotonic_ns() // 1_000_000,
    }
    return writer, {**head, **process}


def _create(folder: str) -> bool:
    """Create a run's folder; tell whether this process did so."""
    try:
        try:
            os.mkdir(folder)
        except FileNotFoundError:
            _create_experiment(Path(folder).parent)
            os.mkdir(folder)
    except FileExistsError:
        return False
    except OSError as error:
        if not is_passing(error):
            raise  # a wrong path; a full disk is the segment's business, which tries again
    return True


def _create_experiment(folder: Path) -> None:
    """Create an experiment's folder and those above it, each with a name that lasts."""
    missing = [above for above in (folder, *folder.parents) if not above.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for above in missing:
        sync_folder(above.parent)


def _wait_for_head(folder: Path) -> list[ReadSegment]:
    """Return the segments that are there.

    One that another process is creating gets a moment to appear.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = [
            scan_segment(path.name, path.read_bytes()) for path in sorted(folder.glob("*.jsonl"))
        ]
        if any(scan.head for scan in found) or time.monotonic() > deadline:
            return found
        time.sleep(0.005)


def _known(folder: Path, earlier: list[ReadSegment]) -> RunRecord:
    contents = [(scan.name, (folder / scan.name).read_bytes()) for scan in earlier]
    return read_segments(contents, run_id=folder.name)[0]


def _what_is_known(record: RunRecord | None) -> Known:
    if record is None:
        return Known()
    counts = {name: summary.points or 0 for name, summary in record.summaries.items()}
    return Known(params=dict(record.params), counts=counts)


def _is_over(scan: ReadSegment) -> bool:
    return scan.is_ended or is_process_alive(scan.head) is False


@lru_cache(maxsize=1)
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


@lru_cache(maxsize=1)
def _program() -> str:
    stem = Path(sys.argv[0]).stem if sys.argv and sys.argv[0] not in ("", "-c", "-m") else ""
    return stem if stem and stem.isprintable() and not stem.startswith("_") else "run"


def _default_name(run_id: str) -> str:
    return f"{_program()}-{run_id[-5:]}"
