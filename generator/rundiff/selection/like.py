"""LIKE patterns: ``%`` stands for any text, ``_`` for any one character.

Without regular expressions: a pattern such as ``%a%a%a%a%b`` makes their matching explode. Each
part between ``%`` is looked for once, leftmost, which is enough since any text may follow.
"""

from __future__ import annotations


def is_like(text: str, pattern: str) -> bool:
    """Tell whether a whole text has the form of a pattern."""
    first, *rest = pattern.split("%")
    if not rest:
        return len(text) == len(first) and _is_at(text, first, 0)
    *middle, last = rest
    end = len(text) - len(last)
    place = len(first)
    if place > end or not (_is_at(text, first, 0) and _is_at(text, last, end)):
        return False
    between = text[:end]
    for part in middle:
        found = _find(between, part, place)
        if found < 0:
            return False
        place = found + len(part)
    return True


def _find(text: str, part: str, start: int) -> int:
    if "_" not in part:
        return text.find(part, start)
    places = range(start, len(text) - len(part) + 1)
    return next((place for place in places if _is_at(text, part, place)), -1)


def _is_at(text: str, part: str, place: int) -> bool:
    if "_" not in part:
        return text.startswith(part, place)
    signs = text[place : place + len(part)]
    return all(sign in ("_", other) for sign, other in zip(part, signs, strict=True))
