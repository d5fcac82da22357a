"""The band of replicates behind a chart's lines: the interval of their mean at each step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.charts import palette

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.charts.scales import Scale
    from rundiff.judgement import Band

Corner = tuple[int, int]
OPACITY = "0.16"


def draw_band(band: Band, color: int, *, x: Scale, y: Scale) -> str:
    """Return the band as one path in half pixels, cut off at the edges of the plot."""
    stretches = list(_stretches(band, x, y))
    if not stretches:
        return ""
    hue = palette.color_index(color)
    path = "".join(_outline(stretch) for stretch in stretches)
    return (
        f'<path class="f{hue}" fill="{palette.RUN_COLORS[hue]}" fill-opacity="{OPACITY}" '
        f'stroke="none" d="{path}"/>'
    )


def _stretches(band: Band, x: Scale, y: Scale) -> Iterator[list[tuple[int, int, int]]]:
    """Yield unbroken runs of (across, lower edge, upper edge)."""
    stretch: list[tuple[int, int, int]] = []
    for step, low, high in zip(band.steps, band.low, band.high, strict=True):
        if math.isnan(low):
            if len(stretch) > 1:
                yield stretch
            stretch = []
            continue
        edges = (_pixel(low, y), _pixel(high, y))
        stretch.append((round(x.at(step) * 2), *edges))
    if len(stretch) > 1:
        yield stretch


def _pixel(value: float, y: Scale) -> int:
    """Return the half pixel of a value; beyond the axis, that of its end."""
    bottom, top = max(y.start, y.end) + 6, min(y.start, y.end)
    if y.is_log and value <= 0:
        return round(bottom * 2)
    return round(min(max(y.at(value), top), bottom) * 2)


def _outline(stretch: Sequence[tuple[int, int, int]]) -> str:
    upper = [(across, high) for across, _, high in stretch]
    lower = [(across, low) for across, low, _ in reversed(stretch)]
    corners: list[Corner] = [*upper, *lower]
    return f"M{'L'.join(f'{across} {down}' for across, down in corners)}Z"
