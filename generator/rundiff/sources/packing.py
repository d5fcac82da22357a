"""Packing: the records of finished runs into packs, and what is packed out of the way.

A pack is written into a hidden folder, synced, read back and compared with what it was made from,
and appears by one rename; only then are journals, metrics.parquet and run.json of its runs removed,
artifacts never. So a packing that is killed leaves either the runs as they were or a whole pack and
perhaps runs that have not been removed yet, which readers recognise and the next packing removes.
What is not known to be whole is not packed: a journal is the only thing that a damaged or
interrupted run can still be read from.

One packer at a time holds a lock on the store's folder, which the kernel takes back if it is
killed; writers of runs neither look at it nor are held up.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rundiff.errors import RecordError, SourceError
from rundiff.frozen import dataclass
from rundiff.records.journal import read_segments
from rundiff.records.metrics_parquet import SCHEMA as POINTS
from rundiff.records.metrics_parquet import encode_table, sorted_points
from rundiff.records.run import RunRecord, RunState
from rundiff.records.run_json import encode_run, is_document_of
from rundiff.records.seal import METRICS, seal_run, sync_folder
from rundiff.records.segments import scan_segment
from rundiff.sources import native
from rundiff.sources.base import Claim
from rundiff.sources.native_points import Found
from rundiff.sources.pack_manifest import FOLDER, MAX_RUNS
from rundiff.sources.pack_writer import write_pack
from rundiff.sources.packed import HIDDEN, Pack, PackedRun, identity_of
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.tree import Tree

if TYPE_CHECKING:
    import pyarrow as pa

RUN_JSON = "run.json"
MAX_POINTS, MAX_BYTES = 20_000_000, 64 << 20
_ENDED = ("finished", "failed", "killed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A run that can be packed: its record, the bytes of its run.json, how to get its points."""

    path: str
    record: RunRecord
    document: bytes
    load_points: Callable[[], pa.Table]

    @property
    def point_count(self) -> int:
        """How many points its summaries count."""
        return sum(summary.points or 0 for summary in self.record.summaries.values())


