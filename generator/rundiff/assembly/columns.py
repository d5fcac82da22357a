"""Which runs of the selection stand as columns, and how each is called there.

Up to ten runs all stand as columns. Of more: the baseline, and the best run of each other *recipe*
(equal params and data but for seeds), six columns at most. Six is what stands side by side on a
laptop without scrolling, has a label at the end of each curve, and keeps the colours that are
easiest to tell apart. A second seed of a recipe says little beside the first: such runs fill up to
four columns only, or to the number that was asked for. Where nothing but seeds differs, or nothing
at all was logged, the six best runs stand.

Best is by the *leading metric*: the first by ``rundiff.ranking`` that at least half as many runs
have as the most common one, so that columns and headline speak of the same. Without any such metric
it is the first runs of the selection. Nothing is hidden: the runs table holds all of them, and a
sentence says what was left out and how.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Direction, Section
from rundiff.ranking import key_rank
from rundiff.recipe_keys import is_bookkeeping, seed_pattern
from rundiff.relation import fetch_numbers, fetch_recipes

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from rundiff.comparison import MetricMeaning
    from rundiff.relation import LoadedRuns
    from rundiff.relation.rows import RowKey

ALL_UP_TO = 10
BEST_OF_MORE = 6
FILLED_UP_TO = 4  # by further runs of recipes that stand there already


class Columns(NamedTuple):
    """The positions of the compared runs, baseline first, and a sentence about the others."""

    positions: tuple[int, ...]
    left_out: str


class Ranking(NamedTuple):
    """What ranks runs: the leading metric, its direction, and its number in each run that has one.

    Without any such metric ``key`` is empty. ``recipes_of`` gives runs of one recipe equal values.
    """

    key: str
    direction: Direction
    numbers: Mapping[str, float]
    recipes_of: Callable[[Sequence[str]], Mapping[str, Hashable]]


def rank_runs(
    store: LoadedRuns,
    keys: Sequence[RowKey],
    meanings: Mapping[str, MetricMeaning],
    *,
    seed_keys: Sequence[str],
) -> Ranking:
    """Return what ranks the runs of the selection, which has these keys."""
    key, direction = leading_metric(keys, meanings) or ("", Direction.UNKNOWN)
    numbers = fetch_numbers(store, key) if key else {}
    is_seed = seed_pattern(seed_keys)
    telling = [(row.section, row.key) for row in keys if _is_of_recipe(row, is_seed)]

    def recipes_of(asked: Sequence[str]) -> Mapping[str, Hashable]:
        return fetch_recipes(store, asked, telling)

    return Ranking(
        key,
        direction,
        {run_id: x for run_id, x in numbers.items() if x is not None and not math.isnan(x)},
        recipes_of,
    )


def _is_of_recipe(row: RowKey, is_seed: re.Pattern[str] | None) -> bool:
    """Return whether a row tells recipes: a param or data, but no seed, no path, no count."""
    if row.section == Section.DATASETS:
        return row.key.endswith((" · digest", " · name"))
    if row.section != Section.PARAMS or is_bookkeeping(row.key):
        return False
    return is_seed is None or not is_seed.search(row.key)


def leading_metric(
    rows: Sequence[RowKey], meanings: Mapping[str, MetricMeaning]
) -> tuple[str, Direction] | None:
    """Return the metric that ranks runs, and its direction; None where none has one."""
    metrics = [
        row
        for row in rows
        if row.section == "metrics" and meanings[row.key].direction is not Direction.UNKNOWN
    ]
    most = max((row.runs for row in metrics), default=0)
    ranked = sorted(
        (row.runs * 2 < most, key_rank(row.key, meanings[row.key].direction_origin), row.key)
        for row in metrics
    )
    if not ranked:
        return None
    key = ranked[0][-1]
    return key, meanings[key].direction


def choose_columns(
    run_ids: Sequence[str], baseline: int, *, limit: int | None, ranking: Ranking
) -> Columns:
    """Return the columns, at most ``limit``; ``baseline`` is a position."""
    others = [position for position in range(len(run_ids)) if position != baseline]
    if (limit or ALL_UP_TO) >= len(run_ids):
        return Columns((baseline, *others), "")
    most = limit or BEST_OF_MORE
    ranked = _known(run_ids, ranking)
    firsts = _first_of_each(run_ids[baseline], ranked, most, ranking.recipes_of)
    width = most
    if firsts.are_several and not limit:
        width = min(most, max(len(firsts.run_ids) + 1, FILLED_UP_TO))
    place = {run_id: at for at, run_id in enumerate(ranked)}
    others.sort(
        key=lambda at: (run_ids[at] not in firsts.run_ids, place.get(run_ids[at], len(place)), at)
    )
    beyond = len(run_ids) - width
    return Columns(
        (baseline, *sorted(others[: width - 1])),
        f"{width} of {len(run_ids)} runs stand as columns: the baseline and the "
        f"{_which(firsts, width, ranking)}; the other {beyond} {'is' if beyond == 1 else 'are'} in "
        "the runs table (--columns N shows more)",
    )


class _Firsts(NamedTuple):
    """The first run of each recipe but the baseline's; ``are_several``: some recipe has more."""

    run_ids: frozenset[str]
    are_several: bool


def _which(firsts: _Firsts, width: int, ranking: Ranking) -> str:
    """Say which runs stand beside the baseline."""
    which = "best" if ranking.key else "first"
    how = f"by {ranking.key} ({ranking.direction.value} is better)" if ranking.key else "in order"
    room, recipes = width - 1, len(firsts.run_ids)
    if not firsts.are_several:
        return f"{which} {how}"
    if recipes > room:
        return f"{which} of {room} leading recipes {how}"
    more = f", then the next {which}" if recipes < room else ""
    return f"{which} of each other recipe {how}{more}"


def ranked_runs(run_ids: Sequence[str], ranking: Ranking) -> list[str]:
    """Return all runs, the best first, those that cannot be ranked last."""
    return list(dict.fromkeys([*_known(run_ids, ranking), *run_ids]))


def _known(run_ids: Sequence[str], ranking: Ranking) -> list[str]:
    """Return the runs that can be ranked, the best first; all in their order where none can."""
    sign = -1.0 if ranking.direction is Direction.HIGHER else 1.0
    known = [run_id for run_id in run_ids if run_id in ranking.numbers]
    return sorted(known, key=lambda run_id: sign * ranking.numbers[run_id]) or list(run_ids)


def _first_of_each(
    baseline: str,
    ranked: Sequence[str],
    width: int,
    recipes_of: Callable[[Sequence[str]], Mapping[str, Hashable]],
) -> _Firsts:
    """Return the first run of each recipe that is not the baseline's.

    As a rule the best few runs are of recipes enough; only otherwise all are looked at.
    """
    firsts = _Firsts(frozenset(), are_several=False)
    for count in (width * 8, len(ranked)):
        recipes = recipes_of([*{baseline: None, **dict.fromkeys(ranked[:count])}])
        first_of = {recipes[baseline]: baseline}
        for run_id in ranked[:count]:
            first_of.setdefault(recipes[run_id], run_id)
        are_several = 1 < len(first_of) < len(recipes)
        firsts = _Firsts(frozenset(first_of.values()) - {baseline}, are_several)
        if len(firsts.run_ids) >= width:
            break
    return firsts
