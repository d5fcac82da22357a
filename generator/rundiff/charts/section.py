"""The Charts section: which charts there are, and what they leave out.

Beyond ``budgets.MOST_CHARTS`` metrics the page would be megabytes of pictures.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.charts.axes import Axis, build_axis
from rundiff.charts.curves import Curves, choose_curves, describe_curves, describe_others
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
from rundiff.charts.scatters import build_scatters
from rundiff.comparison import Direction, Section
from rundiff.format import format_count, show_key, show_text
from rundiff.frozen import dataclass
from rundiff.ranking import is_command, is_cost, metric_rank
from rundiff.recipe_keys import DEFAULT_SEED_KEYS, seed_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from rundiff.comparison import Comparison, Row, Run
    from rundiff.selected import SelectedCell

MOST_PARAMS, MOST_METRICS = 6, 4
_DIRECTIONS = {Direction.HIGHER: "higher is better", Direction.LOWER: "lower is better"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """The section."""

    summary: str
    bands: tuple[BandKey, ...]
    groups: tuple[Group, ...]
    bars: tuple[Chart, ...]
    parallel: Chart | None
    scatters: tuple[Chart, ...]
    note: str
    addable: str  # what a reader with script can add

    @property
    def drawn(self) -> int:
        """How many metrics have a chart of their own."""
        return sum(len(group.charts) for group in self.groups) + len(self.bars)


class Drawn(NamedTuple):
    """The section, the curves and axes that the script draws in it, and what stands behind."""

    section: Charts
    curves: Curves
    rests: Mapping[str, Rest]  # by metric
    axes: Sequence[tuple[str, str]]  # section and key of each in parallel coordinates


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
    axes = _parallel_axes(comparison, selected)
    parallel = _parallel(comparison, axes, index=count) if axes else None
    scatters = build_scatters(comparison, selected, first=count + 1)
    if not (groups or bars or parallel or scatters):
        return None
    curves = choose_curves(comparison, drawn)
    section = Charts(
        summary=_summary(len(keys), len(plain)),
        bands=describe_bands(comparison, drawn, rests),
        groups=groups,
        bars=bars,
        parallel=parallel,
        scatters=scatters,
        note=_note(curves, undrawn),
        addable=describe_others(curves, comparison),
    )
    return Drawn(section, curves, rests, [(axis.section.value, axis.key) for axis in axes])


def _summary(with_history: int, without: int) -> str:
    if not with_history:
        return f"{without} without history" if without else ""
    return f"{with_history} with history" + (f", {without} without" if without else "")


def _note(curves: Curves, undrawn: int) -> str:
    more = f"{undrawn} more metrics are not drawn; their values stand under Metrics."
    notes = [
        more if undrawn else "",
        describe_curves(curves, bound_of(curves)),
    ]
    return " ".join(note for note in notes if note)


def count_charts(comparison: Comparison) -> int:
    """Return how many metrics could have a chart of their own."""
    keys = ordered_keys(comparison)
    return len(keys) + len(drawable_rows(comparison, keys))


def drawable_rows(comparison: Comparison, with_history: Collection[str]) -> list[Row]:
    """Return the metrics without a history that have a number to draw, the leading ones first.

    One run alone is at no distance from another: its table says as much.
    """
    if len(comparison.compared) < 2:
        return []
    return [
        row
        for row in sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank)
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
        title=show_key(row.key),
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


def _parallel_axes(
    comparison: Comparison, selected: Mapping[tuple[str, str], Mapping[str, SelectedCell]]
) -> list[Axis]:
    """Return params, then metrics that most runs have; none where they would show nothing."""
    is_seed = seed_pattern(DEFAULT_SEED_KEYS)  # which never was the reason
    params = _varying(comparison, selected, Section.PARAMS)
    params = [axis for axis in params if not (is_seed and is_seed.search(axis.key))]
    metrics = _varying(comparison, selected, Section.METRICS)
    metrics = [axis for axis in metrics if len(axis.shares) * 2 > len(comparison.runs)]
    costs = [axis for axis in metrics[MOST_METRICS - 1 :] if is_cost(axis.key)]
    metrics = metrics[: MOST_METRICS - 1] + (costs or metrics[MOST_METRICS - 1 :])[:1]
    axes = _most_telling_axes(params, comparison) + metrics
    return axes if len(axes) > 2 and params and len(comparison.runs) > 2 else []


def _parallel(comparison: Comparison, axes: Sequence[Axis], *, index: int) -> Chart:
    runs = _most_telling(comparison)
    count = format_count(len(comparison.runs))
    few = f"{format_count(len(runs))} of them are drawn without script."
    return Chart(
        index=index,
        kind="parallel",
        metric="",
        title="Parallel coordinates",
        hint=f"{count} runs, {len(comparison.compared)} in colour",
        label=f"Parallel coordinates of {len(axes)} keys over {len(comparison.runs)} runs",
        reduction=few if len(runs) < len(comparison.runs) else "",
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
