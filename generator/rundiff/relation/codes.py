"""Numbers for texts: what of a record enters the engine, and what comes back out of it.

Runs, keys and values are numbered once while the tables are loaded, and the engine gets the
numbers: columns of 32-bit integers and doubles. It compares, joins and sorts those, and the texts
are hung on again as dictionaries of Arrow columns when the rows come back (``relation.texts``). So
of what a record says no text is in the engine, but for the metrics' names of histories, and loading
and comparing 80,000 rows takes 0.6 of what it took as texts (2026-11). DuckDB's ENUMs would be such
numbers, too, but a view's SQL then holds their texts: a key with a NUL broke it, and what comes
from a record must never be part of a text.

A value's number is that of its type and exact text: two values are equal where their numbers are.
The exact decimal value of numeric *text* has a number of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.records.keyed_columns import Numbered

if TYPE_CHECKING:
    from collections.abc import Iterable

SECTIONS = ("params", "metrics", "tags", "datasets", "artifacts", "environment")
"""By their number, in the order of the page."""
PARAMS, METRICS, TAGS, DATASETS, ARTIFACTS, ENVIRONMENT = range(len(SECTIONS))

NOTHING, DOUBLE = 0, 1
"""The numbers of no value at all, and of a metric that is told by its double alone."""


def row_number(section: int, key: int) -> int:
    """Return the number of a row of the page, from those of its section and its key."""
    return key * len(SECTIONS) + section


class Codes:
    """The numbers of one load: those of the chosen runs, and of all else as it is met."""

    def __init__(self, run_ids: Iterable[str]) -> None:
        self.runs = {run_id: position for position, run_id in enumerate(run_ids)}
        self.keys, self.numerics = Numbered(), Numbered()
        self._values: dict[tuple[str, str], int] = {("", ""): NOTHING, ("float", ""): DOUBLE}

    def value(self, kind: str, text: str) -> int:
        """Return the number of a value of that type and exact text."""
        return self._values.setdefault((kind, text), len(self._values))

    def exact(self, text: str | None) -> int:
        """Return the number of a metric's value: one of its own where no double holds it."""
        return DOUBLE if text is None else self.value("float", text)

    def numeric(self, kind: str, numeric: str | None) -> int | None:
        """Return the number of the exact decimal value of numeric text, None for all else."""
        return None if numeric is None or kind != "text" else self.numerics[numeric]

    def row(self, section: int, key: str) -> int:
        """Return the number of a key in a section: of a row of the page."""
        return row_number(section, self.keys[key])

    def rows(self, numbers: Iterable[int]) -> list[tuple[str, str]]:
        """Return the section and the key of rows."""
        keys = list(self.keys)
        return [
            (SECTIONS[section], keys[key])
            for key, section in (divmod(number, len(SECTIONS)) for number in numbers)
        ]

    def values(self) -> list[tuple[str, str]]:
        """Return the type and text of every value, by number."""
        return list(self._values)
