"""Puts one finished output on disk: whole or not at all, and never over a stranger's file.

An output is written to a temporary file in the same folder, flushed to the disk and renamed, so a
reader sees the old file or the new one and a full disk leaves the old one. A file that is already
there is replaced only if rundiff wrote it (``own_files``). An empty file counts as ours (`mktemp`).
A symbolic link is followed, so that a link in a published folder stays a link; a device or pipe
(`/dev/stdout`) is written to directly.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from rundiff.errors import OutputError
from rundiff.own_files import LOOK, is_marked

if TYPE_CHECKING:
    from pathlib import Path


def check_target(path: Path, *, force: bool) -> None:
    """Raise an OutputError if the file cannot or must not be written; writes nothing."""
    try:
        target = path.resolve()
        if target.is_dir():
            raise OutputError(f"{path}: is a folder; name a file in it")
        if not target.parent.is_dir():
            raise OutputError(f"{path}: its folder does not exist; create it first")
        if force or not target.is_file() or _is_ours(target, path.suffix.lower()):
            return
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    raise OutputError(
        f"{path}: was not written by rundiff; give --force (force=True in Python) to overwrite it, "
        "or name another file"
    )


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """Write the whole file at once; a crash or a full disk leaves what was there before."""
    check_target(path, force=force)
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".rundiff-{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            if target.is_file():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_ours(target: Path, suffix: str) -> bool:
    """Return whether the file carries the mark of its format, or is empty."""
    with target.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if suffix == ".parquet":
            file.seek(max(0, size - 4 * LOOK))
            shown = file.read()
        else:
            shown = file.read(LOOK)
    return size == 0 or is_marked(suffix, shown)
