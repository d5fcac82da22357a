"""Tables of text: aligned lines for a pipe, a file or a log, and drawn by rich for a terminal.

A pipe is as wide as it needs to be. In a terminal nothing is left out for want of width: runs that
do not fit beside each other follow below, under the same keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.views.shown import elide_apart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Row = Sequence[str]

KEY_WIDTH, CHANGE_WIDTH, _CELL_WIDTH = 44, 96, 60
_GAP = 2  # between columns
_SHORT, _LEAST_KEY = 24, 10  # cells that are not wrapped; of a key whose words are broken
_MOST_WANTED = 48  # of a cell's characters: what is longer is wrapped rather than given a band


def align_lines(title: str, table: Sequence[Row], *, key_width: int | None = KEY_WIDTH) -> str:
    """Return the table as aligned lines; long cells are elided in the middle, never wrapped.

    ``key_width`` None: the key of each row (a run's id) is there to be copied.
    """
    cut = [[row[0], *(elide_apart(row[1:2], key_width) if key_width else row[1:2]),
            *elide_apart(row[2:], _CELL_WIDTH)] for row in table]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*cut, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in cut
    ]
    return "\n".join([title, *lines])


def draw_bands(title: str, table: Sequence[Row], width: int) -> str:
    """Return a table of sign, key and one column a run, in as many bands as the width asks for."""
    bands = list(_bands(table, width))
    drawn = [draw_table(title if place == 0 else "", band, width)
             for place, band in enumerate(bands)]  # fmt: skip
    return "\n\n".join(drawn) if drawn else title


def draw_table(title: str, table: Sequence[Row], width: int) -> str:
    """Return the table with colour, as rich draws it for a terminal of that width."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawing = Table(
        title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False
    )
    for index, (name, given) in enumerate(zip(table[0], _allotted(table, width), strict=True)):
        drawing.add_column(Text(name), no_wrap=index == 0, overflow="fold", width=given)
    for row in table[1:]:
        texts = [Text(text, style=_style(text)) for text in row]
        drawing.add_row(*texts, style="" if row[0] != "=" else "dim")
    console = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)
    with console.capture() as capture:
        console.print(drawing)
    return capture.get().rstrip("\n")


def widths_of(table: Sequence[Row]) -> list[int]:
    """Return how wide each column would be."""
    return [max(map(_cells, column)) for column in zip(*table, strict=True)]


def _bands(table: Sequence[Row], width: int) -> Iterator[list[list[str]]]:
    if not table:
        return
    sign, key, *wanted = (min(column, _MOST_WANTED) for column in widths_of(table))
    room = width - sign - key - _GAP
    first, taken = 0, 0
    for place, column in enumerate(wanted):
        taken += column + _GAP
        if place > first and taken > room:
            yield [[*row[:2], *row[2 + first : 2 + place]] for row in table]
            first, taken = place, column + _GAP
    yield [[*row[:2], *row[2 + first :]] for row in table]


def wrap_lines(text: str, width: int) -> str:
    """Return prose with its lines broken between words, as a terminal does not."""
    from textwrap import wrap

    lines = (wrap(line, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]
             for line in text.split("\n"))  # fmt: skip
    return "\n".join(part for parts in lines for part in parts)


def _allotted(table: Sequence[Row], width: int) -> list[int]:
    """Return the width of each column: short cells stay whole, then words, names last.

    What room is left goes to the columns that lack most.
    """
    wanted = widths_of(table)
    words = [
        max((_cells(word) for text in column for word in text.split()), default=1)
        for column in zip(*table, strict=True)
    ]
    given = [want if want <= _SHORT else word for want, word in zip(wanted, words, strict=True)]
    words = [min(word, _SHORT) for word in words]  # a longer one is a path, or a list
    words[1] = min(words[1], _LEAST_KEY)
    room = max(width - _GAP * (len(wanted) - 1), len(wanted))
    while sum(given) > room:
        may_wrap = [place for place, word in enumerate(words) if given[place] > word]
        given[max(may_wrap or range(len(given)), key=given.__getitem__)] -= 1
    for _ in range(min(room, sum(wanted)) - sum(given)):
        lacking = [want - has for want, has in zip(wanted, given, strict=True)]
        given[lacking.index(max(lacking))] += 1
    return given


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _style(text: str) -> str:
    for word, style in (("worse", "red"), ("better", "green")):
        if text.endswith((f" {word}", f" {word})", f" {word}, by tolerance)", f" {word} in all")):
            return style
    return ""
