"""Sorts runs by what they have for a key.

Of 100,000 runs of which ten are wanted all but those ten are left out first: finding the tenth
takes one look at each, sorting takes many.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.selection.facts import KeyFacts
    from rundiff.selection.grammar import Order


def among_first(places: Sequence[int], order: Order, found: KeyFacts, most: int) -> Sequence[int]:
    """Leave out those that cannot be among the first so many: sorting few costs nothing."""
    known = found.among(places)
    is_number = pc.invert(pc.is_nan(known.numbers))  # or null
    runs, numbers = known.runs.filter(is_number), known.numbers.filter(is_number)
    if len(numbers) <= most or len(runs.unique()) < len(runs):
        return places
    if order.is_descending:
        last = numbers[pc.top_k_unstable(numbers, most)[-1].as_py()]
        is_first = pc.greater_equal(numbers, last)
    else:
        last = numbers[pc.bottom_k_unstable(numbers, most)[-1].as_py()]
        is_first = pc.less_equal(numbers, last)
    first: list[int] = runs.filter(is_first).to_pylist()
    return first


def sorted_by(places: Sequence[int], order: Order, found: KeyFacts) -> list[int]:
    """Sort by one key, stably; numbers before texts, missing and NaN last either way."""
    known = found.among(places)
    runs = known.runs.to_pylist()
    numbers = _firsts(runs, known.numbers.to_pylist())
    number_of = {at: x for at in places if (x := numbers.get(at)) is not None}
    text_of: dict[int, str] = {}
    if len(number_of) < len(places):
        texts, each = known.texts()
        firsts = _firsts(runs, each.to_pylist())
        text_of = {at: texts[firsts[at]] for at in places if at in firsts and at not in number_of}
    down = order.is_descending
    numbered = [at for at, number in number_of.items() if not math.isnan(number)]
    numbered.sort(key=number_of.__getitem__, reverse=down)
    texted = sorted(text_of, key=text_of.__getitem__, reverse=down)
    sorted_ones = {*numbered, *texted}
    return [*numbered, *texted, *(at for at in places if at not in sorted_ones)]


def _firsts(runs: Sequence[int], cells: Sequence[Any]) -> dict[int, Any]:
    """Return the first cell of each run."""
    return dict(zip(reversed(runs), reversed(cells), strict=True))
