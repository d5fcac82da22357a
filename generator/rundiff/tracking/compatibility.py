"""Arguments that MLflow knows and rundiff does not: accepted, with one warning for each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

_warned: set[tuple[str, str]] = set()  # what this process has already been told


def warn_unknown(call: str, arguments: Mapping[str, object]) -> None:
    """Warn once for each argument that a call ignores; None is not worth a warning."""
    for name, value in arguments.items():
        if value is not None and (call, name) not in _warned:
            _warned.add((call, name))
            warnings.warn(f"rundiff.{call}() ignores {name}={value!r}", UserWarning, stacklevel=4)
