"""Keeps the garbage collector from looking through rows that hold no cycles."""

from __future__ import annotations

import gc
from contextlib import contextmanager

TYPE_CHECKING = False  # of typing, which takes longer to import than the rest of `rundiff --help`
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_collection() -> Iterator[None]:
    """Let nothing be collected meanwhile.

    While runs are read the collector would look through them again and again, for three times the
    cost of reading them; in a command that ends soon it costs a thirtieth and finds nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
