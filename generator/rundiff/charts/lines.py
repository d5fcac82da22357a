"""One line chart as static SVG: a metric's history, one line per run.

It stands in the page for readers without script and is replaced by plotly where there is one. Its
paths are integers in half pixels, relative to the point before: some four bytes a point.

A picture of many runs has only some pixel columns for each line. The four points that stay of a
column make a saw of a noisy line, so such a line is a band from the lowest to the highest value of
each column with the mean as a line in it; a smooth line stays a line.

Runs that are no columns stand behind as one grey band (``charts.envelope``), the best and the worst
of them as grey lines.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.charts import palette, svg
from rundiff.charts.band import draw_band, draw_envelope, draw_spread, group_spreads
from rundiff.charts.labels import End, end_names, place_labels
from rundiff.charts.sampling import extent_of, finite_values, m4
from rundiff.charts.scales import Scale, build_scale, wants_log
from rundiff.charts.spread import Spread, build_spread
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from rundiff.charts.envelope import Envelope
    from rundiff.comparison import Run, Series
    from rundiff.judgement import Band

WIDTH, HEIGHT = 384, 252
TOP, BOTTOM, LEFT = 14.0, 222.0, 40.0
MOST_LABELS = 6
WIDE = 3.0  # pixels of a column; in a narrower one four points are all that can be seen
NOISE = 2.5  # pixels that a line goes up and down in a column beyond where it leads
MOST_THICK = 12  # lines; more are thinner
_GREY = -1  # of a label: a run that is no column
_Point = tuple[float, float] | None


class Rest(NamedTuple):
    """The runs that are no columns: their band, and the best and worst with the word for each."""

    envelope: Envelope | None
    extremes: Sequence[tuple[str, Series]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A static chart and what must be said about it."""

    svg: Markup
    is_log: bool
    shown: int  # points drawn
    logged: int  # points in the records
    unplotted: int  # NaN and infinities
    spreads: int  # lines drawn as bands
    width: float  # of the plot, in pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """What every part of one chart is drawn on."""

    x: Scale
    y: Scale
    right: float
    columns: int
    is_dense: bool


class _Line(NamedTuple):
    """One run's line: its path, the pixels it goes through, and the area where it is a band."""

    path: str
    area: str
    points: Sequence[_Point]
    shown: int


def draw_lines(
    series: Sequence[Series],
    *,
    runs: Mapping[str, Run],
    columns: int,
    bands: Sequence[Band] = (),
    rest: Rest | None = None,
    may_be_log: bool = True,
) -> Drawing:
    """Return the chart of one metric; at most about 4 × ``columns`` points a line.

    ``may_be_log`` False: what rises towards a ceiling is told apart there, where a log axis
    leaves no room.
    """
    rest = rest or Rest(None, ())
    known = [one for one in series if one.run_id in runs and len(one.values)]
    finite = [found for one in known if (found := finite_values(one.values))]
    has_names = len(known) <= MOST_LABELS
    room = 66.0 if has_names else 40.0 if rest.extremes else 14.0  # for names at the lines' ends
    plot = _plot(known, finite, rest, columns, right=WIDTH - room, may_be_log=may_be_log)
    names = end_names(tuple(runs.values())) if has_names else {}
    grey = [_line(one, plot, None) for _, one in rest.extremes]
    # The baseline and the first candidates on top.
    lines = [_line(one, plot, runs[one.run_id].color or 0) for one in reversed(known)]
    ends, points = [], []
    for one, line in zip(reversed(known), lines, strict=True):
        ends += _end(line.points, names.get(one.run_id, ""), runs[one.run_id].color or 0)
        points += [point for point in line.points if point is not None]
    named = [end for end in ends if end.text]
    for (word, _), line in zip(rest.extremes, grey, strict=True):
        named += _end(line.points, word, _GREY)
    parts = [_axes(plot), *_behind(rest, bands, runs, plot)]
    areas = [line.area for line in (*grey, *lines) if line.area]
    if areas:
        parts.append(group_spreads(areas))
    parts += [line.path for line in (*grey, *lines)]
    parts.append("</g>")
    parts += [svg.marker(end.x, end.y, end.color, size=0.9) for end in ends]
    for label in place_labels(named, points, top=TOP, bottom=BOTTOM, right=WIDTH + 4):
        css = "t l" if label.color == _GREY else f"t l f{palette.color_index(label.color)}"
        parts.append(svg.text(label.x, label.y, label.text, anchor=label.anchor, css=css))
    total = sum(len(one.values) for one in known)
    return Drawing(
        svg=_frame(parts),
        is_log=plot.y.is_log,
        shown=sum(line.shown for line in lines),
        logged=total,
        unplotted=total - sum(map(len, finite)),
        spreads=sum(bool(line.area) for line in lines),
        width=plot.right - LEFT - 4,
    )


def _plot(
    known: Sequence[Series],
    finite: Sequence[Sequence[float]],
    rest: Rest,
    columns: int,
    *,
    right: float,
    may_be_log: bool,
) -> _Plot:
    extent = [end for values in finite for end in extent_of(values)]
    steps = [step for one in known for step in (one.steps[0], one.steps[-1]) if math.isfinite(step)]
    if rest.envelope is not None:
        extent += [min(rest.envelope.low), max(rest.envelope.high)]
        steps += [rest.envelope.steps[0], rest.envelope.steps[-1]]
    is_log = may_be_log and wants_log(extent)
    return _Plot(
        x=build_scale(steps, start=LEFT + 4, end=right, most=5),
        y=build_scale(extent, start=BOTTOM - 6, end=TOP, is_log=is_log, most=6),
        right=right,
        columns=columns,
        is_dense=len(known) > MOST_THICK,
    )


