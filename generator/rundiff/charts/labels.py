"""Places the name of each line at its own end, where it collides least.

Leader lines to a right gutter looked like data (runs end at different steps); so each label tries a
few places around its end and takes the one that covers the fewest labels and points. Six lines that
end together have not places enough: labels that still touch are moved apart.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from rundiff.format import show_text
from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Run

HEIGHT, CHARACTER, GAP = 12.0, 5.6, 1.0
UPSIDE_DOWN = 200.0  # worse than to touch: names in another order than their lines mislead
_FIRST_WORD = re.compile(r"[^-_…]{3,9}(?=[-_…])")
_LAST_WORDS = re.compile(r"(?<=[-_./= ])[^-_./= …].{2,8}\Z")
_OFFSETS = (0, -9, 9, -13, 13, -18, 18, -25, 25, -32, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where a line ends, and its name."""

    color: int
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A placed name: baseline of the text at (x, y), where it begins or, by ``anchor``, ends.

    Widths are estimates; what would reach the right edge ends there, however wide the font is.
    """

    color: int
    x: float
    y: float
    text: str
    anchor: str = ""


def end_names(runs: Sequence[Run]) -> dict[str, str]:
    """Return some ten characters that tell each run apart: its beginning where that is enough."""
    names = {run.run_id: show_text(run.label) for run in runs}
    found = {}
    for run in runs:
        name = names[run.run_id]
        if run.color == 0:
            found[run.run_id] = "baseline"
        elif len(name) <= 11:
            found[run.run_id] = name
        else:
            others = [other for run_id, other in names.items() if run_id != run.run_id]
            found[run.run_id] = _short_name(name, others)
    return found


def _short_name(name: str, others: Sequence[str]) -> str:
    word = _FIRST_WORD.match(name)
    head = word[0] if word else name[:8]
    if not any(other.startswith(head) for other in others):
        return f"{head}…"
    words = _LAST_WORDS.search(name)
    tail = words[0] if words else name[-8:]
    if not any(other.endswith(tail) for other in others):
        return f"…{tail}"
    both = [
        (first, 9 - first)
        for first in (4, 5, 3, 6, 2, 7)
        if not any(o.startswith(name[:first]) and o.endswith(name[first - 9 :]) for o in others)
    ]
    first, last = both[0] if both else (8, 8)
    return f"{name[:first]}…{name[-last:]}"


def place_labels(
    ends: Sequence[End],
    points: Sequence[tuple[float, float]],
    *,
    top: float,
    bottom: float,
    right: float,
) -> list[Label]:
    """Return one label for each end, within top … bottom and left of ``right``."""
    boxes: list[tuple[float, float, float, float]] = []
    placed = []
    for end in sorted(ends, key=lambda end: (end.y, end.color)):
        width = CHARACTER * len(end.text)
        x = min(end.x + 8, right - width)
        best = min(
            _OFFSETS,
            key=lambda offset, x=x, end=end, width=width: (  # type: ignore[misc]
                _cost(_box(x, end.y + offset, width), boxes, points, top, bottom) + abs(offset) / 9
            ),
        )
        boxes.append(_box(x, end.y + best, width))
        is_at_edge = end.x + 8 > right - width
        edge, anchor = (right, "end") if is_at_edge else (x, "")
        placed.append(
            Label(color=end.color, x=edge, y=end.y + best + 3.6, text=end.text, anchor=anchor)
        )
    moved = _apart(boxes, top - 4, bottom + 4)
    return [replace(label, y=label.y + shift) for label, shift in zip(placed, moved, strict=True)]


def _apart(
    boxes: Sequence[tuple[float, float, float, float]], top: float, bottom: float
) -> list[float]:
    """Return by how much each box moves so that none touches another: down, then up from below.

    Boxes stand in the order of their lines' ends; where all are beside each other they keep it.
    """

    def beside(one: int, other: int) -> bool:
        return boxes[one][0] < boxes[other][2] and boxes[other][0] < boxes[one][2]

    upper = [max(box[1], top) for box in boxes]
    if all(beside(one, other) for one, other in combinations(range(len(boxes)), 2)):
        upper.sort()
    order = sorted(range(len(boxes)), key=lambda at: (upper[at], at))

    for place, one in enumerate(order):
        above = [upper[other] + HEIGHT + GAP for other in order[:place] if beside(one, other)]
        upper[one] = max(upper[one], *above) if above else upper[one]
    for place, one in reversed(list(enumerate(order))):
        below = [upper[other] - GAP for other in order[place + 1 :] if beside(one, other)]
        upper[one] = min(upper[one], *(limit - HEIGHT for limit in (*below, bottom)))
    return [new - box[1] for new, box in zip(upper, boxes, strict=True)]


def _box(x: float, y: float, width: float) -> tuple[float, float, float, float]:
    return x, y - HEIGHT / 2, x + width, y + HEIGHT / 2


def _cost(
    box: tuple[float, float, float, float],
    boxes: Sequence[tuple[float, float, float, float]],
    points: Sequence[tuple[float, float]],
    top: float,
    bottom: float,
) -> float:
    left, upper, right, lower = box
    cost = 40.0 * (upper < top - 4 or lower > bottom + 4)
    for other in boxes:
        if left < other[2] and other[0] < right:
            cost += 12 * max(0.0, min(lower, other[3]) - max(upper, other[1]))
            cost += UPSIDE_DOWN * (upper < other[1])  # whose line ends higher
    covered = sum(left - 6 < x < right and upper < y < lower for x, y in points)
    return cost + 1.5 * min(covered, 12)
