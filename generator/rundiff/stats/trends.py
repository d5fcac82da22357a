"""Which params go with which metric over many recipes, where no two differ in one thing only.

A random search has no pair for ``stats.changes``. What can be said of it is weaker: over all
recipes, a param and a metric rise together, or a metric stands higher at some values or in some
range of them, as it does about a good learning rate. All is told by ranks (``stats.ranks``), so
that a learning rate counts the same on any scale and one diverged run decides nothing. A recipe
counts once, with the mean of its runs: five seeds are not five findings. All tests here are
corrected together (Holm), and only what passes is told. It remains a trend, not a cause, and is
called so.

A param that is a number is asked both questions. Its values, or ranges of them with equally many
recipes, are told instead of "the higher, the better" where the best one lies inside and they
account for more of the ranks: then neither end is the better one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Direction, Section
from rundiff.frozen import dataclass
from rundiff.judgement import Trend
from rundiff.recipe_keys import seed_pattern
from rundiff.stats.asking import numbers_of
from rundiff.stats.ranks import (
    group_share,
    p_of_correlation,
    p_of_groups,
    rank,
    rank_correlation,
)
from rundiff.stats.two_samples import holm, mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rundiff.comparison import Row
    from rundiff.selected import SelectedCell
    from rundiff.stats.judge import JudgeOptions
    from rundiff.stats.recipes import Cells, Recipe

    Places = tuple[int, ...]

FEWEST_RECIPES = 10
MOST_RANGES, FEWEST_RANGES, FEWEST_OF_RANGE = 5, 3, 5


class _Group(NamedTuple):
    """Recipes, by where they are among the places, that share a value or a range of numbers."""

    members: tuple[int, ...]
    value: tuple[str, str] | None = None  # type and text
    between: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Param:
    """One param: where it has a value; its ranks, values and ranges of numbers at places.

    Mostly the same places are asked for again, once for each metric.
    """

    key: str
    places: frozenset[int]
    ranks: Callable[[Places], list[float]]
    values: Callable[[Places], list[_Group]]
    ranges: Callable[[Places], list[_Group]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metric:
    """One metric: the places of the recipes that have a mean, and their ranks at some of them."""

    key: str
    places: Places
    ranks: Callable[[Places], list[float]]
    is_higher: bool


def find_trends(
    cells: Cells, recipes: Sequence[Recipe], metrics: Sequence[Row], options: JudgeOptions
) -> tuple[Trend, ...]:
    """Return the trends that pass the test, the first metric's before others, strongest first."""
    usable = [recipe for recipe in recipes if recipe.facts]
    if len(usable) < FEWEST_RECIPES:
        return ()
    chosen = [_metric(row, numbers_of(cells, row.key), usable) for row in metrics]
    tested = [
        trend
        for param in _params(cells, usable, options)
        for metric in chosen
        for trend in _test(param, metric)
    ]
    adjusted = holm([trend.p_adjusted for trend in tested])
    alpha = round(1 - options.confidence, 12)
    told: dict[tuple[str, str], Trend] = {}
    for trend, p in zip(tested, adjusted, strict=True):
        if p <= alpha:
            told.setdefault((trend.key, trend.metric), replace(trend, p_adjusted=p))
    return tuple(
        sorted(
            told.values(),
            key=lambda one: (one.metric != metrics[0].key, -one.share, one.key, one.metric),
        )
    )


def _params(cells: Cells, recipes: Sequence[Recipe], options: JudgeOptions) -> Iterator[_Param]:
    """Yield the params that are part of a recipe, seed-like ones left out."""
    is_seed = seed_pattern(options.seed_keys)
    recorded = {(section, key) for recipe in recipes for section, key, _, _ in recipe.facts}
    for (section, key), by_run in cells.items():
        if section != Section.PARAMS or (section, key) not in recorded:
            continue
        if is_seed is None or not is_seed.search(key):
            found = [by_run.get(recipe.run_ids[0]) for recipe in recipes]
            numbers = [cell and cell.number for cell in found]
            ranks = _ranks_at(numbers)
            yield _Param(
                key=key,
                places=frozenset(at for at, cell in enumerate(found) if cell is not None),
                ranks=ranks,
                values=_values_at(found),
                ranges=_ranges_at(numbers, ranks),
            )


