"""Reading one segment of a journal.

Every valid record is kept, everything else is named with file, line and offset.

A line is good if its CRC is; ``n`` then tells gaps, duplicates and lines out of order. Bytes after
the last line feed are a torn tail: a process was killed in the middle of a ``write`` (seen for
records as short as 120 bytes). A segment is whole only if its last record is ``end`` and that
record's count and SHA-256 agree with everything before it.

Metric points go straight into columns; the usual form of the line is taken apart by a regular
expression, which is strict because it leaves no room for anything else (1.1 µs a line where the
JSON parser takes 3).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rundiff.errors import RecordError
from rundiff.records.frames import MAX_FRAME, as_frame, frame_body, frame_number
from rundiff.records.run import NO_TIME, Points, Problem
from rundiff.records.strict_json import parse_json

_N = rb'\{"n":(0|[1-9]\d{0,14}),'
_KEY = rb'("(?:[^"\\\x00-\x1f\x7f-\xff]|\\["\\/bfnrtu])*")'
_INTEGER = rb"(-?(?:0|[1-9]\d{0,14}))"
_NUMBER = rb"(-?(?:0|[1-9]\d{0,14})(?:\.\d{1,22})?(?:e(?:[+-]?\d\d?|\+?[12]\d\d|-[123]\d\d))?)"
_PARTS = (_N, _KEY, _INTEGER, _INTEGER, _NUMBER)
_POINT = re.compile(rb'%b"points":\[\[%b,%b,%b,%b\]\]' % _PARTS)
_NAMED_POINT = re.compile(  # as it was written until 2026-11
    rb'%b"metric":%b,"step":%b,"time":%b,"value":%b' % _PARTS
)
_HAS_POINTS = re.compile(rb'\{"n":\d+,"(?:metric|points)":')
_NONFINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_EXACT = 1 << 53
_MAX_LISTED = 20  # problems of one kind in one segment; the rest is counted


@dataclass(slots=True)
class Segment:
    """What one segment holds; filled by ``scan_segment`` and not changed afterwards."""

    name: str
    location: str
    size: int = 0
    sha256: str = ""
    head: Mapping[str, object] = field(default_factory=dict)
    end: Mapping[str, object] = field(default_factory=dict)
    events: list[Mapping[str, object]] = field(default_factory=list)
    points: Points = field(default_factory=Points)
    exact: dict[int, str] = field(default_factory=dict)
    count: int = 0
    lost: int = 0
    bad: int = 0
    has_torn_tail: bool = False
    beat: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_ended(self) -> bool:
        """Tell whether the segment says that it is over."""
        return bool(self.end)

    def report(self, line: int | None, message: str, severity: str = "error") -> None:
        """List a problem; an error makes the segment damaged."""
        self.bad += severity == "error"
        if len(self.problems) < _MAX_LISTED:
            self.problems.append(Problem(self.location, line, severity, message))
        elif len(self.problems) == _MAX_LISTED:
            self.problems.append(
                Problem(
                    self.location, None, "error", "further problems in this file are not listed"
                )
            )


class _Sequence:
    """The numbers met so far: the next one, and the ranges that are missing."""

    def __init__(self) -> None:
        self.next = 0
        self._missing: list[tuple[int, int]] = []
        self._bad_lines = 0

    def skip_bad_line(self) -> None:
        """Remember that a line was unreadable, which explains one missing number."""
        self._bad_lines += 1

    def take(self, n: int) -> str:
        """Return what is wrong with the number, or nothing.

        Raises KeyError for a record met before.
        """
        if n == self.next:
            self.next, self._bad_lines = n + 1, 0
            return ""
        if n > self.next:
            first, explained = self.next, self._bad_lines
            self._missing.append((first, n))
            self.next, self._bad_lines = n + 1, 0
            if n - first <= explained:
                return ""
            return f"records {first} to {n - 1} are missing" if n - first > 1 else (
                f"record {first} is missing")  # fmt: skip
        for index, (first, last) in enumerate(self._missing):
            if first <= n < last:
                self._missing[index : index + 1] = [(first, n), (n + 1, last)]
                return f"record {n} is out of order"
        raise KeyError(n)


def scan_segment(name: str, data: bytes, *, location: str = "") -> Segment:
    """Read one segment's bytes; never raises for what is in them."""
    found = Segment(name=name, location=location or name, size=len(data))
    found.sha256 = hashlib.sha256(data).hexdigest()
    scanner = _Scanner(found, data)
    offset = 0
    for number, raw in enumerate(io.BytesIO(data), 1):
        if not raw.endswith(b"\n"):
            found.has_torn_tail = True
        elif raw != b"\n":
            scanner.take(raw[:-1], number, offset)
        offset += len(raw)
    scanner.finish()
    found.count = scanner.sequence.next
    found.problems.sort(key=lambda problem: problem.line or len(data))
    _check_end(found, data)
    return found


class _Line(NamedTuple):
    """A line that is no plain metric point."""

    number: int
    start: int
    body: bytes


