r"""The comparison as a LaTeX table (booktabs), to be drawn in with ``\input``.

Rows are what a paper shows: the parameters that differ, then every metric, the best value in bold.
Columns are the recipes: of several runs that differ in seeds alone stand the mean and half of its
interval, never the run that came out best. The text is plain ASCII commands plus UTF-8 letters,
which every LaTeX of the last years reads; what cannot be seen is escaped first.
A star or bracket that begins a line would be taken for one of the line break before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff import __version__
from rundiff.comparison import Section
from rundiff.format import format_number
from rundiff.ranking import metric_rank
from rundiff.views.recipes import build_recipe_row, moving_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison
    from rundiff.views.shown import ShownCell, ShownRow

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "\u2212": "$-$", "∞": r"$\infty$", "±": r"$\pm$", "↵": r"$\hookleftarrow$", "⇥": r"$\mapsto$",
    "–": "--", "…": r"\ldots{}", "≠": r"$\neq$", "-": "{-}", "[": "{[}", "]": "{]}",
    "`": r"\textasciigrave{}", "'": r"\textquotesingle{}", "*": "{*}",
}  # fmt: skip
_NEEDS_CARE = re.compile("|".join(map(re.escape, _SPECIAL)))


def escape_latex(text: str) -> str:
    """Return a shown text with every character that LaTeX would act on escaped."""
    return _NEEDS_CARE.sub(lambda match: _SPECIAL[match[0]], text)


def render_latex(comparison: Comparison) -> bytes:
    """Return one ``tabular``; a comparison without rows gives a table with its head alone."""
    columns = moving_columns(comparison)
    params, metrics = (
        [build_recipe_row(row, columns, comparison) for row in rows]
        for rows in (
            comparison.sections.get(Section.PARAMS, ()),
            sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank),
        )
    )
    told = [row for row in params if any(cell.differs for cell in row.cells)]  # not seeds alone
    groups = [[_row(row) for row in told], [_row(row) for row in metrics]]
    body = "\n\\midrule\n".join("\n".join(rows) for rows in groups if rows)
    lines = [
        f"% rundiff {__version__}; needs \\usepackage{{booktabs}} and \\usepackage{{textcomp}}",
        *_note(comparison, metrics),
        rf"\begin{{tabular}}{{l{'r' * len(columns)}}}",
        r"\toprule",
        " & ".join(["", *(escape_latex(column.title) for column in columns)]) + r" \\",
        r"\midrule",
        *([body] if body else ()),
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]
    return "\n".join(lines).encode()


def _note(comparison: Comparison, metrics: Sequence[ShownRow]) -> list[str]:
    """Say what a ± is, where there is one."""
    if not any(cell.half for row in metrics for cell in row.cells):
        return []
    level = format_number(round(100 * comparison.judgement.confidence, 6))
    return [f"% means over runs, +- half of their {level} % interval; (N runs) says of how many"]


def _row(row: ShownRow) -> str:
    return " & ".join([escape_latex(row.key), *map(_cell, row.cells)]) + r" \\"


def _cell(cell: ShownCell) -> str:
    text = escape_latex(cell.text)
    number = rf"\textbf{{{text}}}" if cell.is_best else text
    return rf"{number} $\pm$ {escape_latex(cell.half)}" if cell.half else number
