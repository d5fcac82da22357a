"""Finds recipes that differ in one thing only: which change went with which move.

A table of what differs and a table of what moved leave the reader to guess which belongs to which.
Where two recipes are equal in everything but one key, there is nothing to guess, so these pairs are
found by themselves: a sweep over two keys holds one pair for each value of the other key, and what
the pairs agree on is as near to a cause as logged runs come. Importance by a fitted model (as W&B
computes it) gives credit to any key that happened to vary along and cannot say so; here keys that
always vary together are one *block*, named together.

Recipes that no such pair reaches are joined to the rest by the pair that differs in the fewest
blocks (Kruskal's spanning tree, https://en.wikipedia.org/wiki/Kruskal%27s_algorithm), because
"these three changed together" is still an answer. Many recipes without a pair are a random search;
there a spanning tree says nothing, and none is made. For the same reason keys of which every recipe
has a value of its own are no block: they split the recipes alike, but nobody varied them together.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.stats.recipes import Recipe

Key = tuple[str, str]  # section, key
Levels = tuple[int, ...]  # for each recipe, which of a block's values it has, by first appearance

MOST_RECIPES_JOINED = 12
MOST_BLOCKS_TOGETHER = 4
FEWEST_RAISES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Keys that differ and the pairs of recipes (places, before and after) that show it.

    ``is_raised``: the pairs have one number raised in common, not the values before and after.
    """

    keys: tuple[Key, ...]
    pairs: tuple[tuple[int, int], ...]
    is_raised: bool = False


def find_changes(recipes: Sequence[Recipe], baseline: int) -> tuple[Found, ...]:
    """Return the changes among recipes, isolated ones first; ``baseline`` is a place among them.

    Recipes without facts take no part. Changes lead from the baseline's value to another one, or
    from an earlier recipe to a later one.
    """
    places = [place for place, recipe in enumerate(recipes) if recipe.facts]
    blocks = _find_blocks([recipes[place] for place in places])
    if len(places) < 2 or not blocks:
        return ()
    rows = list(zip(*(levels for _, levels in blocks), strict=True))
    reference = rows[places.index(baseline)] if baseline in places else rows[0]
    isolated: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    for block in range(len(blocks)):
        for before, after in _isolated_pairs(rows, block, reference[block]):
            change = (block, rows[before][block], rows[after][block])
            isolated.setdefault(change, []).append((before, after))
    found = [({block}, pairs) for (block, _, _), pairs in isolated.items()]
    if len(rows) <= MOST_RECIPES_JOINED:
        known = [pair for _, pairs in found for pair in pairs]
        found += [(differing, [pair]) for differing, pair in _joining_pairs(rows, known, reference)]
    return tuple(
        Found(
            keys=tuple(key for block in sorted(chosen) for key in blocks[block][0]),
            pairs=tuple((places[before], places[after]) for before, after in pairs),
        )
        for chosen, pairs in found
    )


def _find_blocks(recipes: Sequence[Recipe]) -> list[tuple[list[Key], Levels]]:
    """Return the keys that differ; those that split the recipes into the same groups are one."""
    values: list[Mapping[Key, tuple[str, str]]] = [
        {(section, key): (kind, value) for section, key, kind, value in recipe.facts}
        for recipe in recipes
    ]
    blocks: dict[object, tuple[list[Key], Levels]] = {}
    for key in sorted({key for facts in values for key in facts}):
        levels: dict[tuple[str, str] | None, int] = {}
        found = tuple(levels.setdefault(facts.get(key), len(levels)) for facts in values)
        if len(levels) > 1:
            is_alone = len(levels) == len(recipes)
            blocks.setdefault(key if is_alone else found, ([], found))[0].append(key)
    return list(blocks.values())


def _isolated_pairs(
    rows: Sequence[Levels], block: int, reference: int
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of recipes that are equal but for one block."""
    groups: dict[Levels, dict[int, list[int]]] = {}
    for place, row in enumerate(rows):
        rest = row[:block] + row[block + 1 :]
        groups.setdefault(rest, {}).setdefault(row[block], []).append(place)
    for by_level in groups.values():
        start = reference if reference in by_level else min(by_level)
        for level, afters in by_level.items():
            if level != start:
                yield from product(by_level[start], afters)


def _joining_pairs(
    rows: Sequence[Levels], known: Sequence[tuple[int, int]], reference: Levels
) -> Iterator[tuple[set[int], tuple[int, int]]]:
    """Yield the pairs, fewest blocks first, that join what the known pairs leave apart."""
    group = list(range(len(rows)))

    def root(place: int) -> int:
        while group[place] != place:
            place = group[place]
        return place

    for before, after in known:
        group[root(after)] = root(before)
    candidates = []
    for before, after in combinations(range(len(rows)), 2):
        pairs = zip(rows[before], rows[after], strict=True)
        differing = {block for block, (one, other) in enumerate(pairs) if one != other}
        candidates.append((len(differing), before, after, differing))
    for count, before, after, differing in sorted(candidates, key=lambda one: one[:3]):
        if count <= MOST_BLOCKS_TOGETHER and root(before) != root(after):
            group[root(after)] = root(before)
            if count:  # none: the same again, without a seed that would make them replicates
                yield differing, (after, before) if rows[after] == reference else (before, after)


def merge_raises(
    found: Sequence[Found], numbers: Mapping[Key, Sequence[float | None]]
) -> tuple[Found, ...]:
    """Return the changes with the many single pairs of one number as one change, from low to high.

    ``numbers`` of a key, one per recipe: a sampled number has a value of its own in each, and six
    pairs that agree say more than six lines.
    """
    alone: dict[Key, list[Found]] = {}
    for one in found:
        if len(one.keys) == len(one.pairs) == 1:
            alone.setdefault(one.keys[0], []).append(one)
    merged: list[Found] = []
    gone: set[Found] = set()
    for key, ones in alone.items():
        values = {
            place: numbers[key][place] for one in ones for pair in one.pairs for place in pair
        }
        whole = {place: value for place, value in values.items() if value is not None}
        others = sum(one.keys == (key,) for one in found) - len(ones)
        if len(ones) < FEWEST_RAISES or others or len(whole) < len(values):
            continue
        pairs = (sorted(one.pairs[0], key=whole.__getitem__) for one in ones)
        merged.append(
            Found(keys=(key,), pairs=tuple((low, high) for low, high in pairs), is_raised=True)
        )
        gone.update(ones)
    return (*merged, *(one for one in found if one not in gone))


def share_out(found: Sequence[Found], most: int) -> list[int]:
    """Return how many pairs of each change may be judged, ``most`` in all and one at least.

    What a change does not need goes to the others. Shorter than ``found`` where there are more
    changes than pairs may be judged; ``found`` has those with most pairs first.
    """
    shares: list[int] = []
    room = most
    for one in reversed(found[:most]):
        shares.append(min(len(one.pairs), room // (min(len(found), most) - len(shares))))
        room -= shares[-1]
    return shares[::-1]


def spread_out(pairs: tuple[tuple[int, int], ...], count: int) -> tuple[tuple[int, int], ...]:
    """Return so many of the pairs, evenly over all of them."""
    return tuple(pairs[place * len(pairs) // count] for place in range(count))
