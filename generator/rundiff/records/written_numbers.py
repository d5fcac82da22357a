"""Numbers and times as people write them in JSON: as text, NaN as a word, times in ISO or epoch."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from rundiff.records.segments import to_double

_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*\Z", re.ASCII)
_WORDS = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf,
          "infinity": math.inf, "+infinity": math.inf, "-infinity": -math.inf}  # fmt: skip
_EXACT = 1 << 53


def time_ms(value: object) -> int | None:
    """Return a time as ms since the epoch, from ISO 8601, seconds or milliseconds.

    None for anything else.
    """
    if isinstance(value, str) and value.isdigit() and value.isascii() and len(value) < 16:
        value = int(value)
    if type(value) is int and 0 <= value < 250_000_000_000_000:  # as most are
        return value if value >= 100_000_000_000 else value * 1_000
    number = number_in(value)
    if number is not None:
        double = number[0]
        if not math.isfinite(double) or not 0 <= double < 2.5e14:
            return None
        return round(double) if double >= 1e11 else round(double * 1_000)
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000)


def number_in(value: object) -> tuple[float, str | None] | None:
    """Return a double and, where it is not exact, the integer's text; numbers may come as text."""
    if isinstance(value, str):
        value = _number_of_text(value.strip())
    if isinstance(value, float):
        return value, None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    double = to_double(value)
    is_exact = abs(value) <= _EXACT or (math.isfinite(double) and int(double) == value)
    return double, None if is_exact else str(value)


def _number_of_text(text: str) -> int | float | None:
    if len(text) > 400:
        return None
    if not _NUMBER.match(text):
        return _WORDS.get(text.lower())
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def double_in(value: object) -> float | None:
    """Return a double, or None for what is no number."""
    number = number_in(value)
    return None if number is None else number[0]
