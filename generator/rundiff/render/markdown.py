"""The comparison as GitHub-flavoured Markdown: a pull request comment, a job summary, a note.

The length is a promise: ``budget`` is the most characters, counted in UTF-16 units, the strictest
reading of the word, and levels of ``DETAILS`` are tried from the richest on until one fits. The
last line says what was left out.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jinja2

from rundiff import __version__
from rundiff.format import MISSING
from rundiff.render.budgets import BUDGETS
from rundiff.render.markdown_text import code, code_shown, prose
from rundiff.resources import template_folder
from rundiff.views.summary import build_summary
from rundiff.views.summary_parts import DETAILS, Detail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rundiff.comparison import Comparison
    from rundiff.views.summary_parts import LeftOut, Piece, Summary


def render_markdown(
    comparison: Comparison, *, budget: int | None = None, key: str = "report"
) -> str:
    """Return the summary, at most ``budget`` characters; ``key`` tells sticky comments apart."""
    text = ""
    for detail in DETAILS:
        text = _render(build_summary(comparison, detail), detail, key)
        if len(text.encode("utf-16-le")) // 2 <= (budget or BUDGETS["gitlab-note"]):
            break
    return text


def _render(summary: Summary, detail: Detail, key: str) -> str:
    environment = jinja2.Environment(  # noqa: S701 (Markdown: every piece goes through a filter)
        loader=jinja2.FileSystemLoader(template_folder()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    piece = partial(_piece, length=detail.text)
    environment.filters["line"] = partial(_line, piece)
    environment.filters["cells"] = lambda cells: " | ".join(_line(piece, cell) for cell in cells)
    return environment.get_template("summary.md.jinja").render(
        summary=summary,
        marker=key,
        made_by=f"rundiff {__version__}",
        last_words=_last_words(summary.left_out),
    )


def _last_words(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return "nothing left out but what is equal in all runs"
    parts = [f"{part.number:,} {_plural(part)}" for part in left_out]
    return f"left out here: {', '.join(parts)}; the report has them all"


def _plural(part: LeftOut) -> str:
    if part.number == 1:
        return part.noun
    head, _, tail = part.noun.partition(" in ")
    if tail:
        return f"{head}s in {tail}"
    head, that, tail = part.noun.partition(" that ")
    return f"{head}s{that}{tail}"


def _line(piece: Callable[[Piece], str], pieces: Sequence[Piece]) -> str:
    return "".join(piece(one) for one in pieces)


def _piece(piece: Piece, *, length: int) -> str:
    text, style = piece
    draw = _STYLES.get(style)
    return draw(text, length) if draw else text


_STYLES: Mapping[str, Callable[[str, int], str]] = {
    "bold": lambda text, _: f"**{text}**",
    "struck": lambda text, _: f"~~{text}~~",
    "code": code,
    "name": lambda text, length: code(text, min(length, 40)),
    "shown": lambda text, _: text if text == MISSING else code_shown(text),
    "sentence": lambda text, length: prose(text, max(length * 3, 120)),
}
