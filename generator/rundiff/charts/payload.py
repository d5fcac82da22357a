"""The series as bytes for the script: exact where they are few, reduced to a stated bound where not.

Up to ``EXACT_POINTS`` points in all, every point goes out as doubles. Beyond, each series keeps
first, last, lowest and highest of so many pixel columns that the page stays within its budget, and
values become 16-bit shares of the series' range, of which the lower bits are dropped (gzip then packs them);
``bound`` says how far a value can be off. Steps stay exact. Regular steps and times need no bytes.
"""

from __future__ import annotations

import base64
import gzip
import math
import sys
from array import array
from typing import TYPE_CHECKING, TypedDict

from rundiff.charts.sampling import m4

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Series

EXACT_POINTS = 20_000
MOST_POINTS = 48_000
MOST_COLUMNS = 400
LEVELS, MISSING_LEVEL = 65_534, 65_535
VALUE_STEP, TIME_STEP = 16, 64  # of LEVELS


class Encoded(TypedDict, total=False):
    """One array: f (f64, u16 or seq), o (offset), a and b (range, or first and increment)."""

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
    """All series."""

    data: str
    bound: str | None
    items: list[Item]


class _Buffer:
    """Collects arrays; doubles come first so that they stay aligned."""

    def __init__(self) -> None:
        self.doubles, self.shorts = array("d"), array("H")
        self._shorts_of: list[Encoded] = []

    def exact(self, values: Sequence[float]) -> Encoded:
        regular = _regular(values)
        if regular is not None:
            return regular
        offset = len(self.doubles) * 8
        self.doubles.extend(values)
        return {"f": "f64", "o": offset}

    def scaled(self, values: Sequence[float], *, step: int) -> Encoded:
        finite = [value for value in values if math.isfinite(value)]
        low, high = min(finite, default=0.0), max(finite, default=0.0)
        span = high - low
        if not math.isfinite(span) or len(finite) < sum(value == value for value in values):  # noqa: PLR0124
            return self.exact(values)  # infinities, or beyond what a share can say
        factor = LEVELS / span if span else 0.0
        if not math.isfinite(factor):
            return self.exact(values)
        encoded: Encoded = {"f": "u16", "o": len(self.shorts) * 2, "a": low, "b": high}
        half = step / 2
        self.shorts.extend(
            MISSING_LEVEL
            if value != value  # noqa: PLR0124
            else min(int(((value - low) * factor + half) // step) * step, LEVELS)
            for value in values
        )
        self._shorts_of.append(encoded)
        return encoded

    def steps(self, values: Sequence[float]) -> Encoded:
        regular = _regular(values)
        if regular is not None:
            return regular
        low = min(values)
        whole = all(value == int(value) for value in values if math.isfinite(value))
        if not whole or not max(values) - low <= LEVELS:
            return self.exact(values)
        encoded: Encoded = {"f": "u16", "o": len(self.shorts) * 2, "a": low, "b": low + LEVELS}
        self.shorts.extend(int(value - low) for value in values)
        self._shorts_of.append(encoded)
        return encoded

    def packed(self) -> str:
        for encoded in self._shorts_of:
            encoded["o"] += len(self.doubles) * 8
        if sys.byteorder == "big":
            self.doubles.byteswap()
            self.shorts.byteswap()
        raw = self.doubles.tobytes() + self.shorts.tobytes()
        return base64.b64encode(gzip.compress(raw, 9, mtime=0)).decode("ascii")


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
        has_times = any(moment == moment for moment in moments)  # noqa: PLR0124
        times: Encoded | None = None
        if has_times:
            regular = _regular(moments)
            times = regular or (
                buffer.exact(moments) if is_exact else buffer.scaled(moments, step=TIME_STEP)
            )
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
    bound = None if is_exact else f"{percent:.3f} % of a series' range"
    return {"data": buffer.packed(), "bound": bound, "items": items}


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