class _Scanner:
    """Takes a segment's lines, one after the other.

    Records other than plain points are parsed together at the end (``finish``), which costs a
    quarter of parsing each by itself.
    """

    def __init__(self, found: Segment, data: bytes) -> None:
        self.sequence = _Sequence()
        self._found, self._data = found, memoryview(data)
        self._codes: dict[bytes, int] = {}
        self._lines: list[_Line] = []
        self._has_points_waiting = False

    def take(self, line: bytes, number: int, start: int) -> None:
        """Check one line that begins at byte ``start``, and file it if it is a plain point."""
        found = self._found
        body = frame_body(line) if len(line) <= MAX_FRAME + 256 else None
        if body is None:
            self.sequence.skip_bad_line()
            found.report(number, f"damaged record at byte {start} (its checksum is wrong)")
            return
        try:
            match = _POINT.fullmatch(body) or _NAMED_POINT.fullmatch(body)
            complaint = self.sequence.take(int(match[1]) if match else frame_number(body))
            if complaint:
                found.report(number, f"{complaint} before byte {start}")
            if match:
                if self._has_points_waiting:
                    self.finish()  # points stay in the order in which they were logged
                code = self._code(match[2])
                found.points.append(code, int(match[3]), int(match[4]), float(match[5]))
            else:
                self._lines.append(_Line(number, start, body))
                self._has_points_waiting |= _HAS_POINTS.match(body) is not None
        except KeyError as error:
            message = f"record {error} occurs twice; this one, at byte {start}, is ignored"
            found.report(number, message)
        except ValueError as error:
            self._complain(number, start, error)

    def finish(self) -> None:
        """Parse and file the lines that were put aside."""
        lines, self._lines, self._has_points_waiting = self._lines, [], False
        if not lines:
            return
        together = b"[" + b"},".join(line.body for line in lines) + b"}]"
        try:
            records = parse_json(together).value
        except RecordError:
            records = None
        is_sound = isinstance(records, list) and len(records) == len(lines)
        for at, line in enumerate(lines):
            try:
                record = records[at] if is_sound and isinstance(records, list) else None
                if record is None:
                    record = parse_json(line.body + b"}").value
                _take_record(self._found, as_frame(record), line.number, self._data[: line.start])
            except (ValueError, TypeError, OverflowError) as error:
                self._complain(line.number, line.start, error)

    def _complain(self, number: int, start: int, error: Exception) -> None:
        message = error.message if isinstance(error, RecordError) else str(error)
        self._found.report(number, f"record at byte {start} cannot be understood: {message}")

    def _code(self, key: bytes) -> int:
        code = self._codes.get(key)
        if code is None:
            name = parse_json(key).value
            code = self._codes[key] = self._found.points.code(str(name))
        return code


def _take_record(
    found: Segment, record: dict[str, object], number: int, before: memoryview
) -> None:
    """File one record other than a plain metric point."""
    if found.end:
        found.report(number, "a record follows the end of the segment")
    if "metric" in record:
        point = [record["metric"], record.get("step"), record.get("time"), record.get("value")]
        _take_point(found, point, number)
    elif "points" in record:
        points = record["points"]
        for each in points if isinstance(points, list) else [None]:
            _take_point(found, each, number)
    elif isinstance(record.get("head"), dict):
        if found.head or record["n"] != 0:
            found.report(number, "a second head in one segment")
        found.head = found.head or record["head"]  # type: ignore[assignment]
    elif isinstance(record.get("end"), dict):
        found.end = record["end"]  # type: ignore[assignment]
        if found.end.get("count") != record["n"]:
            found.report(number, "the end record counts other records than there are")
        if found.end.get("sha256") != hashlib.sha256(before).hexdigest():
            found.report(
                number, "the digest in the end record is not that of the records before it"
            )
    elif "beat" in record:
        found.beat = max(found.beat, _integer(record["beat"]))
    elif isinstance(record.get("lost"), dict):
        _take_loss(found, record["lost"], number)  # type: ignore[arg-type]
    else:
        found.events.append(record)


def _take_loss(found: Segment, lost: dict[str, object], number: int) -> None:
    reason = str(lost.get("reason") or "the disk refused them")
    count, syncs = _integer(lost.get("records", 0)), _integer(lost.get("syncs", 0))
    if count:
        found.lost += count
        found.report(number, f"{count} records could not be written ({reason})")
    if syncs:
        found.report(number, f"the disk failed to sync {syncs} times ({reason})", "notice")


def _take_point(found: Segment, point: object, number: int) -> None:
    if not isinstance(point, list) or len(point) != 4 or not isinstance(point[0], str):
        raise RecordError("a metric point is not [key, step, time, value]")
    key, step, time, value = point
    if isinstance(value, str) and value in _NONFINITE:
        value = _NONFINITE[value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not isinstance(step, int | float):
        raise RecordError(f"metric {key!r} has value {value!r} at step {step!r}; expected numbers")
    double = to_double(value)
    if isinstance(value, int) and abs(value) > _EXACT and int(double) != value:
        found.exact[len(found.points)] = str(value)
        found.report(number, f"metric {key!r}: {value} is kept as the double {double!r}", "notice")
    when = time if isinstance(time, int) and abs(time) < 1 << 53 else NO_TIME
    found.points.append(found.points.code(key), float(step), when, double)


def to_double(value: float) -> float:
    """Return the nearest double; an integer beyond its range becomes an infinity."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _integer(value: object) -> int:
    return value if type(value) is int and 0 <= value < 1 << 62 else 0


def _check_end(found: Segment, data: bytes) -> None:
    if not found.head and b"\n" in data:
        found.report(1, "the segment does not begin with a head record")
    if found.has_torn_tail and found.end:
        found.report(None, f"{_tail_size(data)} bytes follow the end record")


def _tail_size(data: bytes) -> int:
    return len(data) - data.rfind(b"\n") - 1
