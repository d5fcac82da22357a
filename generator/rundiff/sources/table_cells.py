"""What a cell of a foreign table holds: a number, a text, a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.sources.csv_text import cell_number, is_missing
from rundiff.sources.history import Number, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.sources.grid import Grid

MAX_NAME = 1_000


def is_blank(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and is_missing(cell))


def as_number(grid: Grid, cell: object) -> Number | None:
    """Return the number in a cell; a truth value is 0 or 1."""
    if isinstance(cell, str):
        value = cell_number(cell, has_decimal_comma=grid.has_decimal_comma)
        return None if value is None else Number(value)
    if isinstance(cell, bool):
        return Number(float(cell))
    return number_of(cell)


def as_text(cell: object) -> str | None:
    """Return a cell as a short text, None where there is none; "nan" and the like are texts."""
    text = "" if cell is None else str(cell).strip()
    return text[:MAX_NAME] or None


def as_moment(cell: object) -> object:
    """Return a time as a number where a text spells one."""
    number = cell_number(cell) if isinstance(cell, str) else None
    return cell if number is None else number


def numbers_in(grid: Grid, cells: Iterable[object]) -> tuple[list[float], int]:
    """Return the numbers among cells, and how many cells are neither numbers nor blank."""
    found: list[float] = []
    others = 0
    for cell in cells:
        number = None if isinstance(cell, bool) else as_number(grid, cell)
        if number is not None:
            found.append(number.value)
        elif not is_blank(cell):
            others += 1
    return found, others
