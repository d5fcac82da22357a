"""Statuses, times and metric values as MLflow's backends spell them.

A database clips an infinity to ±1.797e308 and writes NaN as 0 with a mark; a real 1.797…e308 cannot
be told apart from an infinity and reads as one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa

STATUSES = {
    "1": "running", "2": "scheduled", "3": "finished", "4": "failed", "5": "killed",
    "RUNNING": "running", "SCHEDULED": "scheduled", "FINISHED": "finished", "FAILED": "failed",
    "KILLED": "killed",
}  # fmt: skip
LOGGED_MODEL_STATUSES = {"0": "UNSPECIFIED", "1": "PENDING", "2": "READY", "3": "FAILED"}
CLIPPED = 1.7976931348623157e308
LATEST_MS = 253_402_300_800_000  # the year 10,000


def status_of(raw: object) -> tuple[str, str]:
    """Return a run's status (or "scheduled"), and a message where it is none that MLflow has."""
    text = str(raw).strip().removesuffix(".0") if raw is not None else ""
    if not text:
        return "", ""
    found = STATUSES.get(text) or STATUSES.get(text.upper())
    return (found, "") if found else ("", f"{text[:40]!r} is no status that MLflow has")


def metric_value(raw: object, is_nan: object) -> float | None:
    """Return a metric value as it was logged from how a database stores it; None if it is none."""
    if is_nan in (1, True):
        return math.nan
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    value = float(raw) if abs(raw) < CLIPPED else math.inf if raw > 0 else -math.inf
    return value if raw == raw else math.nan  # noqa: PLR0124


def metric_values(values: pa.Array, is_nan: pa.Array) -> pa.Array:
    """Return a column of metric values as they were logged, as ``metric_value`` does."""
    return pc.if_else(pc.equal(is_nan, 1), math.nan, unclipped(values))


def unclipped(values: pa.Array) -> pa.Array:
    """Return a column with the values that a database clipped as the infinities they were."""
    ends = pc.min_max(values).as_py()
    if ends["max"] is None or -CLIPPED < ends["min"] <= ends["max"] < CLIPPED:
        return values
    found = pc.if_else(pc.greater_equal(values, CLIPPED), math.inf, values)
    return pc.if_else(pc.less_equal(values, -CLIPPED), -math.inf, found)


def integer_of(raw: object) -> int | None:
    """Return an integer of whatever type a backend gave it, None if it is none."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    if isinstance(raw, float):
        return int(raw) if math.isfinite(raw) else None
    if isinstance(raw, str):
        try:
            return int(raw) if len(raw) < 40 else None
        except ValueError:
            return None
    return None
