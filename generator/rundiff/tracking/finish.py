"""Turning an ended run into records.

Run.json at once, metrics.parquet without making the training wait.

run.json of a journal of ordinary size is written here (0.3 ms). metrics.parquet needs pyarrow,
whose import takes half a second: it is written here only if the program has imported pyarrow
anyway, otherwise by a child process (``python -m rundiff.records.seal``), one at a time, many runs
each. A journal of more than 8 MB goes to the child whole. At exit the child is waited for, up to
half a minute; if it fails or is killed, the journal is still there and is what readers use.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time

from rundiff.records.seal import Sealed, scan_folder, seal_run
from rundiff.records.segments import Segment

_INLINE_BYTES = 8 << 20
_EXIT_SECONDS = 30.0


class Finisher:
    """Seals ended runs, here or in a child."""

    def __init__(self) -> None:
        self.is_hurried = False  # the process is being terminated: nothing that can take long
        self._pending: list[str] = []
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()

    def finish(self, folder: str, known: Segment | None) -> bool:
        """Write the records of an ended run; tell whether that was done and their names synced.

        What fails is left to the journal.

        ``known`` is this process's segment, if it remembers what it wrote.
        """
        try:
            segments = scan_folder(folder, known=known, limit=_INLINE_BYTES)
            if segments is None:
                self._pending.append(folder)
                return False
            is_ready = "pyarrow" in sys.modules and not self.is_hurried
            sealed = seal_run(folder, segments, with_metrics=is_ready)
        except OSError:
            return False
        if sealed is Sealed.WITHOUT_METRICS:
            self._pending.append(folder)
        return sealed is not Sealed.NOT

    def start_pending(self) -> None:
        """Hand what is waiting to a child process, if none is at work."""
        with self._lock:
            if not self._pending or (self._child is not None and self._child.poll() is None):
                return
            folders, self._pending = self._pending[:200], self._pending[200:]
            with contextlib.suppress(OSError):
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "rundiff.records.seal", *folders],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "RUNDIFF_SEALING": "1"},
                )

    def wait(self) -> None:
        """Let the child finish, as the process is about to end."""
        if self.is_hurried:
            return
        deadline = time.monotonic() + _EXIT_SECONDS
        while self._pending or self._child is not None:
            self.start_pending()
            if self._child is None:
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(max(deadline - time.monotonic(), 0.1))
            if self._child.poll() is None:
                return
            self._child = None
