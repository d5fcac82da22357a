"""The shortest telling form of long run names: ``gboost-…0.5-…-s0``.

Sweeps name their runs after what they vary: a first word, then many ``key=value`` parts. Of those
only the parts that tell the runs of one family apart are kept, of a ``key=value`` part only the
value. A middle cut out by length alone loses just these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

KEPT_WHOLE = 22  # characters; shorter names stay as they are
MOST_PARTS, MOST_KEPT = 12, 3
_SEPARATOR = re.compile(r"([-,;/ |]+)")


def telling_labels(texts: Sequence[str], length: int) -> list[str] | None:
    """Return a label for each of different texts, or None where parts do not tell them apart."""
    families: dict[tuple[str, int], list[str]] = {}
    for text in texts:
        parts = _SEPARATOR.split(text)
        if len(text) > KEPT_WHOLE and 3 <= len(parts) // 2 + 1 <= MOST_PARTS:
            families.setdefault((parts[0], len(parts)), []).append(text)
    labels = {text: text for text in texts}
    for family in families.values():
        labels |= _family_labels(family)
    found = [labels[text] for text in texts]
    is_good = len(set(found)) == len(set(texts)) and max(map(len, found), default=0) <= length
    return found if is_good else None


def _family_labels(family: Sequence[str]) -> dict[str, str]:
    """Keep first, last and as few parts between as tell the family apart."""
    split = [_SEPARATOR.split(text) for text in family]
    middle = range(2, len(split[0]) - 2, 2)
    for count in range(MOST_KEPT + 1):
        for kept in combinations(middle, count):
            labels = [_label(parts, kept) for parts in split]
            if len(set(labels)) == len(set(family)):
                return dict(zip(family, labels, strict=True))
    return {}


def _label(parts: Sequence[str], kept: Sequence[int]) -> str:
    pieces, is_elided = [parts[0]], False
    for index in range(2, len(parts), 2):
        is_last = index == len(parts) - 1
        if not is_last and index not in kept:
            if not is_elided:
                pieces.append(f"{parts[index - 1]}…")
            is_elided = True
            continue
        _, sign, value = parts[index].rpartition("=")
        if is_last or not sign:
            pieces.append(parts[index - 1] + parts[index])
        else:
            pieces.append(value if is_elided else f"{parts[index - 1]}…{value}")
        is_elided = False
    return "".join(pieces)
