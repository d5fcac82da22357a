"""What only the rows of a table tell: whether they are runs or steps, and which run a row is of.

A column ``epoch`` makes a log, but a table of finished runs has one too (the last epoch of each).
Where rows of one step fill the same cells, they are of several runs: those that the columns before
the step or its labels tell apart (``seed,epoch,loss``), or each a run of its own. A table with
nothing but columns called like metrics is the history of one run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.sources.table_cells import as_moment, as_text, is_blank, numbers_in
from rundiff.sources.table_exports import NAMELESS
from rundiff.sources.table_shape import Layout, Shape, is_metric_name, runs_layout
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rundiff.sources.grid import Grid

Rows = list[tuple[int, list[object]]]
SAMPLE = 2_000  # rows that are looked at
_EARLIEST = 100_000_000 * 1_000_000  # of 1973: what is earlier counts seconds since a start
_IDENTITIES = ("id", "name", "model", "model_name", "exp_name", "exp_id", "method", "algorithm")
_RATES = frozenset({"lr", "learning_rate", "learning rate"})


def settle_layout(layout: Layout, header: tuple[str, ...], grid: Grid, sample: Rows) -> Layout:
    """Return the layout as the first rows of the table confirm or correct it."""
    if layout.shape is Shape.STEPS:
        layout = _without_elapsed(layout, header, sample)
        if layout.run is not None:
            is_single = len(sample) > 1 and _all_differ(sample, [layout.run])
            return runs_layout(header) if is_single else layout
        return _steps_of_runs(layout, header, grid, sample)
    if layout.shape is Shape.RUNS and _is_history(layout, grid, sample):
        step = next((at for name, at in layout.others.items() if name in NAMELESS), None)
        others = {name: at for name, at in layout.others.items() if at != step}
        return Layout(shape=Shape.STEPS, step=step, others=others)
    return layout


def identities_of(columns: Mapping[str, int]) -> list[int]:
    """Return the columns that name what a row is of, the surest first."""
    plain = {name.strip().lower(): at for name, at in columns.items()}
    return [plain[name] for name in _IDENTITIES if name in plain]


def _without_elapsed(layout: Layout, header: tuple[str, ...], sample: Rows) -> Layout:
    """Take a column ``time`` of seconds since the start for the metric that it is."""
    at = layout.time
    if at is None:
        return layout
    moments = [micros_of_any(as_moment(cells[at])) for _, cells in sample]
    if any(moment is None or moment >= _EARLIEST for moment in moments):
        return layout
    return replace(layout, time=None, others=layout.others | {header[at]: at})


def _steps_of_runs(layout: Layout, header: tuple[str, ...], grid: Grid, sample: Rows) -> Layout:
    assert layout.step is not None
    identity = identities_of(layout.others)
    if len(sample) > 1 and any(_all_differ(sample, [at]) for at in identity):
        return runs_layout(header)
    settings = {
        name: at
        for name, at in layout.others.items()
        if (at < layout.step or at in identity or _is_label(grid, sample, at))
        and name not in NAMELESS
        and not is_metric_name(name)
        and not any(is_blank(cells[at]) for _, cells in sample)
    }
    places = list(settings.values())
    measured = [at for at in layout.others.values() if at not in places]
    if not _meets(sample, [layout.step], measured):
        return layout
    if not places or _meets(sample, [*places, layout.step], measured):
        is_constant = len({_key(cells, [layout.step]) for _, cells in sample}) == 1
        return runs_layout(header) if is_constant else layout
    if _all_differ(sample, places):
        return runs_layout(header)
    others = {name: at for name, at in layout.others.items() if name not in settings}
    return replace(layout, settings=settings, others=others)


def _is_label(grid: Grid, sample: Rows, at: int) -> bool:
    """Tell whether a column holds a few texts again and again, like ``condition`` or ``split``."""
    found, others = numbers_in(grid, (cells[at] for _, cells in sample))
    return not found and others == len(sample) > len({_key(cells, [at]) for _, cells in sample})


def _is_history(layout: Layout, grid: Grid, sample: Rows) -> bool:
    """Tell whether rows without a step are steps: numbers only, all of them called metrics."""
    names = [name for name in layout.others if name not in NAMELESS]
    rates = [name for name in names if name.strip().lower() in _RATES]
    if grid.is_history:
        return True
    if len(sample) < 2 or layout.fields or layout.sections or len(names) - len(rates) < 2:
        return False
    for name in names:
        found, others = numbers_in(grid, (cells[layout.others[name]] for _, cells in sample))
        if others or not found or (name in rates and len(set(found)) == len(found)):
            return False
    return all(is_metric_name(name) for name in names if name not in rates)


def _key(cells: list[object], places: Iterable[int]) -> tuple[str | None, ...]:
    return tuple(as_text(cells[at]) for at in places)


def _all_differ(sample: Rows, places: list[int]) -> bool:
    keys = [_key(cells, places) for _, cells in sample]
    return None not in {part for key in keys for part in key} and len(set(keys)) == len(keys)


def _meets(sample: Rows, places: list[int], measured: list[int]) -> bool:
    """Tell whether two rows that agree in some columns fill the same one of the others."""
    filled: dict[tuple[str | None, ...], set[int]] = {}
    for _, cells in sample:
        mine = {at for at in measured if not is_blank(cells[at])}
        known = filled.setdefault(_key(cells, places), set())
        if known & mine:
            return True
        known |= mine
    return False
