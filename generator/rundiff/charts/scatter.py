"""One metric by another over all selected runs; the compared ones in colour and by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.charts import palette, svg
from rundiff.charts.labels import End, place_labels
from rundiff.charts.lines import MOST_LABELS
from rundiff.charts.scales import build_scale, wants_log
from rundiff.comparison import Direction
from rundiff.format import show_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rundiff.charts.front import Point
    from rundiff.comparison import Run

WIDTH, HEIGHT = 440, 280  # on a phone its texts are still read
TOP, BOTTOM, LEFT, RIGHT = 14.0, 238.0, 50.0, 418.0


def draw_scatter(
    points: Sequence[Point], front: Sequence[Point], *, x_title: str, x_direction: Direction
) -> Markup:
    """Return the chart of (run, x, y), all finite; a line in steps joins those of the front.

    Below the line, or above it, is what they dominate.
    """
    xs, ys = [x for _, x, _ in points], [y for _, _, y in points]
    x_axis = build_scale(xs, start=LEFT + 22, end=RIGHT - 40, is_log=wants_log(xs), most=5)
    y_axis = build_scale(ys, start=BOTTOM - 14, end=TOP + 8, is_log=wants_log(ys), most=6)
    grid = "".join(
        [f"M{svg.num(LEFT)} {svg.num(at)}H{svg.num(RIGHT)}" for at, _ in y_axis.ticks]
        + [f"M{svg.num(at)} {svg.num(TOP)}V{svg.num(BOTTOM)}" for at, _ in x_axis.ticks]
    )
    parts = [
        (
            f'<svg class="chart" data-static viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
            f'<path class="g" stroke="{palette.GRID}" d="{grid}"/>'
        ),
        svg.texts([(LEFT - 8, at + 4, text) for at, text in y_axis.ticks], anchor="end"),
        svg.texts([(at, BOTTOM + 17, text) for at, text in x_axis.ticks], anchor="middle"),
        svg.text(RIGHT, BOTTOM + 35, x_title, anchor="end"),
    ]
    if len(front) > 1:
        first, *others = ((x_axis.at(x), y_axis.at(y)) for _, x, y in front)
        step = "H{0}V{1}" if x_direction is Direction.LOWER else "V{1}H{0}"
        steps = "".join(step.format(*map(svg.num, spot)) for spot in others)
        parts.append(
            f'<path class="q" fill="none" stroke="{palette.QUIET}" stroke-dasharray="4 3" '
            f'd="M{svg.num(first[0])} {svg.num(first[1])}{steps}"/>'
        )
    ends, spots = [], []
    for run, x, y in sorted(points, key=lambda point: _order(point[0])):
        spot = x_axis.at(x), y_axis.at(y)
        spots.append(spot)
        if run.color is None:
            parts.append(
                f'<circle class="o" cx="{svg.num(spot[0])}" cy="{svg.num(spot[1])}" r="3" '
                f'fill="none" stroke="{palette.QUIET}"/>'
            )
        else:
            parts.append(svg.marker(*spot, run.color, size=1.15))
            name = "baseline" if run.color == 0 else show_text(run.label)
            ends.append(End(color=run.color, x=spot[0] + 1, y=spot[1], text=name[:24]))
    if len(ends) <= MOST_LABELS:
        for label in place_labels(ends, spots, top=TOP, bottom=BOTTOM, right=WIDTH - 4):
            css = f"t l f{palette.color_index(label.color)}"
            parts.append(svg.text(label.x, label.y, label.text, anchor=label.anchor, css=css))
    parts.append("</svg>")
    return svg.join(parts)


def _order(run: Run) -> tuple[bool, int]:
    return run.color is not None, -(run.color or 0)
