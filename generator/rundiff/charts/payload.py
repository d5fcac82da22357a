"""The series as bytes for the script: exact where few, reduced to a stated bound where not.

Curves of which every point is there go out as doubles. Of the others (``charts.curves`` chooses
their points) values become shares of the series' range; ``bound`` says how far a value can be off.
Steps stay exact. Regular steps and times need no bytes.
"""

from __future__ import annotations

import base64
import json
import math
import operator
import sys
import zlib
from array import array
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypedDict

from rundiff.charts.sampling import are_finite, finite_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.charts.curves import Curve, Curves

LEVELS, MISSING_LEVEL = 65_534, 65_535
VALUE_STEP, TIME_STEP = 64, 256  # of LEVELS
_GZIP = 31  # zlib's number for 32 KiB of memory and gzip's header


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
    columns: list[int]  # pixel columns of the compared runs' curves and of the others'; 0 is all


class _Buffer:
    """Collects arrays; 16-bit numbers by what they are, since like packs best beside like."""

    def __init__(self) -> None:
        self.doubles = array("d")
        self._shorts = {"x": array("H"), "y": array("H"), "t": array("H")}
        self._coded: list[tuple[str, Encoded]] = []

    def exact(self, values: Sequence[float]) -> Encoded:
        regular = _regular(values)
        if regular is not None:
            return regular
        offset = len(self.doubles) * 8
        self.doubles.extend(values)
        return {"f": "f64", "o": offset}

    def scaled(self, kind: str, values: Sequence[float], *, step: int) -> Encoded:
        """Add values as shares of their range, in steps of ``step`` of LEVELS."""
        finite = finite_values(values)
        low, high = _rounded_range(finite)
        factor = LEVELS / (high - low) / step if high > low else 0.0
        has_infinities = len(finite) < len(values) and any(map(math.isinf, values))
        if has_infinities or not (math.isfinite(factor) and math.isfinite(high - low)):
            return self.exact(values)  # beyond what a share can say
        level = _levels(step)
        if len(finite) == len(values):
            codes = [level[int((value - low) * factor + 0.5)] for value in values]
        else:
            codes = [
                MISSING_LEVEL if math.isnan(value) else level[int((value - low) * factor + 0.5)]
                for value in values
            ]
        return self._add(kind, codes, low, high)

    def steps(self, values: Sequence[float]) -> Encoded:
        """Add whole steps as they are."""
        regular = _regular(values)
        if regular is not None:
            return regular
        low = min(values)
        if not are_finite(values) or max(values) - low > LEVELS:
            return self.exact(values)
        whole = list(map(int, values))
        if any(map(operator.ne, whole, values)):
            return self.exact(values)
        first = int(low)
        return self._add("x", [value - first for value in whole], low, low + LEVELS)

    def _add(self, kind: str, codes: Sequence[int], low: float, high: float) -> Encoded:
        shorts = self._shorts[kind]
        encoded: Encoded = {"f": "d16", "o": len(shorts), "a": low, "b": high}
        shorts.append(codes[0])
        shorts.extend([(code - before) & 0xFFFF for before, code in pairwise(codes)])
        self._coded.append((kind, encoded))
        return encoded

    def packed(self) -> tuple[bytes, int]:
        """Return all bytes and the number of shorts, and make the places of shorts final."""
        starts, shorts = {}, array("H")
        for kind, part in self._shorts.items():
            starts[kind] = len(shorts)
            shorts.extend(part)
        for kind, encoded in self._coded:
            encoded["o"] += starts[kind]
        if sys.byteorder == "big":
            self.doubles.byteswap()
            shorts.byteswap()
        data = shorts.tobytes()
        return self.doubles.tobytes() + data[::2] + data[1::2], len(shorts)


