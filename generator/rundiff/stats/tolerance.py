"""Below the tolerance a delta does not matter: an absolute number, or a share of the baseline.

Whether a delta exceeds it is decided in decimals, as people wrote the numbers: 0.915 against 0.91
is within 0.005, although the doubles differ by a little more.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

_TOLERANCE = re.compile(r"\s*([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)\s*(%?)\s*", re.ASCII)


def parse_tolerance(text: str) -> tuple[float, bool]:
    """Return the number and whether it is relative; "1%" is (1.0, True).

    Raises ValueError for anything that is not a finite number ≥ 0, with or without a percent sign.
    """
    match = _TOLERANCE.fullmatch(text)
    number = float(match[1]) if match else math.nan
    if match is None or not math.isfinite(number):
        raise ValueError(f"{text!r} is not a tolerance; expected a number ≥ 0 or a share like '1%'")
    return number, bool(match[2])


def tolerance_size(text: str, baseline: float) -> float:
    """Return the tolerance in units of the metric; 0 where none is declared."""
    number, is_relative = _declared(text)
    size = number / 100 * abs(baseline) if is_relative else number
    return size if math.isfinite(size) else 0.0


def exceeds_tolerance(baseline: float, candidate: float, text: str) -> bool:
    """Return whether two numbers are further apart than the tolerance; NaN is far from any."""
    if not (math.isfinite(baseline) and math.isfinite(candidate)):
        return baseline != candidate
    before, after = Fraction(repr(baseline)), Fraction(repr(candidate))
    number, is_relative = _declared(text)
    limit = Fraction(repr(number))
    return abs(after - before) > (limit * abs(before) / 100 if is_relative else limit)


def _declared(text: str) -> tuple[float, bool]:
    """Return a tolerance as it is parsed.

    One that a record spells in a way nobody understands counts as none, which is the strict
    reading.
    """
    try:
        return parse_tolerance(text or "0")
    except ValueError:
        return 0.0, False
