"""Reading of untrusted folders: no link is followed, nothing outside the given path is ever opened.

The path that the user names may itself be a symlink; below it every component is opened with
``O_NOFOLLOW`` relative to its parent's descriptor, so that neither a link nor a swap between check
and open can lead outside (research/security.md, row 20: resolve-then-open leaked 78 of 30,000
races, this 0 of 300,000). Only regular files are read, sizes come from ``fstat`` and are checked
before reading.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import RecordError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_BYTES = 1 << 30
MAX_DEPTH = 24
_SMALL = 65_536
_OUTSIDE = frozenset({".", ".."})
_MAX_KEPT = 64 << 20
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class Folder(NamedTuple):
    """Names in one folder, sorted.

    ``path`` is relative to the tree, "" for its root; ``links`` are symlinks, never followed.
    """

    path: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    links: tuple[str, ...] = ()

    def join(self, name: str) -> str:
        """Return the path of an entry, relative to the tree."""
        return f"{self.path}/{name}" if self.path else name


def _remedy(given: str) -> str:
    """Say what to do about a source that is no path; "" where it may be one."""
    if _ADDRESS.match(given):
        return "no runs are read from such an address; copy them to a folder first"
    is_pipe = given == "-" or given.startswith(("/dev/stdin", "/dev/fd/"))
    return "a pipe is not read; write it to a file first" if is_pipe else ""


class Tree:
    """A folder (or one file) that the user named.

    Paths are relative to it, with "/" between components.
    """

    def __init__(self, given: str | os.PathLike[str]) -> None:
        self.given = os.fspath(given)
        self.only_file: str | None = None
        # The folder itself, and those on the way to the last one used, each with a slash behind it.
        self._chain: list[tuple[str, int]] = []
        self._heads: dict[str, bytes] = {}  # small files, read whole when their head was asked for
        self._room = _MAX_KEPT
        if not self.given:  # else it would be the folder one is in
            raise SourceError("cannot read '': a path is empty; is a variable not set?")
        try:
            root = os.path.realpath(self.given, strict=True)
            named = Path(self.given).name
            self.label = named if named not in ("", "..") else Path(root).name or "."
            if stat.S_ISREG(Path(root).stat().st_mode):
                root, self.only_file = os.path.split(root)
            self._chain.append(("", os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)))
        except OSError as error:
            why = _remedy(self.given) or error.strerror
            raise SourceError(f"cannot read {self.given!r}: {why}") from error
        self.root = root
        self.shown = self.label  # more of the path where another source is called the same

    def close(self) -> None:
        """Close all descriptors."""
        while self._chain:
            os.close(self._chain.pop()[1])

    def __del__(self) -> None:
        self.close()

    def folder(self, path: str = "") -> Folder:
        """Return the names in a folder; raises RecordError when it cannot be listed."""
        if self.only_file is not None and not path:
            return Folder(path="", files=(self.only_file,), folders=())
        files: list[str] = []
        folders: list[str] = []
        links: list[str] = []
        try:
            with os.scandir(self._enter(path)) as entries:
                for entry in entries:
                    kind = (
                        links
                        if entry.is_symlink()
                        else folders
                        if entry.is_dir(follow_symlinks=False)
                        else files
                    )
                    kind.append(entry.name)
        except OSError as error:
            raise RecordError(
                f"cannot list the folder: {error.strerror}", location=self.show(path)
            ) from error
        return Folder(
            path=path,
            files=_sorted(files),
            folders=_sorted(folders),
            links=_sorted(links),
        )

    def read(self, path: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        """Return a file's bytes.

        Raises RecordError when it is no regular file, too large or unreadable.
        """
        found = self._heads.pop(path, None)
        if found is not None:
            self._room += len(found)
        else:
            fd = self.open(path)
            try:
                found = _read_all(fd, limit)
            except OSError as error:
                raise RecordError(
                    f"cannot be read: {error.strerror or error}", location=self.show(path)
                ) from error
            finally:
                os.close(fd)
        if len(found) > limit:
            message = f"{len(found):,} bytes; at most {limit:,} are read"
            raise RecordError(message, location=self.show(path))
        return found

    def read_files(self, folder: Folder) -> Iterator[tuple[str, bytes | RecordError]]:
        """Yield the name and bytes of each file of a folder, or why it cannot be read.

        The folder is opened once, which halves the cost of stores with a small file per value.
        """
        if not folder.files:
            return
        try:
            fd = self._open(folder.path, _FOLDER_FLAGS)
        except RecordError as error:
            yield from ((name, error) for name in folder.files)
            return
        try:
            for name in folder.files:
                try:
                    yield name, _read_at(fd, name, MAX_FILE_BYTES)
                except OSError as error:
                    place = self.show(folder.join(name))
                    reason = error.strerror or str(error)
                    yield name, RecordError(f"cannot be read: {reason}", location=place)
        finally:
            os.close(fd)

    def read_head(self, path: str, size: int) -> bytes:
        """Return a file's first bytes, to see what it is; nothing where it cannot be read.

        A small file is read whole and kept for ``read``: one look at it serves both.
        """
        found = self._heads.get(path)
        if found is None:
            try:
                fd = self.open(path)
            except RecordError:
                return b""
            try:
                found = os.read(fd, max(size, _SMALL))
            except OSError:
                return b""
            finally:
                os.close(fd)
            if len(found) < _SMALL and len(found) < self._room:
                self._heads[path] = found
                self._room -= len(found)
        return found[:size]

    def open(self, path: str) -> int:
        """Return a descriptor of a regular file, for the caller to close; raises RecordError."""
        fd = self._open(path, _FILE_FLAGS)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise RecordError("not a regular file", location=self.show(path))
        return fd

    def exists(self, path: str) -> bool:
        """Tell whether a regular file or a folder is there, without following links."""
        try:
            os.close(self._open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC))
        except RecordError:
            return False
        return True

    def leads_inside(self, path: str) -> bool:
        """Tell whether a symbolic link leads to what is met in the tree without it."""
        try:
            target = os.path.realpath(f"{self.root}/{path}")
        except OSError:  # a link that may not be read, as some of /proc
            return False
        return f"{target}/".startswith(f"{self.root.rstrip('/')}/") and os.path.exists(target)

    def size(self, path: str) -> int:
        """Return a regular file's size in bytes."""
        fd = self.open(path)
        try:
            return os.fstat(fd).st_size
        finally:
            os.close(fd)

    def walk(self, path: str = "", depth: int = 0) -> Iterator[Folder]:
        """Yield a folder and all below it, parents first, in sorted order.

        Unreadable ones are left out.
        """
        try:
            here = self.folder(path)
        except RecordError:
            return
        yield here
        if depth < MAX_DEPTH:
            for name in here.folders:
                yield from self.walk(here.join(name), depth + 1)

    def show(self, path: str) -> str:
        """Return a path as shown to users: under the name of what was given, never absolute."""
        if self.only_file is not None or not path:
            return self.shown
        return f"{self.shown}/{path}"

    def _open(self, path: str, flags: int) -> int:
        at, folder = self._chain[-1]
        name = path[len(at) :]
        if "/" in name or not path.startswith(at):
            inner, _, name = path.rstrip("/").rpartition("/")
            folder = self._enter(inner)
        if name in _OUTSIDE or "\0" in name:
            raise self._leads_outside(path)
        try:
            return os.open(name or ".", flags, dir_fd=folder)
        except OSError as error:
            raise RecordError(
                f"cannot be opened: {error.strerror}", location=self.show(path)
            ) from error

    def _leads_outside(self, path: str) -> RecordError:
        return RecordError("leads outside the given path", location=self.show(path))

    def _enter(self, path: str) -> int:
        """Return the descriptor of a folder, which stays open as long as it is on the way.

        A walk opens each folder once. Raises RecordError.
        """
        sought = path + "/" * (path != "")
        while not sought.startswith(self._chain[-1][0]):
            os.close(self._chain.pop()[1])
        at, fd = self._chain[-1]
        if at == sought:
            return fd
        try:
            for name in filter(None, sought[len(at) :].split("/")):
                if name in _OUTSIDE or "\0" in name:
                    raise self._leads_outside(path)
                fd = os.open(name, _FOLDER_FLAGS, dir_fd=fd)
                at = f"{at}{name}/"
                self._chain.append((at, fd))
        except OSError as error:
            raise RecordError(
                f"cannot be opened: {error.strerror}", location=self.show(path)
            ) from error
        return fd


def _sorted(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted(names)) if names else ()


def _read_all(fd: int, limit: int) -> bytes:
    """Return the bytes of an open file; one byte beyond the limit at most."""
    size = os.fstat(fd).st_size
    if size > limit:
        raise OSError(f"{size:,} bytes; at most {limit:,} are read")
    found = os.read(fd, size + 1)
    if len(found) == size:
        return found
    parts = [found]  # a long file, or one that is being written
    while parts[-1] and sum(map(len, parts)) <= limit:
        parts.append(os.read(fd, 1 << 20))
    return b"".join(parts)[: limit + 1]


def _read_at(folder: int, name: str, limit: int) -> bytes:
    """Return the bytes of a regular file in an open folder; raises OSError."""
    fd = os.open(name, _FILE_FLAGS, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError("not a regular file")
        return _read_all(fd, limit)
    finally:
        os.close(fd)
