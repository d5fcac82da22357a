"""How a run ended: its status and, where an exception ended it, which one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from rundiff.errors import LoggingError
from rundiff.frozen import dataclass
from rundiff.records.redaction import redact_text
from rundiff.tracking.trace import render_traceback, shorten_paths

FINISHED, FAILED, KILLED = "finished", "failed", "killed"
_STATUSES = {name.upper(): name for name in (FINISHED, FAILED, KILLED, "running", "scheduled")}
_MAX_TRACEBACK = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run's end. ``status`` is empty for a process that only took part in it."""

    status: str
    exception: Mapping[str, str] = field(default_factory=dict)


def status_of(name: object) -> str:
    """Return a status as the journal spells it, or raise LoggingError."""
    found = _STATUSES.get(str(name).upper())
    if found is None:
        raise LoggingError(f"status {name!r} is not known; expected FINISHED, FAILED or KILLED")
    return found


def outcome_of(error: BaseException | None) -> Outcome:
    """Return what the exception that left a with block, if any, makes of the run."""
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return Outcome(status=FINISHED)
    exception = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        "message": shorten_paths(redact_text(str(error)))[:_MAX_TRACEBACK],
        "traceback": render_traceback(error, limit=_MAX_TRACEBACK),
    }
    is_stopped = isinstance(error, KeyboardInterrupt | GeneratorExit)
    return Outcome(status=KILLED if is_stopped else FAILED, exception=exception)
