"""The errors that rundiff raises, in one tree.

    RundiffError
    ├── RecordError          a record cannot be understood (also a ValueError)
    ├── LoggingError         a value cannot be logged (also a TypeError and ValueError)
    ├── SourceError          a given source cannot be read at all
    ├── SelectionError       what was asked for is not among the runs
    │   ├── RunNotFoundError
    │   ├── KeyNotFoundError a metric, param or column that no run has
    │   └── FilterError      a filter expression is wrong; knows the position
    ├── GateFileError        gates.toml is wrong; knows line and key
    └── OutputError          an output cannot be written

Each message says what is wrong, where, and what is accepted or what to do next (style.md, "Errors
and the command line"). What is merely unreadable inside a source is not an error but a row of the
``problem`` table.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class RundiffError(Exception):
    """Base of everything that rundiff raises on purpose.

    The command prints its text, not a traceback.
    """


class RecordError(RundiffError, ValueError):
    """A record cannot be understood.

    ``location`` is a path shown to users, ``line`` counts from 1.
    """

    def __init__(self, message: str, *, location: str = "", line: int | None = None) -> None:
        self.message, self.location, self.line = message, location, line
        place = f"{location}:{line}" if line is not None else location
        super().__init__(f"{place}: {message}" if place else message)


class LoggingError(RundiffError, TypeError, ValueError):
    """A logging call was given a key or value that cannot be logged."""


class SourceError(RundiffError):
    """A source that was named on the command line cannot be read at all."""


class SelectionError(RundiffError):
    """What was asked for is not among the runs."""


class RunNotFoundError(SelectionError):
    """No run has the id or name that was asked for."""

    def __init__(self, wanted: str, known: Iterable[str]) -> None:
        super().__init__(f"no run named {wanted!r}; {suggestion(wanted, known)}")


class KeyNotFoundError(SelectionError):
    """No run has the metric, param or column that was asked for."""

    def __init__(self, kind: str, wanted: str, known: Iterable[str]) -> None:
        super().__init__(f"no {kind} named {wanted!r}; {suggestion(wanted, known)}")


class FilterError(SelectionError):
    """A filter expression is wrong; ``position`` counts characters from 0."""

    def __init__(self, message: str, *, expression: str, position: int) -> None:
        self.expression, self.position = expression, position
        super().__init__(
            f"{message} at position {position + 1}\n  {expression}\n  {' ' * position}^"
        )


class GateFileError(RundiffError):
    """A gate file is wrong; the message names file, line and key."""


class OutputError(RundiffError):
    """An output cannot be written."""


def suggestion(wanted: str, known: Iterable[str]) -> str:
    """Return the tail of a message: the closest known name, or the known names (at most eight)."""
    import difflib

    names = sorted(set(known))
    if not names:
        return "there are none"
    close = difflib.get_close_matches(wanted, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(repr(name) for name in names[:8])
    return f"known: {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")
