"""Axes: from values to pixels, and the ticks a reader expects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.format import format_tick
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One axis from ``low`` … ``high`` (logarithms already taken where ``is_log``) to pixels."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool
    ticks: tuple[tuple[float, str], ...]  # (pixel, text)

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        position = math.log10(value) if self.is_log else value
        half = self.high / 2 - self.low / 2  # halves: the whole may be beyond a double
        share = (position / 2 - self.low / 2) / half if half else 0.5
        return self.start + share * (self.end - self.start)


def build_scale(
    values: Sequence[float], *, start: float, end: float, is_log: bool = False, most: int = 6
) -> Scale:
    """Return the scale of finite values with at most about ``most`` ticks."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if is_log:
        low, high = math.log10(low), math.log10(high)
    if high - low <= abs(high) * 1e-12:
        pad = abs(high) * 0.05 or 0.5
        low, high = low - pad, high + pad
    marks = _log_ticks(low, high) if is_log else _linear_ticks(low, high, most)
    bare = Scale(low=low, high=high, start=start, end=end, is_log=is_log, ticks=())
    texts = [format_tick(mark) for mark in marks]
    if not is_log and not any("e" in text for text in texts):
        decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
        texts = [format_tick(mark, decimals) for mark in marks]
    ticks = tuple((bare.at(mark), text) for mark, text in zip(marks, texts, strict=True))
    return Scale(low=low, high=high, start=start, end=end, is_log=is_log, ticks=ticks)


def wants_log(values: Sequence[float]) -> bool:
    """Tell whether values spread over so many magnitudes that a linear axis would hide most."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return low > 0 and high / low >= 15


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / max(most - 1, 1)
    if not math.isfinite(rough):
        return [-1e308, 0.0, 1e308]
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    if not power:
        return []
    step = next((power * nice for nice in (1, 2, 5, 10) if power * nice >= rough * 0.999), power)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, min(last, first + 12) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(low), math.ceil(high)
    span = last - first
    if span > 12:
        step = math.ceil(span / 6)
        return [10.0**power for power in range(first, last + 1, step) if low <= power <= high]
    nice = (1, 3) if high - low < 2.4 else (1,)
    marks = [
        digit * 10.0**power
        for power in range(first, last + 1)
        for digit in nice
        if low - 1e-9 <= math.log10(digit * 10.0**power) <= high + 1e-9
    ]
    return marks if len(marks) > 1 else [10.0**low, 10.0**high]