def _metric(row: Row, by_run: Mapping[str, float], recipes: Sequence[Recipe]) -> _Metric:
    def mean_of(recipe: Recipe) -> float | None:
        numbers = [by_run[run_id] for run_id in recipe.run_ids if run_id in by_run]
        return mean(numbers) if numbers and all(map(math.isfinite, numbers)) else None

    means = [mean_of(recipe) for recipe in recipes]
    is_higher = row.meaning is not None and row.meaning.direction is Direction.HIGHER
    return _Metric(
        key=row.key,
        places=tuple(place for place, number in enumerate(means) if number is not None),
        ranks=_ranks_at(means),
        is_higher=is_higher,
    )


def _ranks_at(numbers: Sequence[float | None]) -> Callable[[Places], list[float]]:
    """Return a function of places that gives the ranks there; none unless all are numbers."""

    @cache
    def ranks(places: Places) -> list[float]:
        found = [numbers[place] for place in places]
        finite = [number for number in found if number is not None and math.isfinite(number)]
        return rank(finite) if len(finite) == len(places) else []

    return ranks


def _values_at(cells: Sequence[SelectedCell | None]) -> Callable[[Places], list[_Group]]:
    """Return a function of places that gives a group for each value there, numbers in order."""

    @cache
    def values(places: Places) -> list[_Group]:
        found: dict[tuple[str, str], list[int]] = {}
        numbers: dict[tuple[str, str], float] = {}
        for at, place in enumerate(places):
            cell = cells[place]
            if cell is not None:
                value = cell.type, cell.value
                found.setdefault(value, []).append(at)
                numbers[value] = cell.number if cell.number is not None else math.inf
        ordered = sorted(found, key=lambda value: (numbers[value], value))
        return [_Group(tuple(found[value]), value=value) for value in ordered]

    return values


def _ranges_at(
    numbers: Sequence[float | None], ranks: Callable[[Places], list[float]]
) -> Callable[[Places], list[_Group]]:
    """Return a function of places that gives ranges of numbers with equally many of them."""

    @cache
    def ranges(places: Places) -> list[_Group]:
        count = len(places)
        most = min(MOST_RANGES, count // FEWEST_OF_RANGE)
        if most < FEWEST_RANGES:
            return []
        members: list[list[int]] = [[] for _ in range(most)]
        for at, place in enumerate(ranks(places)):  # equal numbers have one rank: one range
            members[int((place - 0.5) * most / count)].append(at)
        found = []
        for those in filter(None, members):
            inside = [number for at in those if (number := numbers[places[at]]) is not None]
            found.append(_Group(tuple(those), between=(min(inside), max(inside))))
        return found

    return ranges


def _test(param: _Param, metric: _Metric) -> Iterator[Trend]:
    """Yield what may be told, of which the first that passes counts; p is not adjusted yet."""
    places = metric.places
    if not param.places.issuperset(places):
        places = tuple(place for place in places if place in param.places)
    count, values = len(places), param.values(places)
    if count < FEWEST_RECIPES or len(values) < 2:
        return
    tell = partial(Trend, key=param.key, metric=metric.key, recipes=count)
    ranks = metric.ranks(places)
    numbers = param.ranks(places) if len(values) > 2 else []
    groups = values if len(values) <= MOST_RANGES or not numbers else param.ranges(places)
    found = []
    if numbers:
        strength = rank_correlation(numbers, ranks)
        found.append(tell(strength=strength, p_adjusted=p_of_correlation(strength, count)))
    if 1 < len(groups) <= count // 2:  # else names, paths and the like: a value for every recipe
        share = group_share([group.members for group in groups], ranks)
        best = _best(groups, ranks, metric)
        p = p_of_groups(share, count, len(groups))
        found.append(tell(strength=share, best=best.value, between=best.between, p_adjusted=p))
        if best not in {groups[0], groups[-1]} and found[-1].share > found[0].share:
            found.reverse()
    yield from found


def _best(groups: Sequence[_Group], ranks: Sequence[float], metric: _Metric) -> _Group:
    def standing(group: _Group) -> tuple[float, tuple[str, str]]:
        return mean([ranks[at] for at in group.members]), group.value or ("", "")

    return max(groups, key=standing) if metric.is_higher else min(groups, key=standing)
