"""Artifacts: files beside the journal, each with size and SHA-256 in it.

A file is written under a temporary name and renamed, so that a half-written artifact is never taken
for a whole one; logging the same path again replaces it. A full disk counts as a loss and raises
nothing; a path that leads out of the run does raise.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from rundiff.errors import LoggingError
from rundiff.frozen import dataclass
from rundiff.tracking.checks import param_value
from rundiff.tracking.disk import is_passing

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is to become an artifact: its path in the run, and how to open its bytes."""

    path: str
    open: Callable[[], BinaryIO]


def copies(
    local: Path, artifact_path: str | None, *, run_folder: Path, is_content: bool = False
) -> Iterator[Content]:
    """Yield what a file or folder becomes; with ``is_content`` a folder's own name is left out.

    The store of the run (usually ``./runs``) is left out where it lies in the folder: a run is no
    artifact of itself, nor are the runs beside it.
    """
    if local.is_file():
        yield Content(
            path=check_path(_join(artifact_path, local.name)), open=lambda: local.open("rb")
        )
        return
    if not local.is_dir():
        raise LoggingError(f"artifact {str(local)!r} is neither a file nor a folder")
    base = artifact_path if is_content else _join(artifact_path, local.name)
    for file in list(_files(local, without=(run_folder, run_folder.parent.parent))):
        path = check_path(_join(base, file.relative_to(local).as_posix()))
        yield Content(path=path, open=lambda file=file: file.open("rb"))  # type: ignore[misc]


def _files(local: Path, *, without: Sequence[Path]) -> Iterator[Path]:
    """Yield the files below a folder in the order of their names, but for those in ``without``."""
    avoided = [found for folder in without if (found := _place(folder)) is not None]
    for folder, folders, files in os.walk(local):
        folders[:] = sorted(name for name in folders if _place(Path(folder, name)) not in avoided)
        yield from (file for name in sorted(files) if (file := Path(folder, name)).is_file())


def _place(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from all others, whatever it is called; None where it is gone."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def from_bytes(path: str, data: bytes) -> Content:
    """Return bytes at hand as what is to become an artifact."""
    import io

    return Content(path=check_path(path), open=lambda: io.BytesIO(data))


def dict_bytes(dictionary: object, path: str) -> bytes:
    """Return a dict or list as YAML, where the path says so and PyYAML is loaded, or as JSON."""
    plain = param_value(dictionary)
    yaml = sys.modules.get("yaml")
    if path.endswith((".yaml", ".yml")) and yaml is not None:
        text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
        return text.encode()
    return (json.dumps(plain, indent=2, ensure_ascii=False) + "\n").encode()


def check_path(path: object) -> str:
    """Return an artifact's path as it is recorded: relative, with ``/``, inside the run.

    Raises LoggingError.
    """
    text = str(path) if isinstance(path, str | os.PathLike) else ""
    parts = PurePosixPath(text).parts
    is_inside = parts and not text.startswith("/") and ".." not in parts and "\0" not in text
    if not is_inside or not text.isprintable() or any(len(part.encode()) > 200 for part in parts):
        raise LoggingError(
            f"artifact path {path!r} cannot be used;"
            " expected a relative path such as 'plots/roc.png'"
        )
    return "/".join(parts)


def write_artifact(run_folder: Path, content: Content) -> dict[str, object] | None:
    """Write one artifact and return its record, or None where the disk had no room."""
    target = run_folder / "artifacts" / content.path
    temporary = target.with_name(f".{os.getpid()}-{os.urandom(6).hex()}.tmp")
    digest = hashlib.sha256()
    size = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with content.open() as source, temporary.open("xb") as file:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if is_passing(error):
            return None
        raise
    media_type = mimetypes.guess_type(content.path, strict=False)[0] or ""
    record: dict[str, object] = {"path": content.path, "size": size, "sha256": digest.hexdigest()}
    return record | {"media_type": media_type} if media_type else record


def _join(folder: str | None, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name
