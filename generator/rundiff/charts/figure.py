"""One metric as a plotly figure, for notebooks and scripts.

The page draws its charts in the browser from the same series. plotly reads pseudo-HTML in names
and titles, so what comes from a record is escaped; its axes are numeric, never categories, which
drop runs named ``constructor``.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rundiff.charts.palette import RUN_COLORS, color_index, is_dashed
from rundiff.comparison import Section
from rundiff.errors import KeyNotFoundError
from rundiff.format import show_text

if TYPE_CHECKING:
    from rundiff.comparison import Comparison, Run

Figure = dict[str, object]


def build_figure(comparison: Comparison, key: str) -> Figure:
    """Return a plotly figure as a plain dict: lines over steps, or bars where there is no history.

    Raises KeyNotFoundError when no compared run has the metric.
    """
    rows = {row.key: row for row in comparison.sections[Section.METRICS]}
    if key not in rows:
        raise KeyNotFoundError("metric", key, rows)
    runs = {run.run_id: run for run in comparison.compared}
    series = comparison.series.get(key, ())
    if series:
        traces = [_line(runs[one.run_id], [*one.steps], [*one.values]) for one in series]
    else:
        cells = zip(comparison.compared, rows[key].cells, strict=True)
        traces = [_bar(run, place, cell.number) for place, (run, cell) in enumerate(cells)]
    return {"data": traces, "layout": _layout(comparison, key, is_line=bool(series))}


def _line(run: Run, steps: list[float], values: list[float]) -> Figure:
    color = run.color or 0
    return {
        "type": "scatter",
        "mode": "lines" if len(steps) > 1 else "markers",
        "name": _label(run.label),
        "x": steps,
        "y": values,
        "line": {
            "color": RUN_COLORS[color_index(color)],
            "dash": "dash" if is_dashed(color) else "solid",
        },
    }


def _bar(run: Run, place: int, number: float | None) -> Figure:
    return {
        "type": "bar",
        "name": _label(run.label),
        "x": [place],
        "y": [number],
        "marker": {"color": RUN_COLORS[color_index(run.color or 0)]},
    }


def _layout(comparison: Comparison, key: str, *, is_line: bool) -> Figure:
    axis: Figure = {"title": {"text": "step"}, "type": "linear"}
    if not is_line:
        axis = {
            "type": "linear",
            "tickvals": [*range(len(comparison.compared))],
            "ticktext": [_label(run.label) for run in comparison.compared],
        }
    return {
        "title": {"text": _label(key)},
        "xaxis": axis,
        "yaxis": {"type": "linear"},
        "hovermode": "x unified" if is_line else "closest",
        "showlegend": is_line,
    }


def _label(text: str) -> str:
    return escape(show_text(text), quote=False)
