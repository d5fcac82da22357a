"""What a full or failing disk has kept out of a segment, and how much of it was lost."""

from __future__ import annotations

import errno

_MAX_KEPT = 1_000


class Backlog:
    """Records that wait to be written, the oldest first, and a count of what never will be.

    Points wait for one more attempt, everything else up to a bound. The segment's lock is held
    around every call.
    """

    def __init__(self, head: bytes) -> None:
        self._records: list[tuple[bytes, int]] = [(head, 0)]  # members, and points in them
        self._lost = 0
        self._failed_syncs = 0
        self._reason = ""

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing ever failed."""
        return not self._reason

    @property
    def has_records(self) -> bool:
        """Tell whether any record waits."""
        return bool(self._records)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits: no record, and no loss that is to be told."""
        return not (self._records or self._lost or self._failed_syncs)

    @property
    def first(self) -> bytes:
        """The members of the record that has waited longest, else of one that tells the losses."""
        if self._records:
            return self._records[0][0]
        lost = b'"lost":{"records":%d,"syncs":%d,"reason":"%b"}'
        return lost % (self._lost, self._failed_syncs, self._reason.encode())

    def done(self) -> None:
        """Let go of what ``first`` gave: it is written."""
        if self._records:
            del self._records[0]
        else:
            self._lost = self._failed_syncs = 0

    def add(self, members: bytes, points: int) -> None:
        """Hold on to a record that was not written."""
        self._records.append((members, points))

    def give_up(self) -> None:
        """Drop points, and what is beyond the bound: there is no room for them."""
        kept = [record for record in self._records if not record[1]]
        self._lost += sum(points for _, points in self._records)
        self._lost += max(len(kept) - _MAX_KEPT, 0)
        self._records = kept[:_MAX_KEPT]

    def lose(self, count: int) -> None:
        """Count something that was to be kept beside the journal and could not be."""
        self._lost += count

    def note(self, error: OSError, *, is_sync: bool = False) -> None:
        """Remember why something failed; a failed sync is counted."""
        self._reason = errno.errorcode.get(error.errno or 0, "error")
        self._failed_syncs += is_sync
