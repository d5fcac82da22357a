"""A journal, which is all segments of one run, as RunRecords.

Segments that share a nonce belong to one run: several processes, forks, a resumed run. They are
merged by (writer, n); wall clocks only show when. Segments with another nonce under the same id are
another run, and both are in conflict: neither may pass for the other.

What a run's state is: *damaged* if any record is unreadable or missing or was lost; *running* if a
segment without ``end`` had a heartbeat within a minute and its process is not known to be gone;
*interrupted* if one has neither ``end`` nor heartbeat; *complete* only if every segment is whole. A
segment that a resuming process found dead (its head says how many records there were) does not keep
the run from being complete, since what it holds is as whole as it was then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

from rundiff.records.facts import Facts, text_in
from rundiff.records.run import (
    Points,
    Problem,
    RunRecord,
    RunState,
    SegmentDigest,
)
from rundiff.records.segments import Segment, scan_segment
from rundiff.records.summaries import build_summaries

FRESH_MS = 60_000
SKEW_MS = 300_000

IsAlive = Callable[[Mapping[str, object]], bool | None]
"""Tells from a head record whether its process lives; None where that cannot be known."""


def unknown_life(_: Mapping[str, object]) -> bool | None:
    """Return None: nothing is known about the process that wrote a segment."""
    return None


def read_segments(
    segments: Iterable[tuple[str, bytes]],
    *,
    location: str = "",
    run_id: str = "",
    now_ms: int | None = None,
    is_alive: IsAlive = unknown_life,
) -> list[RunRecord]:
    """Return the run that the segments of one folder hold.

    Several, in conflict, if their nonces differ.

    ``run_id`` is what the folder is called, for segments whose head is damaged. Without ``now_ms``
    nothing counts as running. Never raises for what is in the bytes.
    """
    scans = [
        scan_segment(name, data, location=f"{location}/{name}" if location else name)
        for name, data in sorted(segments)
    ]
    return merge_segments(scans, location=location, run_id=run_id, now_ms=now_ms, is_alive=is_alive)


def merge_segments(
    scans: Sequence[Segment],
    *,
    location: str = "",
    run_id: str = "",
    now_ms: int | None = None,
    is_alive: IsAlive = unknown_life,
) -> list[RunRecord]:
    """Return the run that segments already taken apart hold; see ``read_segments``."""
    groups: dict[str, list[Segment]] = {}
    headless: list[Segment] = []
    for scan in scans:
        group = groups.setdefault(text_in(scan.head, "nonce"), []) if scan.head else headless
        group.append(scan)
    if headless:
        first = next(iter(groups), "")
        groups.setdefault(first, []).extend(headless)
    records = [
        _merge(sorted(group, key=attrgetter("name")), run_id, now_ms, is_alive)
        for group in groups.values()
    ]
    return records if len(records) < 2 else [_in_conflict(record, location) for record in records]


def _in_conflict(record: RunRecord, location: str) -> RunRecord:
    message = f"two different runs are recorded under the id {record.run_id!r}"
    problem = Problem(location, None, "error", message)
    return record._replace(state=RunState.CONFLICT, problems=(*record.problems, problem))


def _merge(
    scans: Sequence[Segment], run_id: str, now_ms: int | None, is_alive: IsAlive
) -> RunRecord:
    problems = [problem for scan in scans for problem in scan.problems]
    over = _superseded(scans, problems)
    live: set[str] = set()
    if now_ms is not None:
        live.update(scan.name for scan in scans if _is_live(scan, now_ms, is_alive))
    first = next((scan.head for scan in scans if scan.head), {})
    facts = Facts(scans, problems)
    points = scans[0].points if len(scans) == 1 else Points()
    exact: dict[int, str] = dict(scans[0].exact) if len(scans) == 1 else {}
    for scan in scans if len(scans) > 1 else ():
        exact.update({at + len(points): text for at, text in scan.exact.items()})
        points.extend(scan.points)
    state = _state(scans, over, live, problems)
    starts = [time for scan in scans if (time := _time(scan.head)) is not None]
    ends = [time for scan in scans if (time := _time(scan.end)) is not None]
    status = "running" if live - over else _status(scans, over)
    return RunRecord(
        run_id=run_id or text_in(first, "run"),
        nonce=text_in(first, "nonce"),
        experiment=text_in(first, "experiment"),
        experiment_id=text_in(first, "experiment_id"),
        name=facts.about.get("name", "") or text_in(first, "name"),
        status=status,
        state=state,
        start_time=min(starts, default=None),
        end_time=max(ends, default=None) if status not in ("running", "") else None,
        user=text_in(first, "user"),
        parent_run_id=text_in(first, "parent_run"),
        note=facts.about.get("note", ""),
        params=facts.params,
        tags=facts.tags,
        points=points,
        summaries=build_summaries(points, exact),
        definitions=facts.definitions,
        datasets=tuple(facts.datasets),
        artifacts=tuple(facts.artifacts.values()),
        environment=facts.environment,
        problems=tuple(problems),
        lost=sum([scan.lost for scan in scans]),
        segments=tuple([SegmentDigest(scan.name, scan.size, scan.sha256) for scan in scans]),
    )


def _superseded(scans: Sequence[Segment], problems: list[Problem]) -> set[str]:
    """Return the names of segments that were over when another was opened."""
    by_name = {scan.name: scan for scan in scans}
    over: set[str] = set()
    for scan in scans:
        after = scan.head.get("after")
        for name, count in after.items() if isinstance(after, dict) else ():
            earlier = by_name.get(name)
            if earlier is None:
                message = f"the segment {name!r}, which an earlier process wrote, is missing"
                scan.bad += 1
                problems.append(Problem(scan.location, None, "error", message))
            elif isinstance(count, int) and earlier.count < count:
                message = f"{count} records were seen here once; {earlier.count} are left"
                earlier.bad += 1
                problems.append(Problem(earlier.location, None, "error", message))
            over.add(name)
    return over


def _state(
    scans: Sequence[Segment], over: set[str], live: set[str], problems: list[Problem]
) -> RunState:
    is_damaged, is_over = False, True
    for scan in scans:
        is_damaged |= scan.bad > 0
        ended, started = _time(scan.end), _time(scan.head)
        if ended is not None and started is not None and ended < started - SKEW_MS:
            message = "the clock went backwards: the end is before the start"
            problems.append(Problem(scan.location, None, "notice", message))
        if scan.is_ended:
            continue
        is_over &= scan.name in over
        if scan.name in live:
            continue
        if scan.has_torn_tail:
            message = "the last record was cut off in the middle of writing it"
            problems.append(Problem(scan.location, None, "notice", message))
        known = " and was resumed" if scan.name in over else ""
        message = f"the process stopped without ending the run{known}"
        problems.append(Problem(scan.location, None, "notice", message))
    if is_damaged:
        return RunState.DAMAGED
    if live:
        return RunState.RUNNING
    return RunState.COMPLETE if is_over else RunState.INTERRUPTED


def _status(scans: Sequence[Segment], over: set[str]) -> str:
    """Return the worst status of the processes that the run was not resumed after.

    Forks have none of their own.
    """
    found = {
        text_in(scan.end, "status")
        for scan in scans
        if scan.name not in over and not scan.head.get("parent")
    }
    for status in ("running", "failed", "killed", "", "finished"):
        if status in found:
            return status
    return ""


def _is_live(scan: Segment, now_ms: int, is_alive: IsAlive) -> bool:
    if scan.is_ended or not scan.head:
        return False
    last = max(scan.beat, _time(scan.head) or 0)
    return now_ms - last <= FRESH_MS and is_alive(scan.head) is not False


def _time(record: Mapping[str, object]) -> int | None:
    value = record.get("time")
    return value if type(value) is int and abs(value) < 1 << 53 else None
