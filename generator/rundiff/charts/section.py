"""The Charts section: which charts there are, grouped by the prefix of their metrics.

``train/loss`` and ``val/loss`` stand under ``train/`` and ``val/``; ``system/`` comes last, folded.
What is not drawn is said: beyond ``MOST_CHARTS`` metrics the page would be megabytes of pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rundiff.charts.axes import Axis, build_axis
from rundiff.charts.lines import draw_lines
from rundiff.charts.lollipop import draw_lollipops
from rundiff.charts.parallel import MOST_LINES, draw_parallel
from rundiff.charts.payload import describe_reduction
from rundiff.charts.scatter import draw_scatter
from rundiff.comparison import Direction, Section
from rundiff.format import format_count, show_text
from rundiff.ranking import metric_rank

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markupsafe import Markup

    from rundiff.comparison import Comparison, Row, Run, Series
    from rundiff.judgement import Band
    from rundiff.selected import SelectedCell

MOST_CHARTS = 60
MOST_BARS = 24
STATIC_POINTS = 6_000  # over all static charts: about 35 kB of paths
_DIRECTIONS = {Direction.HIGHER: "higher is better", Direction.LOWER: "lower is better"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One figure. ``metric`` is the exact key; ``note`` says what was reduced or left out."""

    index: int
    kind: str
    metric: str
    title: str
    hint: str
    label: str
    note: str
    svg: Markup
    across: str = ""  # the exact key across, of a scatter chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The charts of one prefix."""

    title: str
    charts: tuple[Chart, ...]
    is_folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """The section."""

    summary: str
    groups: tuple[Group, ...]
    bars: tuple[Chart, ...]
    bars_title: str
    parallel: Chart | None
    scatters: tuple[Chart, ...]
    note: str


def build_charts(
    comparison: Comparison, selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]]
) -> Charts | None:
    """Return the section, or None where there is nothing to draw."""
    keys = _ordered_keys(comparison)
    known = set(keys)
    groups = _line_groups(comparison, keys[:MOST_CHARTS])
    count = sum(len(group.charts) for group in groups)
    plain = [
        row
        for row in comparison.sections.get(Section.METRICS, ())
        if row.key not in known and _is_drawable(row)
    ]
    bars = tuple(
        _bar(row, comparison, count + place) for place, row in enumerate(plain[:MOST_BARS])
    )
    count += len(bars)
    parallel = _parallel(comparison, selected, index=count)
    scatters = _scatters(comparison, selected, first=count + 1)
    if not (groups or bars or parallel or scatters):
        return None
    left_out = max(len(keys) - MOST_CHARTS, 0) + max(len(plain) - MOST_BARS, 0)
    return Charts(
        summary=f"{len(keys)} with history, {len(plain)} without",
        groups=groups,
        bars=bars,
        bars_title="distance from the baseline" if len(comparison.compared) > 1 else "",
        parallel=parallel,
        scatters=scatters,
        note=_note(comparison, left_out),
    )


def _note(comparison: Comparison, left_out: int) -> str:
    more = f"{left_out} more metrics are not drawn; their values stand under Metrics."
    notes = [more if left_out else "", describe_reduction(comparison.series)]
    return " ".join(note for note in notes if note)


def histories(comparison: Comparison) -> dict[str, tuple[Series, ...]]:
    """Return the metrics that any run logged more than once; one point is a value, not a curve."""
    return {
        key: series
        for key, series in comparison.series.items()
        if any(len(one.values) > 1 for one in series)
    }


def _ordered_keys(comparison: Comparison) -> list[str]:
    """Return the metrics with history: prefixes in the order of the records, system last."""
    prefixes: dict[str, list[str]] = {}
    for key in histories(comparison):
        prefixes.setdefault(_prefix(key), []).append(key)
    ordered = sorted(prefixes, key=_is_system)
    return [key for prefix in ordered for key in prefixes[prefix]]


def _prefix(key: str) -> str:
    return key.split("/", 1)[0] + "/" if "/" in key.strip("/") else ""


def _is_system(prefix: str) -> bool:
    return prefix.lower() in ("system/", "sys/", "gpu/", "cpu/", "monitor/")


