"""The Charts section: which charts there are, and what they leave out.

Beyond ``budgets.MOST_CHARTS`` metrics the page would be megabytes of pictures.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.charts.axes import Axis, build_axis
from rundiff.charts.curves import Curves, choose_curves, describe_curves
from rundiff.charts.front import describe_front, find_front
from rundiff.charts.histories import (
    BandKey,
    Chart,
    Group,
    build_line_groups,
    build_rests,
    describe_bands,
    ordered_keys,
)
from rundiff.charts.lines import Rest
from rundiff.charts.lollipop import draw_lollipops
from rundiff.charts.parallel import MOST_LINES, draw_parallel
from rundiff.charts.payload import bound_of
from rundiff.charts.scatter import draw_scatter
from rundiff.comparison import Direction, Section
from rundiff.format import format_count, show_text
from rundiff.frozen import dataclass
from rundiff.ranking import is_command, is_cost, metric_rank

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from rundiff.comparison import Comparison, Row, Run
    from rundiff.selected import SelectedCell

MOST_PARAMS, MOST_SCATTERS = 6, 2
_DIRECTIONS = {Direction.HIGHER: "higher is better", Direction.LOWER: "lower is better"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """The section."""

    summary: str
    bands: tuple[BandKey, ...]
    groups: tuple[Group, ...]
    bars: tuple[Chart, ...]
    bars_title: str
    parallel: Chart | None
    scatters: tuple[Chart, ...]
    note: str

    @property
    def drawn(self) -> int:
        """How many metrics have a chart of their own."""
        return sum(len(group.charts) for group in self.groups) + len(self.bars)


class Drawn(NamedTuple):
    """The section, the curves that the script draws in it, and what stands behind them."""

    section: Charts
    curves: Curves
    rests: Mapping[str, Rest]  # by metric


def build_charts(
    comparison: Comparison, selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]]
) -> Drawn | None:
    """Return the section, or None where there is nothing to draw."""
    budgets = comparison.budgets
    if budgets.most_charts == 0:
        return None
    keys = ordered_keys(comparison)
    known = set(keys)
    drawn = keys[: budgets.most_charts]
    rests = build_rests(comparison, drawn)
    groups = build_line_groups(comparison, drawn, rests)
    count = sum(len(group.charts) for group in groups)
    plain = drawable_rows(comparison, known)
    bars = tuple(
        _bar(row, comparison, count + place) for place, row in enumerate(plain[: budgets.most_bars])
    )
    undrawn = len(keys) + len(plain) - count - len(bars)
    count += len(bars)
    parallel = _parallel(comparison, selected, index=count)
    scatters = _scatters(comparison, selected, first=count + 1)
    if not (groups or bars or parallel or scatters):
        return None
    curves = choose_curves(comparison, drawn)
    section = Charts(
        summary=f"{len(keys)} with history, {len(plain)} without",
        bands=describe_bands(comparison, drawn, rests),
        groups=groups,
        bars=bars,
        bars_title="distance from the baseline" if len(comparison.compared) > 1 else "",
        parallel=parallel,
        scatters=scatters,
        note=_note(comparison, curves, undrawn),
    )
    return Drawn(section, curves, rests)


def _note(comparison: Comparison, curves: Curves, undrawn: int) -> str:
    more = f"{undrawn} more metrics are not drawn; their values stand under Metrics."
    notes = [
        more if undrawn else "",
        describe_curves(curves, comparison, bound_of(curves)),
    ]
    return " ".join(note for note in notes if note)


def count_charts(comparison: Comparison) -> int:
    """Return how many metrics could have a chart of their own."""
    keys = ordered_keys(comparison)
    return len(keys) + len(drawable_rows(comparison, keys))


def drawable_rows(comparison: Comparison, with_history: Collection[str]) -> list[Row]:
    """Return the metrics without a history that have a number to draw."""
    return [
        row
        for row in comparison.sections.get(Section.METRICS, ())
        if row.key not in with_history and _is_drawable(row)
    ]


def _is_drawable(row: Row) -> bool:
    return any(cell.number is not None and math.isfinite(cell.number) for cell in row.cells)


def _bar(row: Row, comparison: Comparison, index: int) -> Chart:
    words = []
    if row.meaning is not None:
        words = [_DIRECTIONS.get(row.meaning.direction, ""), show_text(row.meaning.unit)]
    return Chart(
        index=index,
        kind="bar",
        metric=row.key,
        title=show_text(row.key) or '""',
        hint=", ".join(word for word in words if word),
        label=f"{show_text(row.key)} of {len(comparison.compared)} runs",
        reduction="",
        note="",
        svg=draw_lollipops(row, comparison.compared),
    )


def _varying(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    section: Section,
) -> list[Axis]:
    """Return the axes of one section's keys that tell the selected runs apart."""
    meanings = {
        row.key: row.meaning for row in comparison.sections.get(Section.METRICS, ()) if row.meaning
    }
    axes = []
    keys = list(selected)
    if section is Section.METRICS:
        rows = sorted(comparison.sections.get(section, ()), key=metric_rank)
        keys = [(section.value, row.key) for row in rows if (section.value, row.key) in selected]
    for name, key in keys:
        cells = selected[name, key]
        if (
            name != section.value
            or is_command(key)
            or len({(cell.type, cell.value) for cell in cells.values()}) < 2
        ):
            continue
        meaning = meanings.get(key) if section is Section.METRICS else None
        if section is Section.METRICS and meaning is None:
            continue
        axis = build_axis(section, key, cells, meaning=meaning)
        if axis is not None:
            axes.append(axis)
    return axes


