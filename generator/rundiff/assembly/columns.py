"""Which runs of the selection stand as columns, and how each is called there.

Up to ten runs all stand as columns. Of more, eight do: the baseline, then the best run of each
*recipe*, since five seeds of one recipe side by side hide the others, then further best runs. Best
is by the *leading metric*: the first by ``rundiff.ranking`` that at least half as many runs have as
the most common one, so that columns and headline speak of the same. Without any such metric it is
the first runs of the selection. Nothing is hidden: the runs table holds all of them, and a sentence
says what was left out and how.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Direction, Section
from rundiff.ranking import key_rank
from rundiff.recipe_keys import is_bookkeeping, seed_pattern
from rundiff.relation import fetch_facts, fetch_recipes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rundiff.comparison import MetricMeaning
    from rundiff.relation import RowKey
    from rundiff.store import Store

ALL_UP_TO = 10
BEST_OF_MORE = 8


class Columns(NamedTuple):
    """The positions of the compared runs, baseline first, and a sentence about the others."""

    positions: tuple[int, ...]
    left_out: str


class Ranking(NamedTuple):
    """What ranks runs: the leading metric, its direction, and its number in each run that has one.

    Without any such metric ``key`` is empty. ``recipes_of`` gives runs of one recipe one number.
    """

    key: str
    direction: Direction
    numbers: Mapping[str, float]
    recipes_of: Callable[[Sequence[str]], Mapping[str, int]]


def rank_runs(
    store: Store,
    keys: Sequence[RowKey],
    meanings: Mapping[str, MetricMeaning],
    *,
    seed_keys: Sequence[str],
) -> Ranking:
    """Return what ranks the runs of the selection, which has these keys."""
    key, direction = leading_metric(keys, meanings) or ("", Direction.UNKNOWN)
    facts = fetch_facts(store, [(Section.METRICS, key)]) if key else []
    numbers = {fact.run_id: fact.number for fact in facts}
    is_seed = seed_pattern(seed_keys)
    ignored = [
        row.key
        for row in keys
        if row.section == Section.PARAMS
        and (is_bookkeeping(row.key) or (is_seed is not None and is_seed.search(row.key)))
    ]
    return Ranking(
        key,
        direction,
        {run_id: x for run_id, x in numbers.items() if x is not None and not math.isnan(x)},
        lambda run_ids: fetch_recipes(store, run_ids, ignored),
    )


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
    width = limit or (len(run_ids) if len(run_ids) <= ALL_UP_TO else BEST_OF_MORE)
    others = [position for position in range(len(run_ids)) if position != baseline]
    if width >= len(run_ids):
        return Columns((baseline, *others), "")
    ranked = _known(run_ids, ranking)
    firsts, are_several = _first_of_each(ranked, width, ranking.recipes_of)
    place = {run_id: at for at, run_id in enumerate(ranked)}
    others.sort(
        key=lambda at: (run_ids[at] not in firsts, place.get(run_ids[at], len(run_ids)), at)
    )
    which = "best" if ranking.key else "first"
    how = f"by {ranking.key} ({ranking.direction.value} is better)" if ranking.key else "in order"
    if are_several:
        how = f"of each recipe {how}"
        if len(firsts - {run_ids[baseline]}) < width - 1:
            how += f", then the next {which}"
    beyond = len(run_ids) - width
    return Columns(
        (baseline, *sorted(others[: width - 1])),
        f"{width} of {len(run_ids)} runs stand as columns: the baseline and the {which} {how}; the "
        f"other {beyond} {'is' if beyond == 1 else 'are'} in the runs table (--columns N shows "
        "more)",
    )


def ranked_runs(run_ids: Sequence[str], ranking: Ranking) -> list[str]:
    """Return all runs, the best first, those that cannot be ranked last."""
    return list(dict.fromkeys([*_known(run_ids, ranking), *run_ids]))


def _known(run_ids: Sequence[str], ranking: Ranking) -> list[str]:
    """Return the runs that can be ranked, the best first; all in their order where none can."""
    sign = -1.0 if ranking.direction is Direction.HIGHER else 1.0
    known = [run_id for run_id in run_ids if run_id in ranking.numbers]
    return sorted(known, key=lambda run_id: sign * ranking.numbers[run_id]) or list(run_ids)


def _first_of_each(
    ranked: Sequence[str], width: int, recipes_of: Callable[[Sequence[str]], Mapping[str, int]]
) -> tuple[set[str], bool]:
    """Return the first run of each recipe, and whether recipes differ and some has several runs.

    As a rule the best few runs are of recipes enough; only otherwise all are looked at.
    """
    firsts: dict[int, str] = {}
    are_several = False
    for count in (width * 8, len(ranked)):
        recipes = recipes_of(ranked[:count])
        firsts = {}
        for run_id in ranked[:count]:
            firsts.setdefault(recipes[run_id], run_id)
        are_several = 1 < len(firsts) < len(recipes)
        if len(firsts) > width:
            break
    return set(firsts.values()), are_several
