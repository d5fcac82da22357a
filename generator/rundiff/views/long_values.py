"""Values of thousands of characters: whole once, in the page's data, and shortened in its tables.

A config of 20 kB that each run logs as one param would stand in the page four times a run. Outside
the data it has its beginning, its length and its digest, which tells any two apart; a click copies
it whole. Where the page must be small, the data, too, have no more of the longest ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from rundiff.budgets import LONGEST_VALUE, SHORTENED_VALUE
from rundiff.frozen import dataclass
from rundiff.selected import SelectedCell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import Row, Section
    from rundiff.selected import Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class LongValues:
    """The long values of a page, and how each is shown; ``cut`` are not whole in the data either.

    ``places``: (section, key) → the distinct ones there.
    """

    shown: Mapping[str, str]
    cut: frozenset[str]
    places: Mapping[tuple[str, str], tuple[str, ...]]

    def text(self, value: str) -> str:
        """Return how a value is shown; one that is not long stays as it is."""
        return self.shown.get(value, value)

    @property
    def count(self) -> int:
        """How many there are, one for each key and distinct value."""
        return sum(map(len, self.places.values()))

    @property
    def cut_places(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Those that are cut, by key."""
        found = {
            at: tuple(value for value in values if value in self.cut)
            for at, values in self.places.items()
        }
        return {at: values for at, values in found.items() if values}


def find_long_values(selected: Selected, most: float) -> LongValues:
    """Return the long values; ``most``: the characters of all that stay whole.

    The shortest stay; of one length the first.
    """
    places: dict[tuple[str, str], tuple[str, ...]] = {}
    for at, cells in selected.items():
        found = {cell.value: None for cell in cells.values() if len(cell.value) > LONGEST_VALUE}
        if found:
            places[at] = tuple(found)
    shown = {value: shorten(value) for found in places.values() for value in found}
    by_length = sorted(shown, key=len)
    used = accumulate(map(len, by_length))
    cut = (value for value, total in zip(by_length, used, strict=True) if total > most)
    return LongValues(shown=shown, cut=frozenset(cut), places=places)


def shorten(value: str) -> str:
    """Return the beginning of a value with its length and digest."""
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{value[:SHORTENED_VALUE]}… ({len(value):,} characters, sha256 {digest})"


def shorten_cells(selected: Selected, found: LongValues) -> Selected:
    """Return the cells with long values as they are shown."""
    if not found.places:
        return selected
    return {**selected} | {
        at: {
            run_id: SelectedCell(cell.type, found.text(cell.value), cell.number)
            for run_id, cell in selected[at].items()
        }
        for at in found.places
    }


def shorten_rows(
    sections: Mapping[Section, Sequence[Row]], found: LongValues
) -> Mapping[Section, tuple[Row, ...]]:
    """Return the rows with long values as they are shown."""
    return {
        section: tuple(
            _shorten_row(row, found) if (section.value, row.key) in found.places else row
            for row in rows
        )
        for section, rows in sections.items()
    }


def _shorten_row(row: Row, found: LongValues) -> Row:
    return replace(
        row, cells=tuple(replace(cell, value=found.text(cell.value)) for cell in row.cells)
    )
