"""The series as bytes for the script: exact where few, reduced to a stated bound where not.

Up to ``EXACT_POINTS`` points in all, every point goes out as doubles. Beyond, each series keeps
first, last, lowest and highest of so many pixel columns that the page stays within its budget, and
values become shares of the series' range; ``bound`` says how far a value can be off. Steps
stay exact. Regular steps and times need no bytes.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
import sys
from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, TypedDict

from rundiff.charts.sampling import m4

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Series

EXACT_POINTS = 20_000
MOST_POINTS = 19_000
MOST_COLUMNS = 400
LEVELS, MISSING_LEVEL = 65_534, 65_535
VALUE_STEP, TIME_STEP = 64, 256  # of LEVELS


class Encoded(TypedDict, total=False):
    """One array: f (f64, d16 or seq), o (place), a and b (range, or first and increment)."""

    f: str
    o: int
    a: float
    b: float


class Item(TypedDict):
    """One series; ``n`` of its ``of`` points are here."""

    key: str
    run: int
    n: int
    of: int
    x: Encoded
    y: Encoded
    t: Encoded | None


class Payload(TypedDict):
    """All series.

    ``data``: doubles (f64, ``o`` in bytes), then at byte ``planes`` the low bytes of all ``shorts``
    16-bit numbers, then their high bytes (d16, ``o`` counts numbers). Each d16 number is the
    difference from the one before, modulo 65,536: curves are smooth, so gzip packs that to half.
    ``items``: a list of ``Item`` as JSON. Both gzipped, in base64.
    """

    data: str
    items: str
    planes: int
    shorts: int
    bound: str | None


class _Buffer:
    """Collects arrays."""

    def __init__(self) -> None:
        self.doubles, self.shorts = array("d"), array("H")

    def exact(self, values: Sequence[float]) -> Encoded:
        regular = _regular(values)
        if regular is not None:
            return regular
        offset = len(self.doubles) * 8
        self.doubles.extend(values)
        return {"f": "f64", "o": offset}

    def scaled(self, values: Sequence[float], *, step: int) -> Encoded:
        """Add values as shares of their range, in steps of ``step`` of LEVELS."""
        finite = [value for value in values if math.isfinite(value)]
        low, high = _rounded_range(finite)
        factor = LEVELS / (high - low) if high > low else 0.0
        has_infinities = any(map(math.isinf, values))
        if has_infinities or not (math.isfinite(factor) and math.isfinite(high - low)):
            return self.exact(values)  # beyond what a share can say
        half = step / 2
        codes = [
            MISSING_LEVEL
            if math.isnan(value)
            else min(int(((value - low) * factor + half) // step) * step, LEVELS)
            for value in values
        ]
        return self._coded(codes, low, high)

    def steps(self, values: Sequence[float]) -> Encoded:
        """Add whole steps as they are."""
        regular = _regular(values)
        if regular is not None:
            return regular
        low = min(values)
        is_whole = all(map(math.isfinite, values)) and all(value == int(value) for value in values)
        if not is_whole or max(values) - low > LEVELS:
            return self.exact(values)
        return self._coded([int(value - low) for value in values], low, low + LEVELS)

    def _coded(self, codes: Sequence[int], low: float, high: float) -> Encoded:
        offset = len(self.shorts)
        self.shorts.append(codes[0])
        self.shorts.extend((code - before) & 0xFFFF for before, code in pairwise(codes))
        return {"f": "d16", "o": offset, "a": low, "b": high}

    def packed(self) -> bytes:
        if sys.byteorder == "big":
            self.doubles.byteswap()
            self.shorts.byteswap()
        shorts = self.shorts.tobytes()
        return self.doubles.tobytes() + shorts[::2] + shorts[1::2]


def _rounded_range(finite: Sequence[float]) -> tuple[float, float]:
    """Return a range around the values that is short to write: six digits, widened outward."""
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    margin = (abs(low) + abs(high)) * 1e-6
    short_low, short_high = float(f"{low - margin:.6g}"), float(f"{high + margin:.6g}")
    is_wide = (short_high - short_low) <= (high - low) * 1.001
    if short_low <= low and high <= short_high and is_wide:
        return short_low, short_high
    return low, high


def build_payload(series: Mapping[str, Sequence[Series]], positions: Mapping[str, int]) -> Payload:
    """Return the series of the compared runs; ``positions``: run id → place in the selection."""
    every = [one for many in series.values() for one in many if len(one.values)]
    total = sum(len(one.values) for one in every)
    is_exact = total <= EXACT_POINTS
    columns = min(MOST_COLUMNS, max(MOST_POINTS // (4 * max(len(every), 1)), 8))
    buffer = _Buffer()
    items: list[Item] = []
    for one in every:
        count = len(one.values)
        kept = range(count) if is_exact else m4(one.steps, one.values, columns)
        steps = [float(one.steps[index]) for index in kept]
        values = [float(one.values[index]) for index in kept]
        moments = [_moment(one.times[index]) for index in kept]
        times: Encoded | None = None
        if not all(map(math.isnan, moments)):
            times = _times(buffer, moments, is_exact=is_exact)
        items.append(
            {
                "key": one.key,
                "run": positions[one.run_id],
                "n": len(kept),
                "of": count,
                "x": buffer.exact(steps) if is_exact else buffer.steps(steps),
                "y": buffer.exact(values) if is_exact else buffer.scaled(values, step=VALUE_STEP),
                "t": times,
            }
        )
    percent = 100 * VALUE_STEP / 2 / LEVELS
    return {
        "data": _zipped(buffer.packed()),
        "items": _zipped(json.dumps(items, allow_nan=False, separators=(",", ":")).encode()),
        "planes": len(buffer.doubles) * 8,
        "shorts": len(buffer.shorts),
        "bound": None if is_exact else f"{percent:.3f} % of a series' range",
    }


def _zipped(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")


def _times(buffer: _Buffer, moments: Sequence[float], *, is_exact: bool) -> Encoded:
    regular = _regular(moments)
    if regular is not None:
        return regular
    return buffer.exact(moments) if is_exact else buffer.scaled(moments, step=TIME_STEP)


def _moment(time: int | None) -> float:
    return math.nan if time is None or time < 0 else float(time)


def _regular(values: Sequence[float]) -> Encoded | None:
    """Return first and increment where the values are exactly regular."""
    if not values or not math.isfinite(values[0]):
        return None
    first = values[0]
    increment = values[1] - first if len(values) > 1 else 0.0
    if not math.isfinite(increment):
        return None
    if all(value == first + index * increment for index, value in enumerate(values)):
        return {"f": "seq", "a": first, "b": increment}
    return None
