"""Which curves a page carries, and with how many of their points.

The compared runs come first. Where the points of all curves are too many, first all curves get
coarser, then curves of other runs are left out, the last of the ranking first, and only when even
the coarsest curves of the compared runs are too many, those of the last charts. The curves of the
best and of the worst run of each metric stay longest of the others: a chart draws them in front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rundiff import budgets as limits
from rundiff.charts.extremes import find_extremes
from rundiff.charts.sampling import low_high, m4
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rundiff.comparison import Comparison, Series


CAUTION = 0.95  # of an estimate


class Curve(NamedTuple):
    """One series and the indices of its points in the page."""

    series: Series
    kept: Sequence[int]
    is_exact: bool  # as doubles, not as shares of its range


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The curves of a page. Columns are 0 where every point is there."""

    own: tuple[Curve, ...]
    others: tuple[Curve, ...]
    columns: int
    other_columns: int

    @property
    def points(self) -> int:
        """How many points the page carries."""
        return sum(len(curve.kept) for curve in (*self.own, *self.others))


def histories(comparison: Comparison) -> dict[str, tuple[Series, ...]]:
    """Return the metrics that any run logged more than once; one point is a value, not a curve."""
    return {
        key: series
        for key, series in comparison.series.items()
        if any(len(one.values) > 1 for one in series)
    }


def choose_curves(comparison: Comparison, keys: Sequence[str]) -> Curves:
    """Return the curves of the given metrics within the comparison's budgets."""
    budgets = comparison.budgets
    # A page that must get smaller has no doubles.
    can_be_exact = budgets.shrink.points is None
    own = [one for key in keys for one in comparison.series[key] if len(one.values)]
    others = _in_order(comparison, keys)
    room, other_room, exact = _rooms(budgets.most_points, own, (*others.front, *others.rest))
    own_curves, columns = _own(own, room, is_exact=can_be_exact and _total(own) <= exact)
    other_curves, other_columns = _others(
        others, other_room, is_exact=can_be_exact and budgets.points is not None
    )
    return Curves(
        own=tuple(own_curves),
        others=tuple(other_curves),
        columns=columns,
        other_columns=other_columns,
    )


def floors(own: Sequence[Series], others: Sequence[Series]) -> tuple[int, int]:
    """Return the points of the coarsest curves that are still worth drawing."""
    most = 2 * limits.FEWEST_OTHER_COLUMNS + 2
    return (
        sum(min(len(one.values), 4 * limits.FEWEST_COLUMNS) for one in own),
        sum(min(len(one.values), most) for one in others),
    )


