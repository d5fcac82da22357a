"""Takes a filter expression apart into words, quoted texts, operators and marks."""

from __future__ import annotations

import re
from typing import NamedTuple

from rundiff.errors import FilterError

MAX_EXPRESSION = 10_000


class Token(NamedTuple):
    """One piece of an expression and where it begins."""

    kind: str  # word, text (single quotes), name (double quotes or backquotes), op, mark, end
    text: str
    position: int


_TOKEN = re.compile(
    r"""\s*(?:
      '(?P<text>(?:[^']|'')*)'
    | "(?P<double>(?:[^"]|"")*)"
    | `(?P<back>(?:[^`]|``)*)`
    | (?P<op><=|>=|<>|!=|==|=|<|>)
    | (?P<mark>[(),])
    | (?P<word>[^\s'"`(),=<>!]+)
    )""",
    re.VERBOSE,
)


def tokens_of(expression: str) -> list[Token]:
    """Return the pieces of an expression; raises FilterError with the position."""
    if len(expression) > MAX_EXPRESSION:
        raise FilterError(
            f"the expression is longer than {MAX_EXPRESSION:,} characters",
            expression=expression[:60] + " …",
            position=0,
        )
    tokens: list[Token] = []
    place, end = 0, len(expression.rstrip())
    while place < end:
        match = _TOKEN.match(expression, place)
        start = place + len(expression[place:]) - len(expression[place:].lstrip())
        if match is None:
            sign = expression[start]
            message = "this quote is not closed" if sign in "'\"`" else f"{sign!r} is not expected"
            raise FilterError(message, expression=expression, position=start)
        kind = str(match.lastgroup)
        text = match.group(kind)
        if kind in ("text", "double", "back"):
            quote = expression[start]
            text = text.replace(quote * 2, quote)
        tokens.append(Token(kind, text, start))
        place = match.end()
    tokens.append(Token("end", "", end))
    return tokens
