"""Marks the differing part of long values and folds what all of them share.

A command line of 300 characters that differs in one flag would otherwise be clamped to two lines
that hide the very difference. Texts are cut into words (a flag keeps its value), compared with the
baseline's words, and a common beginning or end of the row's texts becomes an ellipsis.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from rundiff.format import show_text
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLD_FROM = 28  # characters; shorter values fit a cell as they are
MOST_WORDS = 400  # beyond, the comparison of words would take long, and nobody reads it
_WORD = re.compile(r"\s+|[^\s/,;=&]+[/,;=&]?|[/,;=&]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a value; ``kind``: same, differs or folded (``text`` is what was folded)."""

    text: str
    kind: str


def fold_texts(texts: Sequence[str | None]) -> tuple[tuple[Piece, ...], ...] | None:
    """Return the pieces of each text (baseline first; None is missing), or None where moot."""
    present = [text for text in texts if text is not None]
    if len(present) < 2 or max(map(len, present)) < FOLD_FROM or len(set(present)) < 2:
        return None
    words = [None if text is None else _WORD.findall(text) for text in texts]
    known = [split for split in words if split is not None]
    if max(map(len, known)) > MOST_WORDS:
        return None
    before, after = _shared(known)
    reference = words[0]
    return tuple(_pieces(split, reference, before, after) if split else () for split in words)


def _shared(known: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many first and last words all texts share."""
    shortest = min(map(len, known))
    before = 0
    while before < shortest and len({split[before] for split in known}) == 1:
        before += 1
    after = 0
    while after < shortest - before and len({split[-1 - after] for split in known}) == 1:
        after += 1
    return _worth(known[0][:before]), _worth(known[0][len(known[0]) - after :])


def _worth(shared: Sequence[str]) -> int:
    """Fold only what is longer than the ellipsis that replaces it, and whole words."""
    return len(shared) if sum(map(len, shared)) > 6 else 0


def _pieces(
    split: Sequence[str], reference: Sequence[str] | None, before: int, after: int
) -> tuple[Piece, ...]:
    end = len(split) - after
    pieces = [Piece(text=show_text("".join(split[:before])), kind="folded")] if before else []
    middle = split[before:end]
    if reference is None or reference == split:
        pieces.append(Piece(text=show_text("".join(middle)), kind="same"))
    else:
        base = reference[before : len(reference) - after]
        matcher = SequenceMatcher(None, base, middle, autojunk=False)
        for tag, _, _, first, last in matcher.get_opcodes():
            if last > first:
                text = show_text("".join(middle[first:last]))
                pieces.append(Piece(text=text, kind="same" if tag == "equal" else "differs"))
    if after:
        pieces.append(Piece(text=show_text("".join(split[end:])), kind="folded"))
    return _merged(pieces)


def _merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Join neighbours of one kind, and marks with nothing but a space between them."""
    merged: list[Piece] = []
    for index, piece in enumerate(pieces):
        kind = piece.kind
        following = pieces[index + 1].kind if index + 1 < len(pieces) else ""
        if not piece.text.strip() and merged and merged[-1].kind == following == "differs":
            kind = "differs"
        if merged and merged[-1].kind == kind:
            merged[-1] = Piece(text=merged[-1].text + piece.text, kind=kind)
        else:
            merged.append(Piece(text=piece.text, kind=kind))
    return tuple(piece for piece in merged if piece.text)
