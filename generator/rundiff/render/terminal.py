"""The comparison and the list of runs for a terminal, and as plain lines where there is none.

Colour and box drawing come from rich, which is imported only for a terminal; a pipe, a file or a CI
log gets plain aligned text. Either way every character that cannot be seen is shown
(``show_text``), so no escape sequence of a record reaches the terminal.

Build servers read commands from what a step prints: GitHub from lines that begin with ``::`` and
from ``##[`` anywhere, Azure and TeamCity from ``##vso[`` and ``##teamcity[``. A line that begins
with ``::`` gets a backslash in front and ``##…[`` one before its bracket, so text of a record
cannot be a command. Other modules that print record text use ``plain_line``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.format import format_count, format_time, show_text
from rundiff.views.changes import build_changes
from rundiff.views.shown import SECTION_TITLES, build_shown_row, elide_apart, show_name
from rundiff.views.trends import build_trends
from rundiff.views.unfinished import tell_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.comparison import Comparison, Listing, Problem, Run, SourceRead
    from rundiff.views.shown import ShownCell, ShownRow

_COMMAND = re.compile(r"##(\w*)\[")
_COLOUR = re.compile("\x1b" + r"\[[0-9;]*m")  # rich's own: a record has none left
_NUMBER = re.compile(r"\d[\d,]*")
_KEY_WIDTH, _CHANGE_WIDTH, _CELL_WIDTH = 44, 96, 60


def plain_line(text: str) -> str:
    """Return a text as one line that no terminal and no build server obeys."""
    return _disarm(show_text(text))


def _disarm(line: str) -> str:
    line = _COMMAND.sub(r"##\1\\[", line)
    is_command = _COLOUR.sub("", line).lstrip().startswith("::")
    return f"\\{line.lstrip()}" if is_command else line


def render_diff(
    comparison: Comparison, *, is_terminal: bool = False, width: int = 120, all_rows: bool = False
) -> str:
    """Return the comparison as text; identical rows are counted, not shown, unless ``all_rows``."""
    columns = _column_count(comparison, width if is_terminal else None)
    blocks = [_headline(comparison)]
    for section in Section:
        rows = comparison.sections.get(section, ())
        if not rows:
            continue
        shown = [row for row in rows if all_rows or row.differs or section is Section.METRICS]
        differing = sum(row.differs for row in rows)
        title = f"{SECTION_TITLES[section]}: {differing} of {len(rows)} differ"
        table = _table(
            [build_shown_row(row, comparison) for row in shown],
            [show_text(run.label) for run in comparison.compared[:columns]],
        )
        blocks.append(_draw(title, table, width) if is_terminal else _lines(title, table))
    for title, table, note in _findings(comparison):
        plain = _lines(title, table, key_width=_CHANGE_WIDTH)
        blocks += [_draw(title, table, width) if is_terminal else plain, note]
    blocks.append(_conclusions(comparison, columns))
    text = "\n\n".join(block for block in blocks if block)
    return "\n".join(map(_disarm, text.split("\n"))) + "\n"


def render_list(listing: Listing, *, is_terminal: bool = False, width: int = 120) -> str:
    """Return the sources, the runs found, one a line, and what could not be read."""
    tables = [(_counted(len(listing.sources), "source"), _sources_table(listing.sources)),
              (_counted(len(listing.runs), "run"), _runs_table(listing.runs))]  # fmt: skip
    blocks = [
        _draw(title, table, width) if is_terminal else _lines(title, table, key_width=None)
        for title, table in tables
        if table
    ]
    blocks += ["\n".join(map(plain_line, listing.left_out)), _problem_lines(listing.problems)]
    text = "\n\n".join(block for block in blocks if block)
    return "\n".join(map(_disarm, text.split("\n"))) + "\n"


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
    head = ("run id", "name", "experiment", "status", "started", "source", "location")
    is_mixed = len({run.source for run in runs}) > 1
    is_placed = any(run.run_id.removeprefix("./") not in run.location for run in runs)
    body = [
        [
            "·",
            show_name(run.run_id),
            show_name(run.name),
            show_text(run.experiment),
            show_text(_status(run)),
            format_time(run.start_time) if run.start_time is not None else "",
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


def _problem_lines(problems: Sequence[Problem]) -> str:
    """Return the problems with their places, errors first; of notices alike one stands for all."""
    errors = [problem for problem in problems if problem.severity == "error"]
    notices = [problem for problem in problems if problem.severity != "error"]
    counts = [_counted(len(some), noun) for some, noun in ((errors, "problem"), (notices, "notice"))
              if some]  # fmt: skip
    lines = [", ".join(counts)] if counts else []
    lines += [plain_line(f"! {_placed(problem)}") for problem in errors]
    alike: dict[str, list[Problem]] = {}
    for problem in notices:
        alike.setdefault(_NUMBER.sub("#", problem.message.partition(", e.g. ")[0]), []).append(
            problem
        )
    for first, *others in alike.values():
        more = f" (and {_counted(len(others), 'notice')} like it)" if others else ""
        lines.append(plain_line(f"· {_placed(first)}{more}"))
    return "\n".join(lines)


def _placed(problem: Problem) -> str:
    line = f":{problem.line}" if problem.line is not None else ""
    place = f"{problem.location}{line}"
    return f"{place}: {problem.message}" if place else problem.message


def _counted(count: int, noun: str) -> str:
    return f"{format_count(count)} {noun}{'' if count == 1 else 's'}"


def _column_count(comparison: Comparison, width: int | None) -> int:
    """Return how many runs fit side by side; at least the baseline and one candidate."""
    count = len(comparison.compared)
    return count if width is None else min(count, max(2, (width - 30) // 24))


def _headline(comparison: Comparison) -> str:
    if not comparison.compared:
        return "no runs to compare"
    baseline, *candidates = comparison.compared
    noun = "run" if len(candidates) == 1 else "runs"
    return plain_line(f"{len(candidates)} {noun} against the baseline {baseline.name!r}")


def _conclusions(comparison: Comparison, columns: int) -> str:
    lines = [f"! {warning}" for warning in comparison.judgement.warnings]
    lines += [
        f"{gate.status}: {gate.name} ({gate.run_name}): {gate.reason}"
        for gate in comparison.judgement.gates
    ]
    left_out = len(comparison.compared) - columns
    if left_out > 0:
        lines.append(f"{left_out} more runs do not fit this terminal's width")
    lines += filter(None, (tell_unfinished(comparison), *comparison.selection.left_out))
    told = "\n".join(plain_line(line) for line in lines)
    return "\n".join(part for part in (told, _problem_lines(comparison.problems)) if part)


def _table(rows: Iterable[ShownRow], labels: Sequence[str]) -> list[list[str]]:
    """Return sign, key and one text per run for each row, the labels first."""
    body = [
        ["≠" if row.differs else "=", row.key, *(_cell(c) for c in row.cells[: len(labels)])]
        for row in rows
    ]
    return [[" ", "key", *labels], *body] if body else []


def _findings(comparison: Comparison) -> Iterator[tuple[str, list[list[str]], str]]:
    """Yield title, table and note of what is known over all runs: changes and trends."""
    changes, trends = build_changes(comparison), build_trends(comparison)
    if changes is not None:
        body = [
            ["·", line.text, line.evidence, *(effect.text for effect in line.effects)]
            for line in changes.lines
        ]
        table = [[" ", "change", "shown by", *changes.metrics], *body]
        yield "Change by change: recipes that differ in nothing else", table, changes.note
    if trends is not None:
        body = [
            [
                "·",
                line.key,
                line.evidence,
                *(cell.text if cell else "no trend" for cell in line.cells),
            ]
            for line in trends.lines
        ]
        table = [[" ", "param", "over", *trends.metrics], *body]
        yield "Trends: what goes together over all recipes, by rank", table, trends.note


def _cell(cell: ShownCell) -> str:
    mark = "*" if cell.is_best else ""
    change = " ".join(part for part in (cell.delta, cell.relative) if part)
    words = f" {cell.verdict}" if cell.verdict else ""
    return f"{cell.text}{mark}" + (f" ({change}{words})" if change else words)


def _lines(
    title: str, table: Sequence[Sequence[str]], *, key_width: int | None = _KEY_WIDTH
) -> str:
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


def _draw(title: str, table: Sequence[Sequence[str]], width: int) -> str:
    """Return the table with colour, as rich draws it for a terminal of that width."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawing = Table(title=Text(title), title_justify="left", box=None, pad_edge=False)
    for index, name in enumerate(table[0] if table else ()):
        drawing.add_column(Text(name), no_wrap=index == 0, overflow="fold")
    for row in table[1:]:
        texts = [Text(text, style=_style(text)) for text in row]
        drawing.add_row(*texts, style="" if row[0] != "=" else "dim")
    console = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)
    with console.capture() as capture:
        console.print(drawing)
    return capture.get().rstrip("\n")


def _style(text: str) -> str:
    for word, style in (("worse", "red"), ("better", "green")):
        if text.endswith((f" {word}", f" {word})", f" {word}, by tolerance)", f" {word} in all")):
            return style
    return ""
