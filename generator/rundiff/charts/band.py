"""The bands of a chart: replicates, the runs that are no columns, and noisy lines.

Replicates are the interval of their mean at each step. The other runs are two bands of grey: how
far they reach, and the middle half of them. A noisy line is how far it reaches in each column.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.charts import palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.charts.envelope import Envelope
    from rundiff.charts.scales import Scale
    from rundiff.charts.spread import Spread
    from rundiff.judgement import Band

Corner = tuple[int, int]
OPACITY = "0.16"
REST_OPACITY = "0.12"  # of each of the two bands of the other runs
SPREAD_OPACITY, SPREAD_INK = 0.18, 0.6  # of one line; of all lines of a chart


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


def draw_envelope(envelope: Envelope, *, x: Scale, y: Scale) -> str:
    """Return the two bands of the runs that are no columns as paths in half pixels."""
    pairs = [(envelope.low, envelope.high)]
    if envelope.first_quarter:
        pairs.append((envelope.first_quarter, envelope.last_quarter))
    paths = [_relative(_corners(envelope.steps, low, high, x=x, y=y)) for low, high in pairs]
    return "".join(
        f'<path class="r" fill="{palette.QUIET}" fill-opacity="{REST_OPACITY}" stroke="none" '
        f'd="{path}"/>'
        for path in paths
    )


def draw_spread(spread: Spread, color: int | None, *, x: Scale, y: Scale) -> str:
    """Return how far a line reaches, as one path in whole pixels; ``group_spreads`` holds it."""
    corners = _corners(spread.steps, spread.low, spread.high, x=x, y=y)
    path = _relative((across // 2, down // 2) for across, down in corners)
    if color is None:
        return f'<path class="r" fill="{palette.QUIET}" d="{path}"/>'
    hue = palette.color_index(color)
    return f'<path class="f{hue}" fill="{palette.RUN_COLORS[hue]}" d="{path}"/>'


def group_spreads(paths: Sequence[str]) -> str:
    """Return the paths of ``draw_spread`` in a group for a picture in half pixels.

    The more there are the paler they are: ten that lie on each other would be a block.
    """
    opacity = min(SPREAD_OPACITY, SPREAD_INK / len(paths))
    head = f'<g transform="scale(2)" fill-opacity="{opacity:.2f}" stroke="none">'
    return "".join([head, *paths, "</g>"])


def _corners(
    steps: Sequence[float], low: Sequence[float], high: Sequence[float], *, x: Scale, y: Scale
) -> list[Corner]:
    across = [round(x.at(step) * 2) for step in steps]
    upper = [(at, _pixel(value, y)) for at, value in zip(across, high, strict=True)]
    lower = [(at, _pixel(value, y)) for at, value in zip(across, low, strict=True)]
    return [*upper, *reversed(lower)]


def _relative(corners: Iterable[Corner]) -> str:
    """Return a closed path, each corner relative to the one before: half as long."""
    parts: list[str] = []
    before: Corner | None = None
    for here in corners:
        if before is None:
            parts.append(f"M{here[0]} {here[1]}")
        else:
            down = here[1] - before[1]
            parts.append(f"l{here[0] - before[0]}{'' if down < 0 else ' '}{down}")
        before = here
    return "".join([*parts, "z"])


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
