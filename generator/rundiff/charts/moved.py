"""The bar of one metric in "What moved": one run's distance from the baseline, the others as marks.

Better is always to the right; each row has its own scale, the farthest run at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from rundiff.charts import palette, svg

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT, REACH = 200, 20, 92


def build_moved_bar(places: Sequence[tuple[int, float]], *, column: int, tone: str) -> Markup:
    """Return the SVG. ``places``: (place among the compared runs, −1 … 1, better positive)."""
    middle, y = WIDTH / 2, HEIGHT / 2
    own = next((share for place, share in places if place == column), None)
    parts = [
        (
            f'<svg class="moved-bar" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
            f'<path class="g" stroke="{palette.GRID}" d="M4 {svg.num(y)}H{WIDTH - 4}"/>'
        )
    ]
    if own:
        end = middle + REACH * own
        color = {"better": palette.BETTER, "worse": palette.WORSE}.get(tone, palette.LINE)
        left, right = min(middle, end), max(middle, end)
        parts.append(
            f'<rect class="b-{tone or "none"}" fill="{color}" x="{svg.num(left)}" '
            f'y="{svg.num(y - 2.5)}" width="{svg.num(right - left)}" height="5"/>'
        )
    parts.append(
        f'<path class="z" stroke="{palette.TEXT}" stroke-width="1.6" d="M{svg.num(middle)} 2V18"/>'
    )
    parts.append('<g class="halo">')
    # The run of the bar is drawn last, on top.
    for place, share in sorted(places, key=lambda pair: (pair[0] == column, -pair[0])):
        parts.append(svg.marker(middle + REACH * share, y, place))
    parts.append("</g></svg>")
    return svg.join(parts)