@dataclass(slots=True, kw_only=True)
class _Batch:
    """Runs for one pack, which is read in one go and so must stay of a size for that."""

    runs: list[Whole]
    points: int = 0
    size: int = 0

    def add(self, run: Whole) -> None:
        self.runs.append(run)
        self.points += run.point_count
        self.size += len(run.document)

    @property
    def is_full(self) -> bool:
        return len(self.runs) >= MAX_RUNS or self.points >= MAX_POINTS or self.size >= MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done: how many runs, in how many packs, and which runs were left as they are."""

    runs: int
    packs: int
    left: tuple[tuple[str, str], ...]


@contextlib.contextmanager
def locked(store: Path) -> Iterator[Tree]:
    """Open a store for changing it. Raises SourceError while another process does."""
    tree = Tree(store)
    lock = os.open(tree.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in tree.folder().folders:
            if name.startswith(HIDDEN):  # of one that was killed
                shutil.rmtree(Path(tree.root, name))
        yield tree
    except BlockingIOError:
        raise SourceError(f"{str(store)!r} is being packed or unpacked already") from None
    finally:
        os.close(lock)
        tree.close()


def pack_store(store: Path, say: Callable[[str], None]) -> Outcome:
    """Pack every run of a store that is known to be whole. Raises SourceError or OSError."""
    with locked(store) as tree:
        packed: set[str] = set()
        for folder in tree.folder().folders:
            if FOLDER.match(folder):
                pack = Pack(tree, folder)
                packed.update(_remove_packed(tree, pack, say))
        left: list[tuple[str, str]] = []
        batch = _Batch(runs=[])
        runs = packs = 0
        for path, found in _candidates(tree):
            if path in packed:
                left.append((path, "another run with its id is packed already"))
            elif isinstance(found, str):
                left.append((path, found))
            else:
                batch.add(found)
                say(f"read {path}")
            if batch.is_full:
                runs, packs = runs + _pack(tree, batch.runs, say), packs + 1
                batch = _Batch(runs=[])
        if batch.runs:
            runs, packs = runs + _pack(tree, batch.runs, say), packs + 1
        return Outcome(runs=runs, packs=packs, left=tuple(left))


def drop_journals(store: Path, say: Callable[[str], None]) -> Outcome:
    """Remove the journals of runs whose records hold all of it. Raises SourceError or OSError."""
    left: list[tuple[str, str]] = []
    runs = 0
    with locked(store) as tree:
        for path, found in _candidates(tree):
            folder = Path(tree.root, path)
            journals = sorted(folder.glob("*.jsonl"))
            if isinstance(found, str):
                left.append((path, found))
            elif journals:
                say(f"checking {path}")
                reason = _seal_again(tree, path, folder)
                if reason:
                    left.append((path, reason))
                    continue
                for journal in journals:
                    journal.unlink()
                sync_folder(folder)
                runs += 1
    return Outcome(runs=runs, packs=0, left=tuple(left))


def _seal_again(tree: Tree, path: str, folder: Path) -> str:
    """See to it that the records hold what the journal does; return why they do not."""
    segments = [scan_segment(each.name, each.read_bytes()) for each in folder.glob("*.jsonl")]
    expected = encode_table(sorted_points(read_segments(_segments(tree, path))[0].points))
    metrics = folder / METRICS
    has_points = any(len(segment.points) for segment in segments)
    if has_points and not (metrics.exists() and metrics.read_bytes() == expected):
        seal_run(folder, segments, with_metrics=True)
        if metrics.read_bytes() != expected:
            return "its metrics.parquet does not hold what its journal does"
    elif not (folder / RUN_JSON).exists():
        seal_run(folder, segments, with_metrics=True)
    return ""


def _candidates(tree: Tree) -> Iterator[tuple[str, Whole | str]]:
    """Yield every run of a store that is not packed, or why it cannot be."""
    for experiment in tree.folder().folders:
        if FOLDER.match(experiment) or experiment.startswith("."):
            continue
        for name in tree.folder(experiment).folders:
            folder = tree.folder(f"{experiment}/{name}")
            for claim in native.find_run(tree, folder):
                strange = [
                    file
                    for file in (*folder.files, *folder.folders, *folder.links)
                    if file not in claim.consumed and not _is_temporary(file)
                ]
                if strange:
                    yield folder.path, f"it holds {strange[0]!r}, which is no record of rundiff's"
                    continue
                try:
                    found = native.read_run(tree, claim, now_ms=None)
                    yield folder.path, _whole(tree, folder.path, found)
                except RecordError as error:
                    yield folder.path, str(error)


def _whole(tree: Tree, path: str, found: list[Found]) -> Whole | str:
    """Return a run if everything about it is known to be there, or why not."""
    if len(found) != 1:
        return "two different runs carry its id"
    record = found[0].record
    if record.state is not RunState.COMPLETE or record.status not in _ENDED or record.lost:
        return f"it is {record.state.value}, {record.status or 'without a status'}"
    if not record.nonce or record.run_id != path.rpartition("/")[2]:
        return "it was not written by rundiff"
    segments = _segments(tree, path)
    document = b""
    if tree.exists(f"{path}/{RUN_JSON}"):
        document = tree.read(f"{path}/{RUN_JSON}")
    if segments:
        (logged,) = read_segments(segments, run_id=record.run_id)
        plain = logged._replace(metrics=record.metrics)
        if document and not is_document_of(plain, document):
            return "its run.json does not say what its journal does"
        document = document or encode_run(plain)
        return Whole(path=path, record=record, document=document,
                     load_points=lambda: sorted_points(logged.points))  # fmt: skip
    return Whole(path=path, record=record, document=document,
                 load_points=lambda: _recorded_points(tree, found[0]))  # fmt: skip


def _recorded_points(tree: Tree, found: Found) -> pa.Table:
    """Return the points of a run that has no journal any more. Raises RecordError."""
    path = f"{found.path}/{METRICS}"
    if found.record.metrics is None:
        return POINTS.empty_table()
    if hashlib.sha256(tree.read(path)).hexdigest() != found.record.metrics.sha256:
        raise RecordError("is not the file that run.json names", location=tree.show(path))
    with ParquetReader() as reader:
        return reader.read(tree, path, max_cells=1 << 40).combine_chunks()


def _segments(tree: Tree, path: str) -> list[tuple[str, bytes]]:
    names = [name for name in tree.folder(path).files if name.endswith(".jsonl")]
    return [(name, tree.read(f"{path}/{name}", limit=4 << 30)) for name in names]


def _pack(tree: Tree, batch: list[Whole], say: Callable[[str], None]) -> int:
    """Write a pack, remove what it was made from, and return the number of its runs."""
    hidden = f"{HIDDEN}{os.getpid()}-{os.urandom(4).hex()}"
    rows = [
        (run.path, run.record, run.document, run.load_points)
        for run in sorted(batch, key=lambda run: run.path)
    ]
    try:
        folder = write_pack(tree, hidden, rows, say)
    except BaseException:
        shutil.rmtree(Path(tree.root, hidden), ignore_errors=True)
        raise
    _remove_packed(tree, Pack(tree, folder), say)
    return len(batch)


def _remove_packed(tree: Tree, pack: Pack, say: Callable[[str], None]) -> list[str]:
    """Remove the records of packed runs where they are what was packed; return all their paths."""
    runs = pack.load_runs()
    for run in runs:
        folder = Path(tree.root, run.path)
        if folder.is_dir() and _is_as_packed(tree, run):
            say(f"removing what is packed of {run.path}")
            for name in sorted(os.listdir(folder), key=lambda name: name == RUN_JSON):
                if name.endswith(".jsonl") or name in (METRICS, RUN_JSON) or _is_temporary(name):
                    (folder / name).unlink()
            with contextlib.suppress(OSError):  # artifacts stay where they are
                folder.rmdir()
                folder.parent.rmdir()
    return [run.path for run in runs]


def _is_as_packed(tree: Tree, run: PackedRun) -> bool:
    """Tell whether a folder holds what is packed, or the rest of it, and nothing newer."""
    try:
        folder = tree.folder(run.path)
        if RUN_JSON in folder.files:
            (found,) = native.read_run(
                tree, Claim(path=run.path, kind=native.KIND, consumed=frozenset({RUN_JSON})),
                now_ms=None,
            )  # fmt: skip
            known = {segment.name for segment in found.record.segments}
            journals = {name for name in folder.files if name.endswith(".jsonl")}
            return identity_of(found.record) == run.identity and journals <= known
        segments = _segments(tree, run.path)
        records = read_segments(segments, run_id=run.path.rpartition("/")[2])
        return [identity_of(record) for record in records] == [run.identity]
    except (RecordError, ValueError):
        return False


def _is_temporary(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")
