"""The cells of all selected runs, column by column.

The runs table, the data island and the charts over many runs are drawn from them.
``Comparison.sections`` holds only the runs that stand as columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rundiff.records.arrays import cells_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rundiff.comparison import Comparison

    Selected = Mapping[tuple[str, str], Mapping[str, "SelectedCell"]]


class SelectedCell(NamedTuple):
    """One present value: type, exact text and, for numbers and numeric text, the double."""

    type: str
    value: str
    number: float | None


def load_selected(comparison: Comparison) -> dict[tuple[str, str], dict[str, SelectedCell]]:
    """Return (section, key) → run id → cell, keys in the order of the relation."""
    columns = (
        cells_of(comparison.relation.column(name))
        for name in ("section", "key", "run_id", "type", "value", "number", "is_present")
    )
    found: dict[tuple[str, str], dict[str, SelectedCell]] = {}
    for section, key, run_id, kind, value, number, is_present in zip(*columns, strict=True):
        if is_present:
            found.setdefault((section, key), {})[run_id] = SelectedCell(kind, value, number)
    return found
