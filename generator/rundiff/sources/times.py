"""Times of foreign records as microseconds since the epoch (UTC)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from rundiff.sources.history import number_of

_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?\s*(?:Z|[+-]\d\d:?\d\d)?\Z"
)
_LATEST = 253_402_300_800  # the year 10,000 in seconds


def micros_of_iso(raw: object) -> int | None:
    """Return an ISO 8601 text as a time; one without a zone counts as UTC."""
    if not isinstance(raw, str) or not _ISO.match(raw.strip()):
        return None
    try:
        moment = datetime.fromisoformat(raw.strip().replace(",", "."))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    difference = moment - epoch
    return (difference.days * 86_400 + difference.seconds) * 1_000_000 + difference.microseconds


def micros_of_seconds(raw: object) -> int | None:
    """Return seconds since the epoch as a time, None for what cannot be one."""
    number = number_of(raw)
    if number is None or not math.isfinite(number.value) or not 0 <= number.value < _LATEST:
        return None
    return round(number.value * 1_000_000)


def micros_of_any(raw: object) -> int | None:
    """Return a time that is ISO text, seconds or milliseconds since the epoch."""
    moment = micros_of_iso(raw)
    if moment is not None:
        return moment
    number = number_of(raw)
    if number is not None and 1e11 <= number.value < _LATEST * 1_000:
        return round(number.value * 1_000)
    return micros_of_seconds(raw)