def _line_groups(comparison: Comparison, keys: Sequence[str]) -> tuple[Group, ...]:
    runs = {run.run_id: run for run in comparison.compared}
    lines = sum(len(comparison.series[key]) for key in keys)
    columns = min(max(STATIC_POINTS // (4 * max(lines, 1)), 4), 200)
    groups: dict[str, list[Chart]] = {}
    meanings = {row.key: row.meaning for row in comparison.sections.get(Section.METRICS, ())}
    for index, key in enumerate(keys):
        prefix = _prefix(key)
        bands = comparison.bands.get(key, ())
        drawing = draw_lines(comparison.series[key], runs=runs, columns=columns, bands=bands)
        meaning = meanings.get(key)
        unit = show_text(meaning.unit) if meaning else ""
        scale = "log" if drawing.is_log else "linear"
        notes = []
        if drawing.shown < drawing.logged:
            notes.append(
                f"{format_count(drawing.shown)} of {format_count(drawing.logged)} points drawn: "
                f"first, last, lowest and highest of each of {columns} columns"
            )
        notes += _band_notes(bands, runs, comparison.judgement.confidence)
        if drawing.unplotted:
            notes.append(f"{format_count(drawing.unplotted)} not finite")
        groups.setdefault(prefix, []).append(
            Chart(
                index=index,
                kind="line",
                metric=key,
                title=show_text(key[len(prefix) :]) or '""',
                hint=f"{unit} · {scale}" if unit else scale,
                label=f"{show_text(key)} by step, one line for each of "
                f"{len(comparison.series[key])} runs",
                note=". ".join(notes),
                svg=drawing.svg,
            )
        )
    return tuple(
        Group(title=show_text(prefix), charts=tuple(charts), is_folded=_is_system(prefix))
        for prefix, charts in groups.items()
    )


def _band_notes(bands: Sequence[Band], runs: Mapping[str, Run], confidence: float) -> Iterator[str]:
    """Yield what the bands are, and where their runs ended early."""
    if bands:
        level = f"{confidence * 100:g} % interval of the mean"
        counts = sorted({max(band.counts) for band in bands})
        yield f"bands: {level} of {' or '.join(map(str, counts))} replicates"
    for band in bands:
        if band.note:
            yield f"{show_text(runs[band.run_id].label)}: {band.note}"


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
        if name != section.value or len({(cell.type, cell.value) for cell in cells.values()}) < 2:
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
    params = _varying(comparison, selected, Section.PARAMS)[:6]
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
        hint += f"; the first {format_count(len(runs))} drawn"
    return Chart(
        index=index,
        kind="parallel",
        metric="",
        title="Parallel coordinates",
        hint=hint,
        label=f"Parallel coordinates of {len(axes)} keys over {len(runs)} runs",
        note="",
        svg=draw_parallel(axes, runs),
    )


def _most_telling(comparison: Comparison) -> list[Run]:
    others = [run for run in comparison.runs if run.color is None]
    return [*comparison.compared, *others[: MOST_LINES - len(comparison.compared)]]


def _scatters(
    comparison: Comparison,
    selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]],
    *,
    first: int,
) -> tuple[Chart, ...]:
    """Return two pictures of trade-offs: quality by cost, and the first two other metrics."""
    if len(comparison.runs) < 3:
        return ()
    rows = [
        row
        for row in sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank)
        if row.meaning is not None
        and row.meaning.direction is not Direction.UNKNOWN
        and len(selected.get((Section.METRICS.value, row.key), ())) > 2
    ]
    pairs = []
    if len(rows) >= 2:
        pairs.append((rows[0], rows[-1]))
    if len(rows) >= 4:
        pairs.append((rows[2], rows[-3] if len(rows) > 5 else rows[1]))
    charts = []
    for place, (y_row, x_row) in enumerate(pairs):
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
    better = {Direction.HIGHER: " · higher is better →", Direction.LOWER: " · lower is better ←"}
    unit = f" ({show_text(meaning.unit)})" if meaning and meaning.unit else ""
    x_title = (
        show_text(x_row.key)[:50] + unit + (better.get(meaning.direction, "") if meaning else "")
    )
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
        note="",
        svg=draw_scatter(points, x_title=x_title),
        across=x_row.key,
    )


def _finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)
