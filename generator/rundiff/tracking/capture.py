"""The environment of a process, captured once in the background and shared by all its runs.

Packages, git and hardware take 100 ms and more; a run of a few milliseconds must not wait for them,
and the second run of a process need not ask again. What is kept is the text of the journal's
record, ready to be written.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from rundiff.tracking.environment import capture_environment
from rundiff.tracking.frames import members


class Capture:
    """Captures once, in a daemon thread, after ``start``."""

    def __init__(self) -> None:
        self.facts: Mapping[str, object] = {}
        self.members = b""
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="rundiff-facts", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until the facts are there, at most so long."""
        if self._thread is not None:
            self._done.wait(seconds)

    def in_child(self) -> Self:
        """Return what a forked child goes on with.

        These facts, or a new attempt if they were not yet there.
        """
        return self if self._done.is_set() else type(self)()

    def _run(self) -> None:
        try:
            facts = {"environment": capture_environment(Path.cwd())}
            self.members = members(facts)
            self.facts = facts
        except (OSError, ValueError):
            self.facts = {}
        finally:
            self._done.set()
