"""Which scatter charts a page begins with: quality by cost, and by the param that matters most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.charts.front import describe_front, find_front
from rundiff.charts.histories import Chart
from rundiff.charts.scatter import draw_scatter
from rundiff.comparison import Direction, Section
from rundiff.format import format_count, show_key, show_text
from rundiff.ranking import is_cost, metric_rank

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rundiff.comparison import Comparison, Row
    from rundiff.selected import SelectedCell

MOST_SCATTERS = 2


def build_scatters(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    *,
    first: int,
) -> tuple[Chart, ...]:
    """Return two pictures of trade-offs: the leading metric by what runs cost, or two metrics.

    Where a param goes with it, the leading metric over that param is one of them.
    """
    if len(comparison.runs) < 3:
        return ()
    rows = [
        row
        for row in sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank)
        if row.meaning is not None
        and row.meaning.direction is not Direction.UNKNOWN
        and len(selected.get((Section.METRICS.value, row.key), ())) > 2
    ]
    costs = [row for row in rows if is_cost(row.key)]
    quality = [row for row in rows if row not in costs]
    pairs = [(quality[0], cost) for cost in costs] if quality else []
    rest = quality[1:] if pairs else rows
    pairs += zip(rest[::2], rest[1::2], strict=False)
    leading = next(iter(quality or rows), None)
    param = _telling_number(comparison, selected, leading.key) if leading else None
    if leading is not None and param is not None:
        pairs[1:] = [(leading, param)]
    charts = []
    for place, (y_row, x_row) in enumerate(pairs[:MOST_SCATTERS]):
        chart = _scatter(comparison, selected, y_row, x_row, first + place)
        if chart is not None:
            charts.append(chart)
    return tuple(charts)


def _telling_number(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    metric: str,
) -> Row | None:
    """Return the param that goes best with a metric, of those that are numbers."""
    rows = {row.key: row for row in comparison.sections.get(Section.PARAMS, ())}
    for trend in comparison.judgement.trends:
        cells = selected.get((Section.PARAMS.value, trend.key), {})
        is_number = cells and all(_finite(cell.number) for cell in cells.values())
        if trend.metric == metric and trend.key in rows and is_number:
            return rows[trend.key]
    return None


def _scatter(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    y_row: Row,
    x_row: Row,
    index: int,
) -> Chart | None:
    x_cells = selected[x_row.section.value, x_row.key]
    y_cells = selected[Section.METRICS.value, y_row.key]
    points = []
    for run in comparison.runs:
        x, y = x_cells.get(run.run_id), y_cells.get(run.run_id)
        is_shown = run.is_whole or run.color is not None
        if is_shown and x and y and _finite(x.number) and _finite(y.number):
            points.append((run, x.number or 0.0, y.number or 0.0))
    if len({point[1:] for point in points}) < 3:
        return None
    meaning = x_row.meaning
    directions = (_direction(x_row), _direction(y_row))
    front = find_front(points, directions) if all(directions) else []
    better = {Direction.HIGHER: " · higher is better →", Direction.LOWER: " · lower is better ←"}
    unit = f" ({show_text(meaning.unit)})" if meaning and meaning.unit else ""
    x_title = show_key(x_row.key)[:50] + unit + better.get(directions[0], "")
    left = len(comparison.runs) - len(points)
    hint = f"{format_count(len(points))} runs"
    hint += f", {format_count(left)} unfinished or without values" if left else ""
    title = f"{show_key(y_row.key)} by {show_key(x_row.key)}"
    return Chart(
        index=index,
        kind="scatter",
        metric=y_row.key,
        title=title,
        hint=hint,
        label=f"{title}, one point a run",
        reduction="",
        note=describe_front(front, points),
        svg=draw_scatter(points, front, x_title=x_title, x_direction=directions[0]),
        across=x_row.key,
        across_section=x_row.section.value,
    )


def _direction(row: Row) -> Direction:
    return row.meaning.direction if row.meaning else Direction.UNKNOWN


def _finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)
