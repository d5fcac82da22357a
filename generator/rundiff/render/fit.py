"""Makes a page fit a number of bytes, by leaving out what a reader misses least.

The order is that of docs/budgets.md: values of thousands of characters (the longest first, each to
its beginning), points of curves (all get coarser), curves of runs that are no columns, previews of
artifacts, keys (``views.kept`` has their order), and last all charts. What one step saves is
estimated from the page that was just drawn, so that a report is drawn twice, rarely three times:
bisection would draw it dozens of times. Where the estimates miss ``MOST_ROUNDS`` times, the barest
page stands.

The promise holds for what the user asked for: if even the barest page is larger, nothing is
written. The default is no promise: a page of 200,000 runs that cannot be smaller is written whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rundiff.budgets import Shrink
from rundiff.charts.curves import floors
from rundiff.errors import OutputError
from rundiff.render.island import island_size
from rundiff.views.kept import drop_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from rundiff.comparison import Comparison
    from rundiff.render.page import Composed
    from rundiff.views.kept import Kept

MOST_ROUNDS = 5
MOST_GROWTHS, ROOM_LEFT = 3, 0.1  # the share of the bytes that may stay empty
SLACK = 2_000  # bytes: what the list of what was left out grows by
BAREST = Shrink(values=0, points=0, previews=0, cells=0, has_charts=False)
BASE64 = 4 / 3


class Drawn(NamedTuple):
    """A page and its text."""

    composed: Composed
    text: str

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.text) if self.text.isascii() else len(self.text.encode())

    @property
    def keys_size(self) -> int:
        """Characters of the tables and of Run details without their previews.

        Text of records is escaped, so that no record can hold the beginning of a section.
        """
        starts = [self.text.find(f'<section id="{name}"') for name in ("details", "about")]
        tables = [
            self.text.find(f'<section id="{table.section}"') for table in self.composed.page.tables
        ]
        after = self.text.find('<section id="charts"')
        rows = (after if after >= 0 else starts[0]) - tables[0] if tables else 0
        previews = int(sum(self.composed.preview_sizes) * BASE64)
        return max(rows + starts[1] - starts[0] - previews, 0)


def fit(comparison: Comparison, draw: Callable[[Comparison], Drawn]) -> Drawn:
    """Return the page within the comparison's bytes; ``draw`` makes one.

    Raises OutputError where a number of bytes was asked for that no page of these runs has.
    """
    most = comparison.budgets.most_bytes
    whole = drawn = draw(comparison)
    shrink = Shrink(whole=whole.size)
    for attempt in range(MOST_ROUNDS):
        if drawn.size <= most:
            break
        shrink = _shrunk(drawn, shrink, (drawn.size - most) * (1 + attempt / 4) + SLACK)
        drawn = draw(_within(comparison, shrink))
    if drawn.size > most:
        shrink = replace(BAREST, whole=whole.size)
        drawn = draw(_within(comparison, shrink))
    if drawn.size <= most:
        return _grown(comparison, draw, (whole, drawn), shrink)
    if comparison.budgets.bytes is None:
        return whole
    raise OutputError(
        f"the report cannot be made to fit {most:,} bytes: without any curve, preview and key, "
        f"with the list of runs and the Overview alone, it is {drawn.size:,}; say --max-bytes "
        f"{drawn.size} or compare fewer runs"
    )


def _grown(
    comparison: Comparison,
    draw: Callable[[Comparison], Drawn],
    known: tuple[Drawn, Drawn],
    shrink: Shrink,
) -> Drawn:
    """Return a page with keys again where the one that fits left much room.

    With a metric goes its chart, with a param its line of the Overview: keys weigh more than their
    rows, and an estimate from these leaves out too many.
    """
    most = comparison.budgets.most_bytes
    larger, fitting = known
    for _ in range(MOST_GROWTHS):
        (cells, left), room = fitting.composed.kept.cells, most - fitting.size
        if shrink.cells is None or not left or room < most * ROOM_LEFT:
            break
        more = larger.composed.kept.cells[0] - cells
        each = (larger.size - fitting.size) / more
        # The first key may bring a whole table: where a guess was too large, half of it is next.
        guess = room * 0.95 / each if larger is known[0] else more / 2
        shrink = replace(shrink, cells=cells + min(int(guess), left))
        drawn = draw(_within(comparison, shrink))
        if drawn.composed.kept.cells[0] == cells:
            break
        larger, fitting = (drawn, fitting) if drawn.size > most else (larger, drawn)
    return fitting


def _within(comparison: Comparison, shrink: Shrink) -> Comparison:
    return replace(comparison, budgets=replace(comparison.budgets, shrink=shrink))


def _shrunk(drawn: Drawn, before: Shrink, excess: float) -> Shrink:
    """Return what else has to go so that a page gets smaller by ``excess`` bytes."""
    found = before
    for step in (_shorter_values, _fewer_points, _fewer_previews, _fewer_keys):
        found, excess = step(drawn, found, excess)
        if excess <= 0:
            return found
    # More than keys and curves may go with them: only a page without any is stripped of its charts,
    # and then keys may find room again.
    if found != before or not before.has_charts:
        return found
    return replace(BAREST, cells=None, whole=before.whole)


Step = tuple[Shrink, float]


def _shorter_values(drawn: Drawn, shrink: Shrink, excess: float) -> Step:
    """Cut the longest values to their beginning until what they take in the data is saved."""
    long = drawn.composed.kept.long
    copies = Counter(value for values in long.places.values() for value in values)
    whole = [value for value in copies if value not in long.cut]
    room = sum(map(len, whole))
    for value in sorted(whole, key=len)[::-1]:
        if excess <= 0:
            break
        excess -= copies[value] * (island_size(value) - island_size(long.shown[value]))
        room -= len(value)
    return replace(shrink, values=room) if whole else shrink, excess


def _fewer_points(drawn: Drawn, shrink: Shrink, excess: float) -> Step:
    """Make curves coarser, then leave out those of runs that are no columns."""
    curves = drawn.composed.curves
    if curves is None or not curves.points:
        return shrink, excess
    each = drawn.composed.payload_size / curves.points
    least = min(floors([curve.series for curve in curves.own], ())[0], curves.points)
    points = max(int(curves.points - excess / each), least)
    return replace(shrink, points=points), excess - (curves.points - points) * each


def _fewer_previews(drawn: Drawn, shrink: Shrink, excess: float) -> Step:
    """Leave out previews; those of images weigh 4/3 of their files."""
    total = sum(drawn.composed.preview_sizes)
    if not total:
        return shrink, excess
    room = max(int(total - excess / BASE64), 0)
    return replace(shrink, previews=room), excess - (total - room) * BASE64


def _fewer_keys(drawn: Drawn, shrink: Shrink, excess: float) -> Step:
    """Leave out keys until what they take is saved."""
    kept = drawn.composed.kept
    order = drop_order(kept.comparison, kept.selected)
    weights = {at: _weigh(kept, at) for at in order}
    # What tables and details really take, shared out by the estimates.
    total = sum(weight.html for weight in weights.values())
    scale = drawn.keys_size / total if total else 1.0
    cells = sum(map(len, kept.selected.values()))
    for at in order:
        if excess <= 0:
            break
        cells -= len(kept.selected[at])
        excess -= weights[at].data + scale * weights[at].html
    return replace(shrink, cells=cells), excess


class _Weight(NamedTuple):
    """What a key takes, in bytes: in the data, and as a guess in its table and under details."""

    data: int
    html: int


def _weigh(kept: Kept, at: tuple[str, str]) -> _Weight:
    cells = kept.selected[at]
    distinct = {(cell.type, cell.value) for cell in cells.values()}
    data = 50 + len(at[1]) + sum(5 + len(value) for _, value in distinct)
    data += 2 * len(kept.comparison.runs)
    shown = [
        len(cells[run.run_id].value) for run in kept.comparison.compared if run.run_id in cells
    ]
    return _Weight(data, 200 + 3 * len(at[1]) + sum(160 + 3 * length for length in shown))