def _behind(rest: Rest, bands: Sequence[Band], runs: Mapping[str, Run], plot: _Plot) -> list[str]:
    """Return what stands behind the lines: the other runs, and bands of replicates."""
    parts = []
    if rest.envelope is not None:
        parts.append(draw_envelope(rest.envelope, x=plot.x, y=plot.y))
    parts += [
        draw_band(band, runs[band.run_id].color or 0, x=plot.x, y=plot.y)
        for band in bands
        if band.run_id in runs
    ]
    return parts


def spread_columns(columns: int) -> int:
    """Return the columns of a band where a line has ``columns``: its second path costs one."""
    return max(columns - 1, 4)


def _line(one: Series, plot: _Plot, color: int | None) -> _Line:
    """Return a run's line, or its band where a line would be a saw."""
    stroke = f'class="q" stroke="{palette.QUIET}"' if color is None else svg.stroke(color)
    if len(one.values) > 4 * plot.columns and plot.right - LEFT > WIDE * plot.columns:
        spread = build_spread(one, spread_columns(plot.columns))
        if spread is not None and _noise(spread, plot.y) > NOISE:
            area = draw_spread(spread, color, x=plot.x, y=plot.y)
            means = zip(spread.steps, spread.middle, strict=True)
            points = [(plot.x.at(step), _down(value, plot.y)) for step, value in means]
            path = f'<path {stroke} d="{_path(points)}"/>'
            return _Line(path, area, points, 3 * len(points))
    kept = m4(one.steps, one.values, plot.columns)
    line = _points(one, kept, plot)
    return _Line(f'<path {stroke} d="{_path(line)}"/>', "", line, len(kept))


def _noise(spread: Spread, y: Scale) -> float:
    """Return how many pixels a column goes up and down beyond where it leads, on average."""
    found = [
        abs(_down(high, y) - _down(low, y)) - abs(_down(last, y) - _down(first, y))
        for low, high, first, last in zip(
            spread.low, spread.high, spread.first, spread.last, strict=True
        )
    ]
    return sum(found) / len(found)


def _down(value: float, y: Scale) -> float:
    return y.at(value) if not y.is_log or value > 0 else max(y.start, y.end)


def _end(points: Sequence[_Point], text: str, color: int) -> list[End]:
    last = next((point for point in reversed(points) if point is not None), None)
    return [] if last is None else [End(color=color, x=last[0], y=last[1], text=text)]


def _frame(parts: Sequence[str]) -> Markup:
    head = f'<svg class="chart" data-static viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
    return svg.join([head, *parts, "</svg>"])


def _axes(plot: _Plot) -> str:
    """Return gridlines, ticks and the group that the lines stand in."""
    x, y, right = plot.x, plot.y, plot.right
    grid = "".join(f"M{svg.num(LEFT)} {svg.num(pixel)}H{svg.num(right)}" for pixel, _ in y.ticks)
    width = "2" if plot.is_dense else "3"
    parts = [
        f'<path class="g" stroke="{palette.GRID}" d="{grid}"/>' if grid else "",
        (
            f'<path class="a" stroke="{palette.LINE}" d="M{svg.num(LEFT)} {svg.num(BOTTOM)}'
            f'H{svg.num(right)}"/>'
        ),
        svg.texts([(LEFT - 6, pixel + 4, text) for pixel, text in y.ticks], anchor="end"),
        svg.texts([(pixel, BOTTOM + 16, text) for pixel, text in x.ticks], anchor="middle"),
        svg.text(right, BOTTOM + 30, "step", anchor="end"),
        f'<g transform="scale(.5)" fill="none" stroke-width="{width}">',
    ]
    return "".join(parts)


def _points(one: Series, kept: Sequence[int], plot: _Plot) -> list[_Point]:
    """Return pixels; None where the line breaks (NaN, infinities, zero on a log axis)."""
    found: list[_Point] = []
    x, y = plot.x, plot.y
    for index in kept:
        step, value = one.steps[index], one.values[index]
        is_drawn = math.isfinite(value) and math.isfinite(step) and not (y.is_log and value <= 0)
        found.append((x.at(step), y.at(value)) if is_drawn else None)
    return found


def _path(line: Sequence[_Point]) -> str:
    """Return the path of a line; a point between two gaps is a dot, which round caps draw."""
    parts: list[str] = []
    before: tuple[int, int] | None = None
    is_alone = False
    for point in (*line, None):
        if point is None:
            parts += ["l0 0"] if is_alone else []
            before, is_alone = None, False
            continue
        here = round(point[0] * 2), round(point[1] * 2)
        if before is None:
            parts.append(f"M{here[0]} {here[1]}")
            is_alone = True
        elif here != before:
            down = here[1] - before[1]
            parts.append(f"l{here[0] - before[0]}{'' if down < 0 else ' '}{down}")
            is_alone = False
        before = here
    return "".join(parts)
