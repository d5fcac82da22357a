"""The list of runs for a terminal, and as plain lines where there is none.

A pipe gets ids whole, to be copied; a terminal gets as much of them as fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.format import format_count, format_time, show_text
from rundiff.render.terminal import join_blocks, plain_line, problem_lines
from rundiff.render.terminal_tables import align_lines, draw_table, widths_of
from rundiff.views.marks import counted
from rundiff.views.shown import elide_apart, show_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Listing, Run, SourceRead

_LEAST_ID = 8  # characters of an id that is shortened: still the beginning that --run takes


def render_list(listing: Listing, *, is_terminal: bool = False, width: int = 120) -> str:
    """Return the sources, the runs found, one a line, and what could not be read."""
    runs, count = _runs_table(listing.runs), counted(len(listing.runs), "run")
    if is_terminal and _lacks(runs, width):
        runs = _narrowed(runs, width)
        count += " (shortened to this terminal; a pipe or a file has them whole)"
    tables = [(counted(len(listing.sources), "source"), _sources_table(listing.sources)),
              (count, runs)]  # fmt: skip
    blocks = [
        draw_table(title, table, width)
        if is_terminal
        else align_lines(title, table, key_width=None)
        for title, table in tables
        if table
    ]
    blocks += ["\n".join(map(plain_line, listing.left_out)), problem_lines(listing.problems)]
    return join_blocks(blocks)


def _narrowed(table: Sequence[list[str]], width: int) -> list[list[str]]:
    """Return a table of runs that is wider than the terminal without places, with shorter ids.

    A beginning that tells the runs apart can be given to ``--run``; ids that begin alike (paths)
    are shortened in the middle, and their names can.
    """
    if "location" in table[0]:
        place = table[0].index("location")
        table = [[*row[:place], *row[place + 1 :]] for row in table]
    ids = [row[1] for row in table[1:]]
    most = max(max(map(len, ids)) - _lacks(table, width), _LEAST_ID)
    enough = next((n for n in range(_LEAST_ID, most + 1)
                   if len({each[:n] for each in ids}) == len(set(ids))), None)  # fmt: skip
    short = [each[:enough] for each in ids] if enough else elide_apart(ids, max(most, 16))
    return [
        table[0],
        *([row[0], each, *row[2:]] for row, each in zip(table[1:], short, strict=True)),
    ]


def _lacks(table: Sequence[list[str]], width: int) -> int:
    """Return how many characters a table is wider than the terminal."""
    wide = widths_of(table)
    return max(sum(wide) + 2 * (len(wide) - 1) - width, 0)


def _sources_table(sources: Sequence[SourceRead]) -> list[list[str]]:
    """Return one row a source: what it is, and how much was read there."""
    body = [
        [
            "·",
            show_text(source.title),
            show_text(source.version),
            format_count(source.runs),
            format_count(source.metrics),
            "not counted" if source.points is None else format_count(source.points),
            format_count(source.problems) if source.problems else "",
            show_text(source.location),
        ]
        for source in sources
    ]
    return _filled(
        [[" ", "kind", "version", "runs", "metrics", "points", "problems", "location"], *body]
    )


def _runs_table(runs: Sequence[Run]) -> list[list[str]]:
    """Return one row a run; what says the same of all of them, or nothing, has no column."""
    head = ("run id", "name", "experiment", "status", "started (UTC)", "source", "location")
    is_mixed = len({run.source for run in runs}) > 1
    is_placed = any(run.run_id.removeprefix("./") not in run.location for run in runs)
    body = [
        [
            "·",
            show_name(run.run_id),
            show_name(run.name),
            show_text(run.experiment),
            show_text(_status(run)),
            "" if run.start_time is None else format_time(run.start_time).removesuffix(" UTC"),
            show_text(run.source) if is_mixed else "",
            show_text(run.location) if is_placed else "",
        ]
        for run in runs
    ]
    return _filled([[" ", *head], *body])


def _status(run: Run) -> str:
    if run.state in ("complete", run.status):
        return run.status
    return f"{run.status} ({run.state})" if run.status else run.state


def _filled(table: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return a table without the columns in which no row has anything, and none without rows."""
    if len(table) < 2:
        return []
    kept = [any(cells) for cells in zip(*table[1:], strict=True)]
    return [[cell for cell, keep in zip(row, kept, strict=True) if keep] for row in table]
