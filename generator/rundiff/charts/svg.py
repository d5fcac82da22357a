"""Small pieces of SVG as text. One of the few producers of ``Markup``: every text goes through it.

Numbers are written with one decimal at most and without a leading zero or plus, since a page of
twenty charts has thousands of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from rundiff.charts.palette import DISC, MARKERS, RUN_COLORS, color_index, is_dashed, marker_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def num(value: float) -> str:
    """Return a coordinate, short."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


def text(x: float, y: float, content: str, *, anchor: str = "", css: str = "t") -> Markup:
    """Return a text element; ``content`` may be anything. ``css`` is one of our own class names."""
    place = f' text-anchor="{anchor}"' if anchor else ""
    return Markup(f'<text class="{css}" x="{num(x)}" y="{num(y)}"{place}>{escape(content)}</text>')  # noqa: S704


def texts(places: Iterable[tuple[float, float, str]], *, anchor: str) -> Markup:
    """Return the ticks of one axis: what they share is said once."""
    parts = [
        f'<text x="{num(x)}" y="{num(y)}">{escape(content)}</text>' for x, y, content in places
    ]
    return Markup(f'<g class="t" text-anchor="{anchor}">{"".join(parts)}</g>')  # noqa: S704


def marker(x: float, y: float, color: int, *, size: float = 1.0) -> Markup:
    """Return a run's marker at a point."""
    index, hue = marker_index(color), color_index(color)
    if index == 0:
        ring = f'cx="{num(x)}" cy="{num(y)}" r="{num(3.4 * size)}" fill="#fff"'
        line = f'stroke="{RUN_COLORS[0]}" stroke-width="1.8"'
        return Markup(f'<circle class="m0" {ring} {line}/>')  # noqa: S704
    if index == DISC:
        path = _disc(x, y, 3.6 * size)
    else:
        path = _outline([(x + size * dx, y + size * dy) for dx, dy in MARKERS[index]])
    return Markup(f'<path class="f{hue}" fill="{RUN_COLORS[hue]}" d="{path}"/>')  # noqa: S704


def _outline(points: Sequence[tuple[float, float]]) -> str:
    """Return a closed path, each corner relative to the one before: half as long."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    parts = [f"M{num(tenths[0][0] / 10)} {num(tenths[0][1] / 10)}"]
    for (x0, y0), (x1, y1) in pairwise(tenths):
        right, down = _short((x1 - x0) / 10), _short((y1 - y0) / 10)
        if x0 == x1:
            parts.append(f"v{down}")
        elif y0 == y1:
            parts.append(f"h{right}")
        else:
            parts.append(f"l{right}{'' if down[0] == '-' else ' '}{down}")
    return "".join([*parts, "z"])


def _short(value: float) -> str:
    """Return a difference without its leading zero."""
    text = num(value)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _disc(x: float, y: float, radius: float) -> str:
    r, d = num(radius), num(2 * radius)
    return f"M{num(x - radius)} {num(y)}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z"


def stroke(color: int) -> str:
    """Return the attributes of a run's line; its group says fill="none"."""
    hue = color_index(color)
    dash = ' stroke-dasharray="5 3"' if is_dashed(color) else ""
    return f'class="c{hue}" stroke="{RUN_COLORS[hue]}"{dash}'


def join(parts: Iterable[str]) -> Markup:
    """Join pieces that are safe already."""
    return Markup("").join(Markup(part) for part in parts)  # noqa: S704
