"""Where a run's folder lies, and what its ids look like.

A folder's name must be safe on every file system and in every URL, while an experiment may be
called anything: its name goes into the journal, and a slug of it (with a digest where the slug is
not the name) becomes the folder. Run ids are 128 bits, time first, in lower-case base 32, so that
folders sort by start.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

from rundiff.errors import LoggingError

DEFAULT_STORE = "runs"
DEFAULT_EXPERIMENT = "Default"

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_RUN_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9_-]\Z|[A-Za-z0-9]\Z")
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{p}{i}" for p in ("com", "lpt") for i in range(10)}


def new_run_id() -> str:
    """Return 26 characters: 48 bits of milliseconds, 80 of chance, and two that are 0."""
    bits = (time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))) << 2
    return "".join([_DIGITS[bits >> shift & 31] for shift in range(125, -1, -5)])


def new_writer() -> str:
    """Return the name of a segment: when, which process, and chance."""
    seconds, microseconds = divmod(time.time_ns() // 1_000, 1_000_000)
    when = (*time.gmtime(seconds)[:6], microseconds)
    form = "{:04d}{:02d}{:02d}T{:02d}{:02d}{:02d}{:06d}Z-{}-{}"
    return form.format(*when, os.getpid(), os.urandom(8).hex())


def store_path(path: str | os.PathLike[str]) -> str:
    """Return a store's path from the root on, with ``~`` as the home folder."""
    whole = path if isinstance(path, Path) else Path(path)
    return str(whole.expanduser().absolute())


def check_run_id(run_id: object) -> str:
    """Return a run id that is safe as a folder's name, or raise LoggingError."""
    if not isinstance(run_id, str) or not _RUN_ID.match(run_id) or run_id in _RESERVED:
        raise LoggingError(
            f"run id {run_id!r} cannot be used; expected 1 to 64 of a-z, 0-9, '-' and '_',"
            " beginning with a letter or digit"
        )
    return run_id


def experiment_folder(name: str) -> str:
    """Return the folder's name for an experiment: the name itself where that is safe."""
    is_safe = _FOLDER.match(name) and name.split(".", maxsplit=1)[0].lower() not in _RESERVED
    if is_safe:
        return name
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug}-{digest}" if slug else digest


def find_run(store: Path, run_id: str) -> Path | None:
    """Return the folder of a run in a store, or None."""
    try:
        experiments = sorted(entry.path for entry in os.scandir(store) if entry.is_dir())
    except OSError:
        return None
    for experiment in experiments:
        folder = Path(experiment, run_id)
        if folder.is_dir():
            return folder
    return None


def is_put_away(store: Path, run_id: str) -> bool:
    """Tell whether a run is packed, or left only its records when its journal was removed.

    Such a run cannot be resumed: new segments would stand beside records that do not know them.
    """
    folder = find_run(store, run_id)
    if folder is not None and (folder / "run.json").exists():
        return not any(folder.glob("*.jsonl"))
    ending = f'/{run_id}"'.encode()
    return any(ending in path.read_bytes() for path in store.glob("packed-*/runs.json"))
