"""Why each verdict is what it is, as a list: a title tells a mouse, this tells everybody.

One line for each metric of each recipe. Plain better and worse by tolerance are left out: the note
under the table says for all of them how they were reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.format import show_key, show_text
from rundiff.frozen import dataclass
from rundiff.views.marks import shortened
from rundiff.views.moves import build_move
from rundiff.views.recipes import build_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rundiff.comparison import Comparison, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """The reason of one verdict; ``run`` is a recipe's or a run's label."""

    key: str
    run: str
    word: str
    sentence: str


def build_reasons(comparison: Comparison, rows: Iterable[Row]) -> tuple[Reason, ...]:
    """Return the reasons in the order of the table."""
    found = []
    for row in rows:
        for column in build_columns(comparison)[1:]:
            place = column.places[0]
            run, cell = comparison.compared[place], row.cells[place]
            move = build_move(comparison, row, cell=cell, run=run, decimals=None)
            if move is not None and move.reason:
                found.append(
                    Reason(
                        key=show_key(row.key),
                        run=shortened(show_text(column.label)),
                        word=move.word,
                        sentence=move.reason,
                    )
                )
    return tuple(found)
