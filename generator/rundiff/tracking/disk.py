"""What the writer of a segment asks of the disk beside writing, and which refusals can pass."""

from __future__ import annotations

import errno
import os
import sys

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_PASSING = {
    errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EINTR, errno.EAGAIN, errno.ESTALE, errno.EMFILE,
    errno.ENFILE, errno.ENOMEM, errno.ETIMEDOUT, errno.EFBIG,
}  # fmt: skip


def is_passing(error: OSError) -> bool:
    """Tell whether an error can pass (no room, a hiccup of the disk), unlike a wrong path."""
    return error.errno in _PASSING


def create_file(path: str) -> int:
    """Create a file that is only appended to, and its folder if it is not there."""
    try:
        return os.open(path, _FLAGS, 0o666)
    except FileNotFoundError:  # there was no room for the folder when the run was started
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, _FLAGS, 0o666)


def start_write_out(fd: int) -> None:
    """Have the disk begin to write what a file holds, without waiting for it."""
    if sys.platform == "linux":  # where this advice about the cache does so
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def sync_data(fd: int) -> None:
    """Make what a file holds survive a power cut."""
    getattr(os, "fdatasync", os.fsync)(fd)  # macOS has only the one that syncs its times as well


def read_all(fd: int) -> bytes:
    """Return what lies in a file, by the descriptor that it was appended through."""
    size = os.lseek(fd, 0, os.SEEK_END)  # a third of what fstat takes
    written = os.pread(fd, size, 0)
    while len(written) < size:  # one call reads 2 GB at most
        more = os.pread(fd, size - len(written), len(written))
        if not more:
            break
        written += more
    return written