def _rooms(
    points: int | None, own: Sequence[Series], others: Sequence[Series]
) -> tuple[int, int, int]:
    """Return the points of the compared runs, of the others, and up to how many are exact."""
    if points is None:
        return limits.MOST_POINTS, limits.MOST_OTHER_POINTS, limits.EXACT_POINTS
    own_floor, other_floor = floors(own, others)
    spare = points - own_floor - other_floor
    if spare < 0:  # even the coarsest are too many: those of the others go first
        other_room = max(points - own_floor, 0)
    else:
        rest = points - _total(own)
        other_room = min(_total(others), max(other_floor + spare // 3, rest))
    return points - other_room, other_room, points - other_room


def _total(series: Iterable[Series]) -> int:
    return sum(len(one.values) for one in series)


def _own(series: Sequence[Series], room: int, *, is_exact: bool) -> tuple[list[Curve], int]:
    if is_exact:
        return [Curve(one, range(len(one.values)), is_exact=True) for one in series], 0
    fair = room // (4 * max(len(series), 1))
    columns = min(limits.MOST_COLUMNS, max(fair, limits.FEWEST_COLUMNS))
    while True:
        curves = [_coarse(one, columns) for one in series]
        points = sum(len(curve.kept) for curve in curves)
        if points <= room:
            return curves, columns
        if columns == 1:
            return _first_within(curves, room), columns
        columns = max(min(columns * room // points, columns - 1), 1)


def _others(others: _Others, room: int, *, is_exact: bool) -> tuple[list[Curve], int]:
    series = (*others.front, *others.rest)
    if not series or not room:
        return [], 0
    if _total(series) <= room:
        return [Curve(one, range(len(one.values)), is_exact=is_exact) for one in series], 0
    columns = _other_columns(series, room)
    while True:
        rest = [_coarsest(one, columns) for one in others.rest]
        points = sum(len(curve.kept) for curve in rest)
        if points <= room or columns == limits.FEWEST_OTHER_COLUMNS:
            break
        fewer = min(int(CAUTION * columns * room / points), columns - 1)
        columns = max(fewer, limits.FEWEST_OTHER_COLUMNS)
    # What a chart draws in front is seen without being looked up.
    finer = (room - points) // (2 * max(len(others.front), 1)) - 1
    finer = min(finer, limits.FINE_OTHER_COLUMNS)
    front = [_coarsest(one, max(columns, finer)) for one in others.front]
    return _first_within([*front, *rest], room), columns


def _other_columns(series: Sequence[Series], room: int) -> int:
    """Return how many columns all curves can have, judged by some of them."""
    tried = limits.FINE_OTHER_COLUMNS
    some = series[:: len(series) // 64 + 1]
    points = sum(len(_coarsest(one, tried).kept) for one in some)
    # Both ends, and of each column so many:
    each = max((points / len(some) - 2) / tried, 0.5)
    fair = int(CAUTION * (room / len(series) - 2) / each)
    return min(max(fair, limits.FEWEST_OTHER_COLUMNS), limits.MOST_COLUMNS)


def _coarsest(one: Series, columns: int) -> Curve:
    return Curve(one, low_high(one.steps, one.values, columns), is_exact=False)


def _coarse(one: Series, columns: int) -> Curve:
    return Curve(one, m4(one.steps, one.values, columns), is_exact=False)


def _first_within(curves: Sequence[Curve], room: int) -> list[Curve]:
    """Return the first curves that fit."""
    found = []
    for curve in curves:
        room -= len(curve.kept)
        if room < 0:
            break
        found.append(curve)
    return found


class _Others(NamedTuple):
    """The histories of runs that are no columns."""

    front: Sequence[Series]  # the best and the worst of each chart
    rest: Sequence[Series]  # run by run, so that a run has all its curves or none


def _in_order(comparison: Comparison, keys: Sequence[str]) -> _Others:
    front: list[Series] = []
    rest: list[Series] = []
    ranks: dict[str, int] = {}
    for key in keys:
        ends = find_extremes(comparison, key)
        for one in comparison.others.get(key, ()):
            ranks.setdefault(one.run_id, len(ranks))
            if len(one.values) > 1:
                (front if one.run_id in ends else rest).append(one)
    rest.sort(key=lambda one: ranks[one.run_id])
    return _Others(front, rest)


def describe_curves(curves: Curves, bound: str | None) -> str:
    """Say how the charts of the page stand for long histories; "" where every point is there."""
    logged = sum(len(curve.series.values) for curve in curves.own)
    parts = []
    if curves.columns:
        parts.append(
            f"{logged:,} points of the compared runs, so each history is drawn by the first, last, "
            f"lowest and highest point of each of {curves.columns} columns."
        )
    if bound:
        parts.append(f"{bound[0].upper()}{bound[1:]}.")
    return " ".join(parts)


def describe_others(curves: Curves, comparison: Comparison) -> str:
    """Say which curves a reader can add, and how they are drawn; "" where there are none."""
    if not curves.others:
        return ""
    runs = len({curve.series.run_id for curve in curves.others})
    beyond = len(comparison.runs) - len(comparison.compared)
    how = (
        f", by the lowest and highest point of each of {curves.other_columns} columns"
        if curves.other_columns
        else ""
    )
    which = f"; {runs:,} of the other {beyond:,} have some" if runs < beyond else ""
    return f"A run that is ticked in the Runs table gets its curves here{how}{which}."