@cache
def _levels(step: int) -> list[int]:
    return [min(number * step, LEVELS) for number in range(LEVELS // step + 2)]


def _rounded_range(finite: Sequence[float]) -> tuple[float, float]:
    """Return a range around the values that is short to write: six digits, widened outward."""
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    margin = (abs(low) + abs(high)) * 5e-6  # half of what the sixth digit of 1.00000 is worth
    short_low, short_high = float(f"{low - margin:.6g}"), float(f"{high + margin:.6g}")
    is_wide = (short_high - short_low) <= (high - low) * 1.001
    if short_low <= low and high <= short_high and is_wide:
        return short_low, short_high
    return low, high


def _bound() -> str:
    values, times = (100 * step / 2 / LEVELS for step in (VALUE_STEP, TIME_STEP))
    return (
        f"values are rounded by up to {values:.3f} % of a series' range, times by {times:.3f} %; "
        "steps are exact"
    )


def bound_of(curves: Curves) -> str | None:
    """Say how far the values in the page are off; None where all are exact."""
    is_exact = all(curve.is_exact for curve in (*curves.own, *curves.others))
    return None if is_exact else _bound()


def build_payload(curves: Curves, positions: Mapping[str, int]) -> Payload:
    """Return the curves of a page; ``positions``: run id → place in the selection."""
    buffer = _Buffer()
    items = [
        _item(buffer, curve, positions[curve.series.run_id])
        for curve in (*curves.own, *curves.others)
    ]
    data, shorts = buffer.packed()
    return {
        "data": _zipped(data),
        "items": _zipped(json.dumps(items, allow_nan=False, separators=(",", ":")).encode()),
        "planes": len(buffer.doubles) * 8,
        "shorts": shorts,
        "bound": bound_of(curves),
        "columns": [curves.columns, curves.other_columns],
    }


def _item(buffer: _Buffer, curve: Curve, position: int) -> Item:
    one, kept, is_exact = curve
    steps = list(map(float, map(one.steps.__getitem__, kept)))
    values = list(map(float, map(one.values.__getitem__, kept)))
    moments = _moments(list(map(one.times.__getitem__, kept)))
    return {
        "key": one.key,
        "run": position,
        "n": len(kept),
        "of": len(one.values),
        "x": buffer.exact(steps) if is_exact else buffer.steps(steps),
        "y": buffer.exact(values) if is_exact else buffer.scaled("y", values, step=VALUE_STEP),
        "t": _times(buffer, moments, is_exact=is_exact) if moments else None,
    }


def _zipped(content: bytes) -> str:
    # Short blocks (memory level 5), each with codes of its own, pack noise better than level 9
    # does, in a tenth of its time. The byte that names the operating system says "unknown".
    packer = zlib.compressobj(5, zlib.DEFLATED, _GZIP, 5, zlib.Z_FILTERED)
    packed = packer.compress(content) + packer.flush()
    return base64.b64encode(packed[:9] + b"\xff" + packed[10:]).decode("ascii")


def _times(buffer: _Buffer, moments: Sequence[float], *, is_exact: bool) -> Encoded:
    regular = _regular(moments)
    if regular is not None:
        return regular
    return buffer.exact(moments) if is_exact else buffer.scaled("t", moments, step=TIME_STEP)


def _moments(times: Sequence[int]) -> list[float]:
    """Return times as doubles, NaN for unknown ones; none at all where none is known."""
    if times and min(times) >= 0:
        return list(map(float, times))
    moments = [math.nan if time < 0 else float(time) for time in times]
    return [] if all(map(math.isnan, moments)) else moments


def _regular(values: Sequence[float]) -> Encoded | None:
    """Return first and increment where the values are exactly regular."""
    if not values or not math.isfinite(values[0]):
        return None
    first = values[0]
    increment = values[1] - first if len(values) > 1 else 0.0
    last = first + (len(values) - 1) * increment
    if not math.isfinite(increment) or values[-1] != last:
        return None
    if all(value == first + index * increment for index, value in enumerate(values)):
        return {"f": "seq", "a": first, "b": increment}
    return None
