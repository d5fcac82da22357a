"""What a run is called where there is little room: short, and unique among the runs shown.

The shortest telling form of long names comes first: ``gboost-…0.5-…-s0``. Sweeps name their runs
after what they vary: a first word, then many ``key=value`` parts. Of those only the parts that tell
the runs of one family apart are kept, of a ``key=value`` part only the value. A middle cut out by
length alone loses just these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

LABEL_LENGTH = 28
KEPT_WHOLE = 22  # characters; shorter names stay as they are
MOST_PARTS, MOST_KEPT = 12, 3
_SEPARATOR = re.compile(r"([-,;/ |]+)")


def build_labels(names: Sequence[tuple[str, str]], places: Sequence[str] = ()) -> list[str]:
    """Return a short unique text for each (name, run id), its middle elided where it is long."""
    full = tell_apart([(name or run_id, run_id) for name, run_id in names], places)
    telling = _telling_labels(full, LABEL_LENGTH)
    if telling is not None:
        return telling
    for length in (LABEL_LENGTH, 2 * LABEL_LENGTH, 4 * LABEL_LENGTH):
        labels = [elided(text, length) for text in full]
        if len(set(labels)) == len(set(full)):
            return labels
    return [f"{elided(text, LABEL_LENGTH)} #{place}" for place, text in enumerate(full, 1)]


def tell_apart(names: Sequence[tuple[str, str]], places: Sequence[str] = ()) -> list[str]:
    """Return the name of each (name, run id), with as much of the id as tells equal names apart.

    Where they are from sources of different names (the first parts of ``places``), that tells more.
    """
    groups: dict[str, dict[str, str]] = {}
    for (name, run_id), place in zip(names, places or [""] * len(names), strict=True):
        groups.setdefault(name, {})[run_id] = place.partition("/")[0]
    parts = {
        name: tops if "" not in tops.values() and len({*tops.values()}) == len(tops)
        else _telling_parts([*tops])
        for name, tops in groups.items() if len(tops) > 1
    }  # fmt: skip
    return [
        f"{name} ({parts[name][run_id]})" if name in parts and name != run_id else name
        for name, run_id in names
    ]


def _telling_parts(ids: Sequence[str]) -> dict[str, str]:
    """Return the beginning of each id, of paths without the folders that all have in common."""
    first, last = min(ids), max(ids)
    same = next((at for at, sign in enumerate(first) if not last.startswith(sign, at)), len(first))
    folders = len(first[:same].rpartition("/")[0])
    rests = [run_id[folders:].lstrip("/") for run_id in ids]
    for length in (6, 12):
        parts = [rest[:length] for rest in rests]
        if not folders and len(set(parts)) == len(parts):
            return dict(zip(ids, parts, strict=True))
    return dict(zip(ids, rests, strict=True))


def elided(text: str, length: int = LABEL_LENGTH) -> str:
    """Return a text with its middle left out where it is longer."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[-tail:]}"


def _telling_labels(texts: Sequence[str], length: int) -> list[str] | None:
    """Return a label for each of different texts, or None where parts do not tell them apart."""
    families: dict[tuple[str, int], list[str]] = {}
    for text in texts:
        parts = _SEPARATOR.split(text)
        if len(text) > KEPT_WHOLE and 3 <= len(parts) // 2 + 1 <= MOST_PARTS:
            families.setdefault((parts[0], len(parts)), []).append(text)
    labels = {text: text for text in texts}
    for family in families.values():
        if len(family) > 1 or len(family[0]) > length:  # else there is nothing to shorten it by
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
