"""Parallel coordinates as our own SVG: one line a run, straight and solid.

plotly's own needs WebGL, took 14 s for 1,000 lines in software, and misplaces missing values. Here
missing has a lane of its own at the bottom; grey lines are runs that are not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.charts import palette, svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rundiff.charts.axes import Axis
    from rundiff.comparison import Run

WIDTH, HEIGHT = 1160, 300
TOP, BOTTOM, LANE = 58.0, 244.0, 276.0
LEFT, RIGHT = 94.0, 62.0  # to the left stand the ticks
MOST_LINES = 400
MOST_OF_NAME, MOST_OF_TICK = 16, 12  # characters
FEW_LINES, OPACITY = 20, 0.12


def draw_parallel(axes: Sequence[Axis], runs: Sequence[Run]) -> Markup:
    """Return the chart of the given runs over two axes or more."""
    gap = (WIDTH - LEFT - RIGHT) / (len(axes) - 1)
    xs = [LEFT + gap * index for index in range(len(axes))]
    parts = [
        (
            f'<svg class="chart" data-static viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
            f'<rect class="band" fill="{palette.BAND}" y="{svg.num(LANE - 13)}" width="{WIDTH}" '
            'height="26"/>'
        ),
        svg.text(4, LANE + 4, "missing"),
    ]
    rules = "".join(f"M{svg.num(x)} {svg.num(TOP)}V{svg.num(BOTTOM)}" for x in xs)
    parts.append(f'<path class="a" stroke="{palette.LINE}" d="{rules}"/>')
    ordered = sorted(runs, key=lambda run: -1e9 if run.color is None else -run.color)
    others = [_line(run, axes, xs) for run in ordered if run.color is None]
    if len(others) > FEW_LINES:
        # Translucent: where many lines run, they add up.
        others = [f'<g class="m" stroke-opacity="{OPACITY}">', *others, "</g>"]
    parts += others
    parts += [_line(run, axes, xs) for run in ordered if run.color is not None]
    room = min(int((gap - 8) / 7.6), MOST_OF_NAME)  # bold letters of a wide font
    for axis, x in zip(axes, xs, strict=True):
        parts.append(svg.text(x, 16, _cut(axis.title, room), anchor="middle", css="t h"))
        if axis.hint:
            parts.append(svg.text(x, 31, axis.hint, anchor="middle"))
        for share, text in axis.ticks:
            y, shown = BOTTOM - share * (BOTTOM - TOP) - 5, _cut(text, min(room, MOST_OF_TICK))
            parts.append(svg.text(x - 5, y, shown, anchor="end", css="t l"))
    parts.append("</svg>")
    return svg.join(parts)


def _line(run: Run, axes: Sequence[Axis], xs: Sequence[float]) -> str:
    spots = []
    for axis, x in zip(axes, xs, strict=True):
        share = axis.shares.get(run.run_id)
        spots.append((x, LANE if share is None else BOTTOM - share * (BOTTOM - TOP)))
    path = "M" + "L".join(f"{svg.num(x)} {svg.num(y)}" for x, y in spots)
    if run.color is None:
        return f'<path class="o" fill="none" stroke="{palette.LINE}" d="{path}"/>'
    line = f'<path {svg.stroke(run.color)} fill="none" stroke-width="1.7" d="{path}"/>'
    return line + "".join(svg.marker(x, y, run.color, size=0.9) for x, y in spots)


def _cut(text: str, most: int) -> str:
    """Elide the middle: what tells keys of one group apart is often their end."""
    head = -(-(most - 1) * 3 // 5)
    return text if len(text) <= most else f"{text[:head]}…{text[head - most + 1 :]}"
