"""Which histories are read of runs that are no columns, and how many are not.

They are most of the bytes of a store and only stand behind the charts: so a bounded number of
points is read (``rundiff.budgets``), half of it for the best runs of the ranking, half for runs
spread evenly over the rest, the worst among them, so that a band over them is no band of winners.
Behind a network nothing is read that was not asked for: one run there may be many requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rundiff import budgets as limits
from rundiff.comparison import Unread
from rundiff.records.arrays import cells_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from rundiff.budgets import Budgets
    from rundiff.sources.merge import MergedRuns


class _History(NamedTuple):
    """One metric of one run in the summaries; ``points`` is None where nobody counted."""

    key: str
    points: int | None


class Others(NamedTuple):
    """The runs to read, in the order of the ranking, and what stays unread by metric."""

    run_ids: tuple[str, ...]
    unread: Mapping[str, Unread]


def choose_others(
    merged: MergedRuns, ranked: Sequence[str], compared: Sequence[str], budgets: Budgets
) -> Others:
    """Return which of the selected runs, best first, are read beside the compared ones."""
    beyond = set(ranked).difference(compared)
    if not beyond:
        return Others((), {})
    histories = _histories(merged, beyond)
    near = [
        run_id
        for run_id in ranked
        if run_id in histories and (budgets.points is not None or not _is_remote(merged, run_id))
    ]
    read: set[str] = set()
    room = budgets.read_points
    most = len(near) if budgets.read_runs is None else budgets.read_runs
    for run_id in _best_and_spread(near):
        cost = sum(
            limits.UNCOUNTED_POINTS if one.points is None else one.points
            for one in histories[run_id]
        )
        if len(read) < most and cost <= room:
            read.add(run_id)
            room -= cost
    unread = _unread(one for run_id in histories if run_id not in read for one in histories[run_id])
    return Others(tuple(run_id for run_id in ranked if run_id in read), unread)


def _histories(merged: MergedRuns, run_ids: AbstractSet[str]) -> dict[str, list[_History]]:
    """Return the metrics with more than one point of each run that has any."""
    table = merged.tables["metric_summary"]
    columns = (cells_of(table.column(name)) for name in ("run_id", "key", "points"))
    found: dict[str, list[_History]] = {}
    for run_id, key, points in zip(*columns, strict=True):
        if run_id in run_ids and (points is None or points > 1):
            found.setdefault(run_id, []).append(_History(key, points))
    return found


def _is_remote(merged: MergedRuns, run_id: str) -> bool:
    location = merged.batches[merged.origin[run_id].batch].location
    return location.startswith(("http://", "https://"))


def _best_and_spread(ranked: Sequence[str]) -> Iterator[str]:
    """Yield one from the top and one from the rest in turns, the rest coarsely spread at first.

    The rest is taken by halves, quarters, eighths…: wherever the room ends, it is spread evenly.
    """
    if not ranked:
        return
    taken: set[str] = set()
    best = iter(ranked)
    for run_id in (ranked[-1], *(ranked[place] for place in _bisecting(len(ranked)))):
        for one in (run_id, next(best, "")):
            if one and one not in taken:
                taken.add(one)
                yield one


def _bisecting(count: int) -> Iterator[int]:
    width = 1
    while width < 2 * count:
        yield from (count * odd // (2 * width) for odd in range(1, 2 * width, 2))
        width *= 2


def _unread(histories: Iterable[_History]) -> dict[str, Unread]:
    counts: dict[str, list[int]] = {}
    for key, points in histories:
        found = counts.setdefault(key, [0, 0, 0])
        found[0] += 1
        found[1] += points or 0
        found[2] += points is None
    return {
        key: Unread(curves=curves, points=points, is_counted=not uncounted)
        for key, (curves, points, uncounted) in counts.items()
    }
