"""What rundiff itself wrote about a run in its run.json: its state, what it lost, its digests."""

from __future__ import annotations

from collections.abc import Mapping

from rundiff.records.facts import as_text
from rundiff.records.run import Problem, RunRecord, RunState, SegmentDigest

_STATES = {state.value: state for state in RunState}


def with_own_facts(record: RunRecord, own: Mapping[str, object]) -> RunRecord:
    """Return the record with what rundiff wrote about it."""
    problems = own.get("problems")
    listed = [
        Problem(str(row[0]), row[1] if type(row[1]) is int else None, str(row[2]), str(row[3]))
        for row in (problems if isinstance(problems, list) else [])
        if isinstance(row, list) and len(row) == 4 and row[2] in ("error", "notice")
    ]
    segments = own.get("segments")
    lost, state = own.get("lost"), own.get("state")
    return record._replace(
        nonce=as_text(own.get("nonce") or ""),
        whole_tags=_texts_of(record.tags, own.get("whole_tags")),
        state=_STATES.get(str(state), RunState.DAMAGED),
        lost=lost if type(lost) is int else 0,
        problems=(*record.problems, *listed),
        segments=tuple(
            SegmentDigest(str(row[0]), row[1], str(row[2]))
            for row in (segments if isinstance(segments, list) else [])
            if isinstance(row, list) and len(row) == 3 and type(row[1]) is int
        ),
        metrics=_digest(own.get("metrics")),
    )


def _texts_of(tags: Mapping[str, object], keys: object) -> tuple[str, ...]:
    if not isinstance(keys, list):
        return ()
    found = [key for key in keys if isinstance(key, str)]
    return tuple(key for key in found if isinstance(tags.get(key), str))


def _digest(row: object) -> SegmentDigest | None:
    if isinstance(row, list) and len(row) == 3 and type(row[1]) is int:
        return SegmentDigest(str(row[0]), row[1], str(row[2]))
    return None
