"""Which params go with which metric over many recipes, where no two differ in one thing only.

A random search has no pair for ``stats.changes``. What can be said of it is weaker: over all
recipes, a param and a metric rise together, or a metric stands higher in some groups. Both are told
by ranks (``stats.ranks``), so that a learning rate counts the same on any scale and one diverged
run decides nothing. A recipe counts once, with the mean of its runs: five seeds are not five
findings. All tests of a page are corrected together (Holm), and only what passes is told. It
remains a trend, not a cause, and is called so.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

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
    Groups = Mapping[tuple[str, str], Sequence[int]]  # (type, value) → where among the places

FEWEST_RECIPES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Param:
    """One param: where it has a value, and its ranks or its groups of equal values at places.

    Mostly the same places are asked for again, once for each metric.
    """

    key: str
    places: frozenset[int]
    ranks: Callable[[Places], list[float]]
    groups: Callable[[Places], Groups]


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
    """Return the trends that pass the test, the strongest first."""
    usable = [recipe for recipe in recipes if recipe.facts]
    if len(usable) < FEWEST_RECIPES:
        return ()
    chosen = [_metric(row, numbers_of(cells, row.key), usable) for row in metrics]
    tested = [
        trend
        for param in _params(cells, usable, options)
        for metric in chosen
        if (trend := _test(param, metric)) is not None
    ]
    adjusted = holm([trend.p_adjusted for trend in tested])
    alpha = round(1 - options.confidence, 12)
    told = [
        replace(trend, p_adjusted=p)
        for trend, p in zip(tested, adjusted, strict=True)
        if p <= alpha
    ]
    told.sort(key=lambda trend: (-abs(trend.strength), trend.key, trend.metric))
    return tuple(told)


def _params(cells: Cells, recipes: Sequence[Recipe], options: JudgeOptions) -> Iterator[_Param]:
    """Yield the params that are part of a recipe, seed-like ones left out."""
    is_seed = seed_pattern(options.seed_keys)
    recorded = {(section, key) for recipe in recipes for section, key, _, _ in recipe.facts}
    for (section, key), by_run in cells.items():
        if section != Section.PARAMS or (section, key) not in recorded:
            continue
        if is_seed is None or not is_seed.search(key):
            found = [by_run.get(recipe.run_ids[0]) for recipe in recipes]
            yield _Param(
                key=key,
                places=frozenset(at for at, cell in enumerate(found) if cell is not None),
                ranks=_ranks_at([cell and cell.number for cell in found]),
                groups=_groups_at(found),
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


def _groups_at(cells: Sequence[SelectedCell | None]) -> Callable[[Places], Groups]:
    @cache
    def groups(places: Places) -> Groups:
        found: dict[tuple[str, str], list[int]] = {}
        for at, place in enumerate(places):
            cell = cells[place]
            if cell is not None:
                found.setdefault((cell.type, cell.value), []).append(at)
        return found

    return groups


def _test(param: _Param, metric: _Metric) -> Trend | None:
    """Return the trend, its p-value not adjusted yet; None where there is nothing to test."""
    places = metric.places
    if not param.places.issuperset(places):
        places = tuple(place for place in places if place in param.places)
    count, groups = len(places), param.groups(places)
    if count < FEWEST_RECIPES or len(groups) < 2:
        return None
    ranks = metric.ranks(places)
    numbers = param.ranks(places) if len(groups) > 2 else []
    if numbers:
        strength = rank_correlation(numbers, ranks)
        best, p = None, p_of_correlation(strength, count)
    elif len(groups) <= count // 2:
        strength = group_share(list(groups.values()), ranks)
        best, p = _best_group(groups, ranks, metric), p_of_groups(strength, count, len(groups))
    else:
        return None  # names, paths and the like: nearly every recipe has a value of its own
    return Trend(
        key=param.key,
        metric=metric.key,
        recipes=count,
        strength=strength,
        best=best,
        p_adjusted=p,
    )


def _best_group(groups: Groups, ranks: Sequence[float], metric: _Metric) -> tuple[str, str]:
    order = sorted(groups, key=lambda group: (mean([ranks[at] for at in groups[group]]), group))
    return order[-1 if metric.is_higher else 0]
