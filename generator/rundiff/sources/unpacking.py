"""Unpacking: a pack's runs back into folders of their own, with run.json and metrics.parquet.

Everything is written and synced before the pack goes, by one rename; killed in between, the pack is
still what counts and the next unpacking writes the same files again. run.json is what was packed,
byte for byte, unless its metrics.parquet is now written by another version of Arrow and so has
other bytes; then its digest is brought up to date.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from rundiff.errors import RecordError
from rundiff.records.metrics_parquet import encode_table
from rundiff.records.run import SegmentDigest
from rundiff.records.run_document import run_of
from rundiff.records.run_json import encode_run
from rundiff.records.seal import METRICS, sync_folder, write_atomically
from rundiff.records.strict_json import parse_json
from rundiff.sources.pack_manifest import FOLDER
from rundiff.sources.pack_writer import check_pack, load_run_points
from rundiff.sources.packed import HIDDEN, Pack, PackedRun
from rundiff.sources.packing import RUN_JSON, Outcome, locked
from rundiff.sources.tree import Tree


def unpack_store(store: Path, say: Callable[[str], None]) -> Outcome:
    """Give every packed run its own folder again. Raises RecordError, SourceError or OSError."""
    runs = packs = 0
    with locked(store) as tree:
        for folder in tree.folder().folders:
            if FOLDER.match(folder):
                pack = Pack(tree, folder)
                say(f"checking {folder}")
                check_pack(pack, None)
                _unpack(tree, pack, say)
                runs, packs = runs + pack.manifest.runs, packs + 1
    return Outcome(runs=runs, packs=packs, left=())


def _unpack(tree: Tree, pack: Pack, say: Callable[[str], None]) -> None:
    folder = Path(tree.root, pack.folder)
    metrics: dict[int, SegmentDigest] = {}
    runs = pack.load_runs()
    for run in runs:
        _make_folder(tree, run.path)
    for number, table in load_run_points(pack):
        say(f"writing {runs[number].path}")
        data = encode_table(table)
        write_atomically(Path(tree.root, runs[number].path, METRICS), data)
        digest = hashlib.sha256(data).hexdigest()
        metrics[number] = SegmentDigest(METRICS, len(data), digest)
    for number, path, document in pack.load_documents(range(len(runs))):
        data = _document(runs[number], document, metrics.get(number))
        write_atomically(Path(tree.root, path, RUN_JSON), data)
    for experiment in {Path(tree.root, run.path).parent for run in runs}:
        sync_folder(experiment)
    sync_folder(tree.root)
    hidden = Path(tree.root, f"{HIDDEN}{os.getpid()}-{pack.folder}")
    folder.rename(hidden)
    sync_folder(tree.root)
    shutil.rmtree(hidden)


def _make_folder(tree: Tree, path: str) -> None:
    """Make a run's folder, not through a link: a store that came from somebody may lead anywhere.

    Raises RecordError.
    """
    for part in (path.partition("/")[0], path):
        with contextlib.suppress(FileExistsError):
            Path(tree.root, part).mkdir()
        tree.folder(part)


def _document(run: PackedRun, document: bytes, metrics: SegmentDigest | None) -> bytes:
    """Return the run.json of an unpacked run: as it was, if it names this metrics.parquet."""
    parsed = parse_json(document, location=run.path).value
    if not isinstance(parsed, dict):
        raise RecordError("not a run: expected a JSON object", location=run.path)
    record = run_of(parsed, location=run.path, run_id=run.path.rpartition("/")[2])
    return document if record.metrics == metrics else encode_run(record._replace(metrics=metrics))
