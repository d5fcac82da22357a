"""The comparison for a terminal, and as plain lines where there is none.

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
from functools import partial
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.format import show_text
from rundiff.ranking import metric_rank
from rundiff.render.terminal_tables import (
    CHANGE_WIDTH,
    align_lines,
    draw_bands,
    draw_table,
    wrap_lines,
)
from rundiff.views.changes import build_changes
from rundiff.views.headline import build_headline
from rundiff.views.marks import counted, plain
from rundiff.views.recipes import build_recipe_row, moving_columns
from rundiff.views.shown import SECTION_TITLES
from rundiff.views.trends import build_trends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.comparison import Comparison, Problem
    from rundiff.views.recipes import RecipeColumn
    from rundiff.views.shown import ShownCell, ShownRow

_COMMAND = re.compile(r"##(\w*)\[")
_COLOUR = re.compile("\x1b" + r"\[[0-9;]*m")  # rich's own: a record has none left
_NUMBER = re.compile(r"\d[\d,]*")
_BY_TOLERANCE = ", by tolerance"


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
    """Return the comparison as text; identical rows are counted, not shown, unless ``all_rows``.

    A column is a recipe: replicates stand there with their means, over which they were judged.
    """
    columns = moving_columns(comparison)
    told = partial(wrap_lines, width=width) if is_terminal else str
    blocks = [told(_headline(comparison, columns))]
    for section in Section:
        rows = list(comparison.sections.get(section, ()))
        if not rows:
            continue
        if section is Section.METRICS:
            rows.sort(key=metric_rank)
        built = [build_recipe_row(row, columns, comparison) for row in rows]
        differing = sum(row.differs for row in built)
        shown = [row for row in built if all_rows or row.differs or section is Section.METRICS]
        title = f"{SECTION_TITLES[section]}: {differing} of {len(built)} differ"
        if section is Section.METRICS:
            title += _legend(shown, comparison)
        table = _table(shown, [column.title for column in columns], comparison)
        blocks.append(draw_bands(title, table, width) if is_terminal else align_lines(title, table))
    for title, table, note in _findings(comparison):
        lines = align_lines(title, table, key_width=CHANGE_WIDTH)
        blocks += [draw_table(title, table, width) if is_terminal else lines, told(note)]
    blocks.append(told(_conclusions(comparison)))
    return join_blocks(blocks)


def join_blocks(blocks: Sequence[str]) -> str:
    """Return blocks of lines, none of which is a command, with an empty line between them."""
    text = "\n\n".join(block for block in blocks if block)
    return "\n".join(map(_disarm, text.split("\n"))) + "\n"


def problem_lines(problems: Sequence[Problem]) -> str:
    """Return the problems with their places, errors first; of notices alike one stands for all."""
    errors = [problem for problem in problems if problem.severity == "error"]
    notices = [problem for problem in problems if problem.severity != "error"]
    kinds = ((errors, "problem"), (notices, "notice"))
    counts = [counted(len(some), noun) for some, noun in kinds if some]
    lines = [", ".join(counts)] if counts else []
    lines += [plain_line(f"! {_placed(problem)}") for problem in errors]
    alike: dict[str, list[Problem]] = {}
    for problem in notices:
        alike.setdefault(_NUMBER.sub("#", problem.message.partition(", e.g. ")[0]), []).append(
            problem
        )
    for first, *others in alike.values():
        more = f" (and {counted(len(others), 'notice')} like it)" if others else ""
        lines.append(plain_line(f"· {_placed(first)}{more}"))
    return "\n".join(lines)


def _placed(problem: Problem) -> str:
    line = f":{problem.line}" if problem.line is not None else ""
    place = f"{problem.location}{line}"
    return f"{place}: {problem.message}" if place else problem.message


def _headline(comparison: Comparison, columns: Sequence[RecipeColumn]) -> str:
    """Return who is better, as on the page, and who was compared."""
    if not columns:
        return "no runs to compare"
    told = [plain(sentence) for sentence in build_headline(comparison)]
    if len(columns) > 1:
        noun = "recipe" if any(column.count > 1 for column in columns) else "run"
        first = columns[0]
        baseline = first.title if first.count > 1 else first.name
        told.append(f"{counted(len(columns) - 1, noun)} against the baseline {baseline!r}")
    return "\n".join(map(plain_line, told))


def _conclusions(comparison: Comparison) -> str:
    lines = [f"! {warning}" for warning in comparison.judgement.warnings]
    lines += [
        f"{gate.status}: {gate.name} ({gate.run_name}): {gate.reason}"
        for gate in comparison.judgement.gates
    ]
    lines += comparison.selection.left_out
    told = "\n".join(plain_line(line) for line in lines)
    return "\n".join(part for part in (told, problem_lines(comparison.problems)) if part)


def _table(
    rows: Sequence[ShownRow], labels: Sequence[str], comparison: Comparison
) -> list[list[str]]:
    """Return sign, key and one text per column for each row, the labels first."""
    aside = _BY_TOLERANCE if _is_untested(comparison) else ""
    body = [
        ["≠" if row.differs else "=", row.key,
         *(_cell(cell, cell.verdict.removesuffix(aside)) for cell in row.cells)]
        for row in rows
    ]  # fmt: skip
    return [[" ", "key", *labels], *body] if body else []


def _legend(rows: Sequence[ShownRow], comparison: Comparison) -> str:
    """Return what a star is, and once for all cells that no verdict was tested."""
    cells = [cell for row in rows for cell in row.cells]
    is_told = _is_untested(comparison) and any(_BY_TOLERANCE in cell.verdict for cell in cells)
    parts = ["* the best here"] if any(cell.is_best for cell in cells) else []
    parts += ["verdicts by tolerance, without statistics"] if is_told else []
    return f" ({'; '.join(parts)})" if parts else ""


def _is_untested(comparison: Comparison) -> bool:
    return all(verdict.by_tolerance for verdict in comparison.verdicts.values())


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


def _cell(cell: ShownCell, verdict: str) -> str:
    mark = "*" if cell.is_best else ""
    change = " ".join(part for part in (cell.delta, cell.relative) if part)
    words = f" {verdict}" if verdict else ""
    return f"{cell.text}{mark}" + (f" ({change}{words})" if change else words)
