"""Telling whether the process that wrote a segment still lives.

Same host, same boot, and the kernel knows its id.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def host_digest() -> str:
    """Return sixteen hex digits that stand for this host's name, which itself is not recorded."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Return the kernel's id of this boot, empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def is_process_alive(head: Mapping[str, object]) -> bool | None:
    """Tell from a head record whether its process lives.

    None where that cannot be known from here.
    """
    pid = head.get("pid")
    if head.get("host") != host_digest() or not isinstance(pid, int) or not 0 < pid < 1 << 31:
        return None
    if head.get("boot") != boot_id():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]
