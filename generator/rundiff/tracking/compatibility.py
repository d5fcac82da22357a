"""Arguments that MLflow knows and rundiff does not: accepted, with one warning for each."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping

_warned: set[tuple[str, str]] = set()  # what this process has already been told


def warn_unknown(call: str, arguments: Mapping[str, object]) -> None:
    """Warn once for each argument that a call ignores; None is not worth a warning."""
    for name, value in arguments.items():
        if value is not None and (call, name) not in _warned:
            _warned.add((call, name))
            message = f"rundiff.{call}() ignores {name}={value!r}"
            warnings.warn(message, UserWarning, stacklevel=_callers_level())


def _callers_level() -> int:
    """Return the stack level of the user's own line, however many calls of ours lie between."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("rundiff."):
        level, frame = level + 1, frame.f_back
    return level - 1
