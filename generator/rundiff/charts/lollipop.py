"""A metric without history: each run's distance from the baseline, one line a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.charts import palette, svg
from rundiff.charts.labels import end_names
from rundiff.format import MISSING, format_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from rundiff.comparison import Row, Run

WIDTH, ROW_HEIGHT, LEFT, RIGHT = 300, 20.5, 108.0, 236.0


def draw_lollipops(row: Row, runs: Sequence[Run]) -> Markup:
    """Return the chart of one metric; missing and not finite values stand as text alone."""
    numbers = [cell.number if cell.is_present else None for cell in row.cells]
    shown = format_numbers(numbers, baseline=0).shown
    finite = [number for number in numbers if number is not None and math.isfinite(number)]
    base = numbers[0]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    span = high - low
    right = min(RIGHT, WIDTH - 7 * max(map(len, shown)) - 6)
    names = end_names(runs)
    height = ROW_HEIGHT * len(runs) + 8
    parts = [
        (
            f'<svg class="chart" data-static viewBox="0 0 {WIDTH} {svg.num(height)}" '
            'aria-hidden="true">'
        )
    ]

    def at(number: float) -> float:
        share = (number - low) / span if span and math.isfinite(span) else 0.5
        return LEFT + 6 + (right - LEFT - 12) * share

    has_base = base is not None and math.isfinite(base)
    if base is not None and has_base:
        rule = f"M{svg.num(at(base))} 2V{svg.num(height)}"
        parts.append(f'<path class="a" stroke="{palette.LINE}" d="{rule}"/>')
    for index, (run, number, text) in enumerate(zip(runs, numbers, shown, strict=True)):
        y = 14 + index * ROW_HEIGHT
        color = run.color or 0
        parts.append(svg.text(LEFT - 26, y + 4, names[run.run_id], anchor="end"))
        parts.append(svg.marker(LEFT - 14, y, color, size=0.85))
        if number is not None and math.isfinite(number):
            x = at(number)
            if base is not None and has_base and x != at(base):
                start = svg.num(at(base))
                parts.append(
                    f'<path {svg.stroke(color)} stroke-width="1.6" '
                    f'd="M{start} {svg.num(y)}H{svg.num(x)}"/>'
                )
            parts.append(svg.marker(x, y, color))
        css = "t v" if text != MISSING else "t"
        parts.append(svg.text(WIDTH - 2, y + 4, text, anchor="end", css=css))
    parts.append("</svg>")
    return svg.join(parts)
