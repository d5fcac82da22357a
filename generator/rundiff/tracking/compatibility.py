"""Arguments that MLflow knows and rundiff does not: accepted, with one warning for each.

But for ``run_id``, by which MLflow logs to any run: to ignore it would put one run's values into
another. The id of the run that is logged to is accepted, any other refused.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping

from rundiff.errors import LoggingError

_warned: set[tuple[str, str]] = set()  # what this process has already been told


def warn_unknown(call: str, arguments: Mapping[str, object], run_id: str = "") -> None:
    """Warn once for each argument that a call ignores; None is not worth a warning.

    Raises LoggingError where a call that logs to the run with this id names another.
    """
    for name, value in arguments.items():
        if run_id and name == "run_id" and value is not None:
            if value != run_id:
                raise LoggingError(
                    f"{call}() logs to the active run ({run_id}), not to run_id={value!r}; "
                    "start_run(run_id=…, nested=True) makes that one active"
                )
            continue
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
