"""Which ids the runs of a load have: each once, and numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from rundiff.records.keyed_columns import Numbered


class TakenIds:
    """The ids that runs have, among all that were numbered; ``others`` have theirs already.

    They are in order as long as a run's number is its place.
    """

    def __init__(self, ids: Numbered, others: Container[str] = ()) -> None:
        self._ids, self._others = ids, others
        self._own: set[str] = set()
        self._is_in_order = True

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._own or run_id in self._others

    @property
    def are_in_order(self) -> bool:
        """Whether each run's number is its place, and nothing else has a number."""
        return self._is_in_order and len(self._own) == len(self._ids)

    def add(self, run_id: str) -> None:
        """Have an id taken."""
        self._is_in_order &= self._ids[run_id] == len(self._own)
        self._own.add(run_id)


def free_id(run_id: str, taken: Container[str]) -> str:
    """Return the id, or one of ``id~2``, ``id~3``, … that is not taken: as a rule the first.

    Of 100,000 runs with one id each would otherwise ask about all those before it.
    """
    if run_id not in taken:
        return run_id
    last, free = 1, 2  # one that is taken, and one that may be free
    while f"{run_id}~{free}" in taken:
        last, free = free, free * 2
    while free - last > 1:
        middle = (last + free) // 2
        last, free = (middle, free) if f"{run_id}~{middle}" in taken else (last, middle)
    return f"{run_id}~{free}"
