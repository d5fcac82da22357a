"""A curve as a few characters of text, for places that show no image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"


def build_sparklines(curves: Sequence[Sequence[float]], *, width: int = 12) -> tuple[str, ...]:
    """Return each curve as at most ``width`` bars on one common scale.

    A bar shows the last finite value of its stretch of the curve, so that the last bar is the last
    value; a stretch without one is a dot. A curve of one value or less has no shape and gives "".
    """
    finite = [value for curve in curves for value in curve if math.isfinite(value)]
    if not finite:
        return ("",) * len(curves)
    low, high = min(finite), max(finite)
    return tuple(_draw(curve, low, high, width=width) for curve in curves)


def _draw(curve: Sequence[float], low: float, high: float, *, width: int) -> str:
    if len(curve) < 2:
        return ""
    count = min(width, len(curve))
    bars = []
    for index in range(count):
        stretch = curve[index * len(curve) // count : (index + 1) * len(curve) // count]
        value = next((v for v in reversed(stretch) if math.isfinite(v)), None)
        if value is None:
            bars.append(_GAP)
        else:
            half = high / 2 - low / 2  # the whole of two huge numbers is infinite
            share = (value / 2 - low / 2) / half if half else 0.5
            bars.append(_BARS[min(int(share * len(_BARS)), len(_BARS) - 1)])
    return "".join(bars)
