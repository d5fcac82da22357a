"""What is going on, on stderr, when it is a terminal and the work takes more than a second.

rich is imported only then, in a thread of its own, so that quick work does not pay for it.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.status import Status

PATIENCE_SECONDS = 1.0


class Progress:
    """Shows one line that says what is being done; leaves nothing behind."""

    def __init__(self) -> None:
        self._message = ""
        self._status: Status | None = None
        self._shown = ExitStack()
        self._lock = threading.Lock()
        self._timer = threading.Timer(PATIENCE_SECONDS, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._message = ""
            self._shown.close()

    def say(self, message: str) -> None:
        """Change the line."""
        with self._lock:
            self._message = message
            if self._status is not None:
                self._status.update(message)

    def _show(self) -> None:
        from rich.console import Console

        with self._lock:
            if self._message:
                console = Console(stderr=True, markup=False)
                self._status = self._shown.enter_context(console.status(self._message))
