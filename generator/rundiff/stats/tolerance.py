"""Below the tolerance a delta does not matter: an absolute number, or a share of the baseline.

Whether a delta exceeds it is decided in decimals, as people wrote the numbers: 0.915 against 0.91
is within 0.005, although the doubles differ by a little more.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction

_TOLERANCE = re.compile(r"\s*([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)\s*(%?)\s*", re.ASCII)


def parse_tolerance(text: str) -> tuple[float, bool]:
    """Return the number and whether it is relative; "1%" is (0.01, True).

    Raises ValueError for anything that is not a finite number ≥ 0, with or without a percent sign.
    """
    match = _TOLERANCE.fullmatch(text)
    number = float(match[1]) if match else math.nan
    if match is None or not math.isfinite(number):
        raise ValueError(f"{text!r} is not a tolerance; expected a number ≥ 0 or a share like '1%'")
    return (number / 100, True) if match[2] else (number, False)


def tolerance_size(text: str, baseline: float) -> float:
    """Return the tolerance in units of the metric; 0 where none is declared.

    A tolerance that a record spells in a way nobody understands counts as none, which is the
    strict reading.
    """
    try:
        number, is_relative = parse_tolerance(text) if text else (0.0, False)
    except ValueError:
        return 0.0
    size = number * abs(baseline) if is_relative else number
    return size if math.isfinite(size) else 0.0


def exceeds_tolerance(baseline: float, candidate: float, text: str) -> bool:
    """Return whether two finite numbers are further apart than the tolerance."""
    before, after = Fraction(Decimal(repr(baseline))), Fraction(Decimal(repr(candidate)))
    match = _TOLERANCE.fullmatch(text)
    limit = Fraction(Decimal(match[1])) if match else Fraction(0)
    if match and match[2]:
        limit *= abs(before) / 100
    return abs(after - before) > limit
