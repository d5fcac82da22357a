r"""The comparison as a LaTeX table (booktabs), to be drawn in with ``\input``.

Rows are what a paper shows: the parameters that differ, then every metric, the best value in bold.
Columns are the compared runs. Numbers are those of the page. The text is plain ASCII commands plus
UTF-8 letters, which every LaTeX of the last years reads; what cannot be seen is escaped first.
A star or bracket that begins a line would be taken for one of the line break before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff import __version__
from rundiff.comparison import Section
from rundiff.format import show_text
from rundiff.views.shown import build_shown_row

if TYPE_CHECKING:
    from rundiff.comparison import Comparison
    from rundiff.views.shown import ShownRow

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
    runs = comparison.compared
    head = " & ".join(["", *(escape_latex(show_text(run.label)) for run in runs)])
    params = [row for row in comparison.sections.get(Section.PARAMS, ()) if row.differs]
    groups = [params, list(comparison.sections.get(Section.METRICS, ()))]
    blocks = [
        "\n".join(_row(build_shown_row(row, comparison), is_metric=index == 1) for row in rows)
        for index, rows in enumerate(groups)
        if rows
    ]
    lines = [
        f"% rundiff {__version__}; needs \\usepackage{{booktabs}} and \\usepackage{{textcomp}}",
        rf"\begin{{tabular}}{{l{'r' * len(runs)}}}",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
        *("\n\\midrule\n".join(blocks).split("\n") if blocks else ()),
        r"\bottomrule",
        r"\end{tabular}",
        "",
    ]
    return "\n".join(lines).encode()


def _row(row: ShownRow, *, is_metric: bool) -> str:
    cells = [
        rf"\textbf{{{escape_latex(cell.text)}}}" if is_metric and cell.is_best
        else escape_latex(cell.text)
        for cell in row.cells
    ]  # fmt: skip
    return " & ".join([escape_latex(row.key), *cells]) + r" \\"
