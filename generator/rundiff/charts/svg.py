"""Small pieces of SVG as text. One of the few producers of ``Markup``: every text goes through it.

Numbers are written with one decimal at most and without a leading zero or plus, since a page of
twenty charts has thousands of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from rundiff.charts.palette import DISC, MARKERS, RUN_COLORS, color_index, is_dashed, marker_index

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    points = (f"{num(x + size * dx)} {num(y + size * dy)}" for dx, dy in MARKERS[index])
    path = f"M{'L'.join(points)}Z" if index != DISC else _disc(x, y, 3.6 * size)
    return Markup(f'<path class="f{hue}" fill="{RUN_COLORS[hue]}" d="{path}"/>')  # noqa: S704


def _disc(x: float, y: float, radius: float) -> str:
    r, d = num(radius), num(2 * radius)
    return f"M{num(x - radius)} {num(y)}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0Z"


def stroke(color: int) -> str:
    """Return the attributes of a run's line; its group says fill="none"."""
    hue = color_index(color)
    dash = ' stroke-dasharray="5 3"' if is_dashed(color) else ""
    return f'class="c{hue}" stroke="{RUN_COLORS[hue]}"{dash}'


def join(parts: Iterable[str]) -> Markup:
    """Join pieces that are safe already."""
    return Markup("").join(Markup(part) for part in parts)  # noqa: S704
