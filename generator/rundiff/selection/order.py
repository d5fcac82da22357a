"""Sorts runs by what they have for a key.

Of 100,000 runs of which ten are wanted all but those ten are left out first: finding the tenth
takes one look at each, sorting takes many.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.relation.rows import KeyFacts
    from rundiff.selection.grammar import Order


class Ranked(NamedTuple):
    """An order, what is known for its key, and the first number of each run."""

    order: Order
    found: KeyFacts
    numbers: Mapping[int, float | None]


def rank(order: Order, found: KeyFacts) -> Ranked:
    """Return what sorts runs by an order."""
    return Ranked(order, found, _firsts(found, found.numbers))


def _firsts(found: KeyFacts, cells: Sequence[Any]) -> dict[int, Any]:
    """Return the first cell of each run."""
    return dict(zip(reversed(found.runs), reversed(cells), strict=True))


def among_first(places: Sequence[int], ranked: Ranked, most: int) -> Sequence[int]:
    """Leave out those that cannot be among the first so many: sorting few costs nothing."""
    known = ((at, ranked.numbers.get(at)) for at in places)
    numbers = {at: x for at, x in known if x is not None and x == x}  # noqa: PLR0124  # no NaN
    if len(numbers) <= most:
        return places
    down = ranked.order.is_descending
    last = (heapq.nlargest if down else heapq.nsmallest)(most, numbers.values())[-1]
    return [at for at, x in numbers.items() if (x >= last if down else x <= last)]


def sorted_by(places: Sequence[int], ranked: Ranked) -> list[int]:
    """Sort by one key, stably; numbers before texts, missing and NaN last either way."""
    number_of = {at: x for at in places if (x := ranked.numbers.get(at)) is not None}
    text_of: dict[int, str] = {}
    if len(number_of) < len(places):
        texts, each = ranked.found.texts()
        firsts = _firsts(ranked.found, each)
        text_of = {at: texts[firsts[at]] for at in places if at in firsts and at not in number_of}
    down = ranked.order.is_descending
    numbered = [at for at, number in number_of.items() if not math.isnan(number)]
    numbered.sort(key=number_of.__getitem__, reverse=down)
    texted = sorted(text_of, key=text_of.__getitem__, reverse=down)
    sorted_ones = {*numbered, *texted}
    return [*numbered, *texted, *(at for at in places if at not in sorted_ones)]
