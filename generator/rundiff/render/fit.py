"""Makes a page fit a number of bytes, by leaving out what a reader misses least.

The order is that of the README: points of curves (all get coarser), curves of runs that are no
columns, previews of artifacts, keys (``views.kept`` has their order), and last all charts. What one
step saves is estimated from the page that was just drawn, so that a report is drawn twice, rarely
three times: bisection over eleven steps would draw it dozens of times. Where the estimates miss
``MOST_ROUNDS`` times, the barest page stands.

The promise holds for what the user asked for: if even the barest page is larger, nothing is
written. The default is no promise: a page of 200,000 runs that cannot be smaller is written whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rundiff.budgets import Shrink
from rundiff.charts.curves import floors
from rundiff.errors import OutputError
from rundiff.views.kept import drop_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rundiff.comparison import Comparison
    from rundiff.render.page import Page

MOST_ROUNDS = 4
SLACK = 2_000  # bytes: what the list of what was left out grows by
BAREST = Shrink(points=0, previews=0, cells=0, has_charts=False)
BASE64 = 4 / 3


class Drawn(NamedTuple):
    """A page and its text."""

    page: Page
    text: str

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.text) if self.text.isascii() else len(self.text.encode())


def fit(comparison: Comparison, draw: Callable[[Comparison], Drawn]) -> Drawn:
    """Return the page within the comparison's bytes; ``draw`` makes one.

    Raises OutputError where a number of bytes was asked for that no page of these runs has.
    """
    most = comparison.budgets.most_bytes
    whole = drawn = draw(comparison)
    shrink = Shrink(whole=whole.size)
    for attempt in range(MOST_ROUNDS):
        excess = drawn.size - most
        if excess <= 0:
            return drawn
        shrink = _shrunk(drawn.page, shrink, excess * (1 + attempt / 4) + SLACK)
        drawn = draw(_within(comparison, shrink))
    if drawn.size > most:
        drawn = draw(_within(comparison, replace(BAREST, whole=whole.size)))
    if drawn.size <= most:
        return drawn
    if comparison.budgets.bytes is None:
        return whole
    raise OutputError(
        f"the report cannot be made to fit {most:,} bytes: without any curve, preview and key it "
        f"is {drawn.size:,}; say --max-bytes {drawn.size} or compare fewer runs"
    )


def _within(comparison: Comparison, shrink: Shrink) -> Comparison:
    return replace(comparison, budgets=replace(comparison.budgets, shrink=shrink))


def _shrunk(page: Page, before: Shrink, excess: float) -> Shrink:
    """Return what else has to go so that a page gets smaller by ``excess`` bytes."""
    found = before
    for step in (_fewer_points, _fewer_previews, _fewer_keys):
        found, excess = step(page, found, excess)
        if excess <= 0:
            return found
    return replace(BAREST, whole=before.whole)


Step = tuple[Shrink, float]


def _fewer_points(page: Page, shrink: Shrink, excess: float) -> Step:
    """Make curves coarser, then leave out those of runs that are no columns."""
    charts = page.charts
    if charts is None or not charts.curves.points:
        return shrink, excess
    curves = charts.curves
    each = page.payload_size / curves.points
    own = [curve.series for curve in curves.own]
    least = min(floors(own, ())[0], curves.points)  # the coarsest of the compared runs alone
    wanted = curves.points - excess / each
    points = max(int(wanted), least)
    return replace(shrink, points=points), excess - (curves.points - points) * each


def _fewer_previews(page: Page, shrink: Shrink, excess: float) -> Step:
    """Leave out previews; those of images weigh 4/3 of their files."""
    sizes = page.preview_sizes
    total = sum(sizes)
    if not total:
        return shrink, excess
    room = max(int(total - excess / BASE64), 0)
    return replace(shrink, previews=room), excess - (total - room) * BASE64


def _fewer_keys(page: Page, shrink: Shrink, excess: float) -> Step:
    """Leave out keys until what they take is saved."""
    comparison, selected = page.kept.comparison, page.kept.selected
    compared = [run.run_id for run in comparison.compared]
    cells = sum(map(len, selected.values()))
    for at in drop_order(comparison, selected):
        if excess <= 0:
            break
        found = selected[at]
        cells -= len(found)
        texts = {cell.value for cell in found.values()}
        shown = [len(found[run_id].value) for run_id in compared if run_id in found]
        excess -= _key_size(len(at[1]), [len(text) for text in texts], len(comparison.runs), shown)
    return replace(shrink, cells=cells), excess


def _key_size(key: int, distinct: Sequence[int], runs: int, shown: Sequence[int]) -> float:
    """Estimate the bytes of a key from the lengths of its texts: data, table row and details."""
    data = 60 + key + sum(4 + length for length in distinct) + 3 * runs
    row = 200 + 2 * key + sum(130 + 2 * length for length in shown) if shown else 0
    details = sum(20 + key + length for length in shown)
    return data + row + details