def _parallel(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    *,
    index: int,
) -> Chart | None:
    params = _most_telling_axes(_varying(comparison, selected, Section.PARAMS), comparison)
    metrics = _varying(comparison, selected, Section.METRICS)
    metrics = [axis for axis in metrics if len(axis.shares) * 2 > len(comparison.runs)]
    if len(metrics) > 3:  # the leading one, one between, and the cost
        metrics = [metrics[0], metrics[len(metrics) // 2], metrics[-1]]
    axes = params + metrics
    if len(axes) < 3 or not params or len(comparison.runs) < 3:
        return None
    runs = _most_telling(comparison)
    hint = (
        f"{format_count(len(comparison.runs))} selected runs, {len(comparison.compared)} in colour"
    )
    if len(runs) < len(comparison.runs):
        hint += f"; {format_count(len(runs))} of them drawn without script"
    return Chart(
        index=index,
        kind="parallel",
        metric="",
        title="Parallel coordinates",
        hint=hint,
        label=f"Parallel coordinates of {len(axes)} keys over {len(runs)} runs",
        reduction="",
        note="",
        svg=draw_parallel(axes, runs),
    )


def _most_telling_axes(axes: Sequence[Axis], comparison: Comparison) -> list[Axis]:
    """Return at most six params, the one that goes best with the metrics last: beside these."""
    ranks = {key: place for place, key in enumerate(comparison.judgement.telling_params)}
    chosen = sorted(axes, key=lambda axis: ranks.get(axis.key, len(ranks)))[:MOST_PARAMS]
    return sorted(chosen, key=lambda axis: -ranks.get(axis.key, len(ranks)))


def _most_telling(comparison: Comparison) -> list[Run]:
    others = [run for run in comparison.runs if run.color is None]
    return [*comparison.compared, *others[: MOST_LINES - len(comparison.compared)]]


def _scatters(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    *,
    first: int,
) -> tuple[Chart, ...]:
    """Return two pictures of trade-offs: the leading metric by what runs cost, or two metrics."""
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
    charts = []
    for place, (y_row, x_row) in enumerate(pairs[:MOST_SCATTERS]):
        chart = _scatter(comparison, selected, y_row, x_row, first + place)
        if chart is not None:
            charts.append(chart)
    return tuple(charts)


def _scatter(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    y_row: Row,
    x_row: Row,
    index: int,
) -> Chart | None:
    x_cells = selected[Section.METRICS.value, x_row.key]
    y_cells = selected[Section.METRICS.value, y_row.key]
    points = []
    for run in comparison.runs:
        x, y = x_cells.get(run.run_id), y_cells.get(run.run_id)
        if x and y and _finite(x.number) and _finite(y.number):
            points.append((run, x.number or 0.0, y.number or 0.0))
    if len({point[1:] for point in points}) < 3:
        return None
    meaning = x_row.meaning
    directions = (_direction(x_row), _direction(y_row))
    front = find_front(points, directions)
    better = {Direction.HIGHER: " · higher is better →", Direction.LOWER: " · lower is better ←"}
    unit = f" ({show_text(meaning.unit)})" if meaning and meaning.unit else ""
    x_title = show_text(x_row.key)[:50] + unit + better.get(directions[0], "")
    without = len(comparison.runs) - len(points)
    hint = f"{format_count(len(points))} runs" + (f", {without} without values" if without else "")
    title = f"{show_text(y_row.key)} by {show_text(x_row.key)}"
    return Chart(
        index=index,
        kind="scatter",
        metric=y_row.key,
        title=title,
        hint=hint,
        label=f"{title}, one point a run",
        reduction="",
        note=describe_front(front),
        svg=draw_scatter(points, front, x_title=x_title, x_direction=directions[0]),
        across=x_row.key,
    )


def _direction(row: Row) -> Direction:
    return row.meaning.direction if row.meaning else Direction.UNKNOWN


def _finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)
