"""One line chart as static SVG: a metric's history, one line per run.

It stands in the page for readers without script and is replaced by plotly where there is one. Its
paths are integers in half pixels, relative to the point before: some four bytes a point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rundiff.charts import palette, svg
from rundiff.charts.band import draw_band
from rundiff.charts.labels import End, end_names, place_labels
from rundiff.charts.sampling import extent_of, finite_values, m4
from rundiff.charts.scales import Scale, build_scale, wants_log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from rundiff.comparison import Run, Series
    from rundiff.judgement import Band

WIDTH, HEIGHT = 384, 252
TOP, BOTTOM, LEFT = 14.0, 222.0, 40.0
MOST_LABELS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A static chart and what must be said about it."""

    svg: Markup
    is_log: bool
    shown: int  # points drawn
    logged: int  # points in the records
    unplotted: int  # NaN and infinities


def draw_lines(
    series: Sequence[Series],
    *,
    runs: Mapping[str, Run],
    columns: int,
    bands: Sequence[Band] = (),
) -> Drawing:
    """Return the chart of one metric; at most about 4 × ``columns`` points a line."""
    known = [one for one in series if one.run_id in runs and len(one.values)]
    finite = [found for one in known if (found := finite_values(one.values))]
    extent = [end for values in finite for end in extent_of(values)]
    steps = [step for one in known for step in (one.steps[0], one.steps[-1]) if math.isfinite(step)]
    has_labels = len(known) <= MOST_LABELS
    right = WIDTH - (66.0 if has_labels else 14.0)
    is_log = wants_log(extent)
    x = build_scale(steps, start=LEFT + 4, end=right, most=5)
    y = build_scale(extent, start=BOTTOM - 6, end=TOP, is_log=is_log, most=6)
    parts = [_axes(x, y, right)]
    parts += [
        draw_band(band, runs[band.run_id].color or 0, x=x, y=y)
        for band in bands
        if band.run_id in runs
    ]
    ends, points, shown = [], [], 0
    names = end_names(tuple(runs.values()))
    for one in reversed(known):  # the baseline and the first candidates on top
        color = runs[one.run_id].color or 0
        kept = m4(one.steps, one.values, columns)
        shown += len(kept)
        line = _points(one, kept, x, y)
        parts.append(f'<path {svg.stroke(color)} d="{_path(line)}"/>')
        last = next((point for point in reversed(line) if point is not None), None)
        if last is not None:
            ends.append(End(color=color, x=last[0], y=last[1], text=names[one.run_id]))
        points += [point for point in line if point is not None]
    parts.append("</g>")
    parts += [svg.marker(end.x, end.y, end.color, size=0.9) for end in ends]
    if has_labels:
        for label in place_labels(ends, points, top=TOP, bottom=BOTTOM, right=WIDTH + 4):
            css = f"t l f{palette.color_index(label.color)}"
            parts.append(svg.text(label.x, label.y, label.text, css=css))
    total = sum(len(one.values) for one in known)
    return Drawing(
        svg=_frame(parts),
        is_log=is_log,
        shown=shown,
        logged=total,
        unplotted=total - sum(map(len, finite)),
    )


def _frame(parts: Sequence[str]) -> Markup:
    head = f'<svg class="chart" data-static viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
    return svg.join([head, *parts, "</svg>"])


def _axes(x: Scale, y: Scale, right: float) -> str:
    """Return gridlines, ticks and the group that the lines stand in."""
    grid = "".join(f"M{svg.num(LEFT)} {svg.num(pixel)}H{svg.num(right)}" for pixel, _ in y.ticks)
    parts = [
        f'<path class="g" stroke="{palette.GRID}" d="{grid}"/>' if grid else "",
        (
            f'<path class="a" stroke="{palette.LINE}" d="M{svg.num(LEFT)} {svg.num(BOTTOM)}'
            f'H{svg.num(right)}"/>'
        ),
        svg.texts([(LEFT - 6, pixel + 4, text) for pixel, text in y.ticks], anchor="end"),
        svg.texts([(pixel, BOTTOM + 16, text) for pixel, text in x.ticks], anchor="middle"),
        svg.text(right + 10, BOTTOM + 16, "step"),
        '<g transform="scale(.5)" fill="none" stroke-width="3">',
    ]
    return "".join(parts)


def _points(
    one: Series, kept: Sequence[int], x: Scale, y: Scale
) -> list[tuple[float, float] | None]:
    """Return pixels; None where the line breaks (NaN, infinities, zero on a log axis)."""
    found: list[tuple[float, float] | None] = []
    for index in kept:
        step, value = one.steps[index], one.values[index]
        is_drawn = math.isfinite(value) and math.isfinite(step) and not (y.is_log and value <= 0)
        found.append((x.at(step), y.at(value)) if is_drawn else None)
    return found


def _path(line: Sequence[tuple[float, float] | None]) -> str:
    if sum(point is not None for point in line) == 1:  # a dot: round caps draw it
        return next(f"M{round(p[0] * 2)} {round(p[1] * 2)}l0 0" for p in line if p is not None)
    parts: list[str] = []
    before: tuple[int, int] | None = None
    for point in line:
        if point is None:
            before = None
            continue
        here = round(point[0] * 2), round(point[1] * 2)
        if before is None:
            parts.append(f"M{here[0]} {here[1]}")
        elif here != before:
            down = here[1] - before[1]
            parts.append(f"l{here[0] - before[0]}{'' if down < 0 else ' '}{down}")
        before = here
    return "".join(parts)
