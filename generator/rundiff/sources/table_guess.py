"""Guesses about a table whose header does not say what its columns are: metrics, and names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.sources.collect import MAX_SHOWN
from rundiff.sources.csv_text import cell_number
from rundiff.sources.table_cells import as_text, numbers_in
from rundiff.sources.table_shape import is_metric_name

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from rundiff.sources.grid import Grid
    from rundiff.sources.table_settle import Rows

_SHOWN = 8


def guess_metrics(grid: Grid, others: dict[str, int], rows: Rows) -> tuple[dict[str, int], str]:
    """Return the columns that are metrics by name, and a sentence that says which.

    Where none is called like one: those with fractions. Where there are no fractions either: all
    that hold nothing but numbers.
    """
    named, fractions, numeric = {}, {}, {}
    for name, at in others.items():
        found, texts = numbers_in(grid, (cells[at] for _, cells in rows))
        if found and is_metric_name(name):
            named[name] = at
        if found and not texts:
            numeric[name] = at
            if not all(value.is_integer() for value in found):
                fractions[name] = at
    guessed = named or fractions or numeric
    why = "by name" if named else "for their numbers"
    shown = ", ".join(map(repr, list(guessed)[:_SHOWN])) + (" …" if len(guessed) > _SHOWN else "")
    return guessed, f"taken as metrics {why}: {shown}; --column NAME=params.NAME says otherwise"


def names_of_rows(
    places: Iterable[int], labels: Iterable[int], settings: Mapping[str, int], rows: Rows
) -> dict[int, str]:
    """Return names for runs by row number: the texts of the first column with no two equal.

    Where there is none, the columns that are labels together, and then settings with their names
    ("rf lr=0.1 seed=2"), as many as it takes and as long as the names stay short.
    """
    for place in places:
        found = _telling([as_text(cells[place]) for _, cells in rows])
        if found:
            return found
    joined: list[str] = ["" for _ in rows]
    bare = [("", place) for place in labels if not _has_numbers(place, rows)]
    used = {place for _, place in bare}
    named = [(f"{name}=", place) for name, place in settings.items() if place not in used]
    for head, place in (*bare, *named):
        texts = [as_text(cells[place]) for _, cells in rows]
        if len(set(texts)) > 1 and None not in texts:
            joined = [
                f"{name} {head}{text}".strip() for name, text in zip(joined, texts, strict=True)
            ]
            found = _telling(joined)
            if found:
                return found
    return {}


def _has_numbers(place: int, rows: Rows) -> bool:
    return any(_is_number(as_text(cells[place])) for _, cells in rows)


def _telling(texts: Sequence[str | None]) -> dict[int, str]:
    named = {number: text for number, text in enumerate(texts, start=1)
             if text is not None and len(text) <= MAX_SHOWN and not _is_number(text)}  # fmt: skip
    return named if len(texts) == len(named) == len(set(named.values())) else {}


def _is_number(text: str | None) -> bool:
    return text is not None and cell_number(text) is not None


def are_row_numbers(rows: Rows, place: int) -> bool:
    """Tell whether a column without a name holds pandas' row numbers, which say nothing."""
    texts = [as_text(cells[place]) or "" for _, cells in rows]
    return all(text.isdecimal() for text in texts)


def without(columns: dict[str, int], names: Container[str]) -> dict[str, int]:
    """Return the columns but those of some names."""
    return {name: at for name, at in columns.items() if name not in names}
