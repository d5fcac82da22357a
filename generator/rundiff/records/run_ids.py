"""Which ids the runs of a load have: each once, and numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from rundiff.records.keyed_columns import Numbered


class TakenIds:
    """The ids that runs have, among all that were numbered.

    They are in order as long as a run's number is its place: those added together come first.
    """

    def __init__(self, ids: Numbered) -> None:
        self._ids = ids
        self._alone: set[str] = set()
        self._together: list[range] = []
        self._count, self._is_in_order = 0, True

    def __contains__(self, run_id: object) -> bool:
        if run_id in self._alone or not self._together:
            return run_id in self._alone
        code = self._ids.get(run_id, -1)  # type: ignore[call-overload]
        return any(code in each for each in self._together)

    @property
    def are_in_order(self) -> bool:
        """Whether each run's number is its place, and nothing else has a number."""
        return self._is_in_order and self._count == len(self._ids)

    def add(self, run_id: str) -> None:
        """Have an id taken."""
        self._alone.add(run_id)
        self._is_in_order &= self._ids[run_id] == self._count
        self._count += 1

    def add_many(self, run_ids: Sequence[str]) -> bool:
        """Have new ids taken if all are new and different; tell whether they are."""
        first = len(self._ids)
        if not self._ids.add_new(run_ids):
            return False
        self._together.append(range(first, len(self._ids)))
        self._is_in_order &= first == self._count and not self._alone
        self._count += len(run_ids)
        return True


def free_id(run_id: str, taken: Container[str]) -> str:
    """Return the id, or the first of ``id~2``, ``id~3``, … that is not taken."""
    unique, count = run_id, 2
    while unique in taken:
        unique, count = f"{run_id}~{count}", count + 1
    return unique
