"""TensorBoard event files: scalars, hyper-parameters and texts; everything else is counted.

Scalar events of one shape, nearly all of a file, are read together (``scalars``); what is left is
taken apart here, field by field. Nothing is sampled. The CRC of large events that hold only images
or histograms is not taken: nothing is read of them, and 67 MB of them cost 8 s (23 Nov 2026).

Scalars come as ``simple_value`` (PyTorch, TF 1) or as tensors of the plugin ``scalars`` (TF 2,
Keras); hyper-parameters from the plugin ``hparams``, texts as string tensors.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rundiff.sources.history import NO_TIME, Number, Series
from rundiff.sources.protobuf import (
    WireError,
    as_double,
    as_float,
    as_message,
    as_text,
    iterate_fields,
    signed,
)
from rundiff.sources.scalars import group_events, read_group
from rundiff.sources.tfrecord import is_sound, iterate_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_TEXT = 65_536
MAX_RESTARTS = 100  # of one run that are heeded
LARGE = 1_024  # bytes; below it the CRC costs less than looking
_KINDS = {4: "images", 5: "histograms", 6: "audio clips"}
_FLOAT, _DOUBLE, _INT32, _STRING, _INT64 = 1, 2, 3, 7, 9
_START = 1  # of a session's log
_STATUS = {1: "finished", 2: "failed", 3: "running"}
_HPARAMS = "_hparams_/"

Fields = dict[int, list["int | bytes"]]


@dataclass(slots=True, kw_only=True)
class Events:
    """What the event files of one run hold; times are in microseconds since the epoch."""

    series: dict[str, Series] = field(default_factory=dict)
    params: dict[str, object] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    status: str = ""
    state: str = "complete"
    first_time: int | None = None  # of events that are no scalars
    end_time: int | None = None
    restarts: list[int] = field(default_factory=list)  # steps from which a file began anew
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def extent(self) -> tuple[int | None, int | None]:
        """Return the times of the first and the last event."""
        times = [time for series in self.series.values() if series.times
                 for time in (min(series.times), max(series.times)) if time != NO_TIME]  # fmt: skip
        times.extend(time for time in (self.first_time, self.end_time) if time is not None)
        return (min(times), max(times)) if times else (None, None)

    @property
    def has_hparams(self) -> bool:
        """Tell whether the hparams plugin wrote here."""
        return bool(self.params) or bool(self.status)


def read_events(data: bytes, events: Events) -> None:
    """Add what an event file holds; problems are (offset, message)."""
    if data.startswith(b"version https://git-lfs"):
        events.problems.append((0, "a Git LFS pointer, not the file itself; run 'git lfs pull'"))
        return
    earlier = {tag: len(series.values) for tag, series in events.series.items()}
    known = len(events.restarts)
    for offsets, records in iterate_chunks(data, events.problems):
        _read_chunk(events, offsets, records)
    began = events.restarts[known:]
    if began and known < MAX_RESTARTS:
        # As in TensorBoard, what earlier files have from there on is void.
        void = sum(events.series[tag].take_back(min(began), end) for tag, end in earlier.items())
        if void:
            what = "points that a restart took back"
            events.counts[what] = events.counts.get(what, 0) + void


def _read_chunk(events: Events, offsets: Sequence[int], records: Sequence[bytes]) -> None:
    """Read many records, and put the points of each series back into the order of the file."""
    reader = _Reader(events)
    groups, others = group_events(records)
    for group in groups:
        columns = read_group(records, group)
        if columns is None:
            others.extend(group.members)
            continue
        places = reader.places_of(columns.tag)
        series = events.series[columns.tag]
        series.steps.extend(columns.steps)
        series.times.extend(columns.times)
        series.values.extend(columns.values)
        places.extend(group.members)
    for place in sorted(others):
        record = records[place]
        media = _media_of(record[:-4]) if len(record) > LARGE else []
        if media:
            reader.count(media)
        elif not is_sound(record):
            message = "damaged: the checksum is wrong; the record is left out"
            events.problems.append((offsets[place], message))
        else:
            try:
                reader.take(record[:-4], place)
            except (WireError, ValueError, OverflowError) as error:
                events.problems.append((offsets[place], f"an event cannot be understood: {error}"))
    reader.restore_order()


def _media_of(event: bytes) -> list[str]:
    """Return what a large event holds if that is nothing but media or a graph, else nothing."""
    found: list[str] = []
    try:
        for number, _, raw in iterate_fields(event):
            if number in (4, 9):
                found.append("graphs")
            elif number == 5 and isinstance(raw, bytes):
                for _, _, value in iterate_fields(raw):
                    fields = as_message(value)
                    kinds = [name for kind, name in _KINDS.items() if kind in fields]
                    if len(kinds) != 1 or fields.keys() & {2, 8}:
                        return []
                    found.append(kinds[0])
    except WireError:
        return []
    return found


class _Reader:
    """Reads the events of one chunk."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self._place = 0
        self._places: dict[str, array[int]] = {}  # of the points that this chunk adds to a series

    def places_of(self, tag: str) -> array[int]:
        """Return the places of a series' points in the chunk, for the caller to extend."""
        self.events.series.setdefault(tag, Series())
        return self._places.setdefault(tag, array("q"))

    def restore_order(self) -> None:
        """Sort each series' new points by their place in the file."""
        for tag, places in self._places.items():
            order = sorted(range(len(places)), key=places.__getitem__)
            if order == list(range(len(places))):
                continue
            series = self.events.series[tag]
            start = len(series.values) - len(places)
            series.steps[start:] = array("d", [series.steps[start + at] for at in order])
            series.times[start:] = array("q", [series.times[start + at] for at in order])
            series.values[start:] = array("d", [series.values[start + at] for at in order])

    def take(self, event: bytes, place: int) -> None:
        """Read one event, field by field."""
        self._place = place
        wall, step = 0.0, 0
        summaries: list[bytes] = []
        for number, _, raw in iterate_fields(event):
            if number == 1:
                wall = as_double(raw)
            elif number == 2 and isinstance(raw, int):
                step = signed(raw)
            elif number == 5 and isinstance(raw, bytes):
                summaries.append(raw)
            elif number == 4:
                self._count("graphs")
            elif number == 7 and as_message(raw).get(1) == [_START]:
                self.events.restarts.append(step)  # the step is written before it
        time = round(wall * 1_000_000) if 0 < wall < 2.5e11 else None
        if time is not None and self.events.first_time is None:
            self.events.first_time = time
        for summary in summaries:
            for number, _, value in iterate_fields(summary):
                if number == 1 and isinstance(value, bytes):
                    self._value(as_message(value), step, time)

    def _value(self, fields: Fields, step: int, time: int | None) -> None:
        """Read one value of a summary."""
        tag = as_text(fields[1][-1]) if 1 in fields else ""
        plugin, content = _plugin(fields)
        if tag.startswith(_HPARAMS) or plugin == "hparams":
            self._hparams(content)
        elif 2 in fields:
            self._add(tag, (step, time), Number(as_float(fields[2][-1])))
        elif 8 in fields:
            self._tensor(tag, plugin, as_message(fields[8][-1]), (step, time))
        else:
            kinds = [name for number, name in _KINDS.items() if number in fields]
            self._count(kinds[0] if kinds else "records")

    def _tensor(self, tag: str, plugin: str, tensor: Fields, at: tuple[int, int | None]) -> None:
        kind = tensor.get(1, [0])[-1]
        if kind == _STRING and plugin in ("text", ""):
            text = "\n".join(as_text(raw) for raw in tensor.get(8, []))
            if len(text) > MAX_TEXT:
                self._count(f"texts of more than {MAX_TEXT:,} characters")
            else:
                self.events.texts[tag.removesuffix("/text_summary")] = text
            return
        number = _number(kind, tensor) if plugin in ("scalars", "") else None
        if number is None:
            self._count(plugin or "tensors")
        else:
            self._add(tag, at, number)

    def _hparams(self, content: bytes) -> None:
        """Read a record of the hparams plugin: 3 is the start of a session, 4 its end."""
        data = as_message(content)
        for raw in data.get(3, []):
            start = as_message(raw)
            for entry in start.get(1, []):
                pair = as_message(entry)
                key = as_text(pair[1][-1]) if 1 in pair else ""
                self.events.params[key] = _hparam(as_message(pair[2][-1])) if 2 in pair else None
            self.events.status = self.events.status or "running"
        for raw in data.get(4, []):
            end = as_message(raw)
            status = end.get(1, [0])[-1]
            self.events.status = _STATUS.get(status if isinstance(status, int) else 0, "")
            if 2 in end and isinstance(end[2][-1], bytes):
                self.events.end_time = round(as_double(end[2][-1]) * 1_000_000)

    def _add(self, tag: str, at: tuple[int, int | None], number: Number) -> None:
        self.places_of(tag).append(self._place)
        self.events.series[tag].add(at[0], number, at[1])

    def count(self, kinds: Iterable[str]) -> None:
        """Count what is not read."""
        for kind in kinds:
            self.events.counts[kind] = self.events.counts.get(kind, 0) + 1

    def _count(self, what: str) -> None:
        self.count([what])


def _plugin(fields: Fields) -> tuple[str, bytes]:
    """Return the name of the plugin that a value is for, and its own bytes."""
    for metadata in fields.get(9, []):
        for data in as_message(metadata).get(1, []):
            inner = as_message(data)
            content = inner.get(2, [b""])[-1]
            return as_text(inner.get(1, [b""])[-1]), content if isinstance(content, bytes) else b""
    return "", b""


def _number(kind: int | bytes, tensor: Fields) -> Number | None:
    """Return a tensor of one number; None for any other tensor."""
    content = tensor.get(4, [b""])[-1]
    if isinstance(content, bytes) and content:
        for code, letter in ((_FLOAT, "<f"), (_DOUBLE, "<d"), (_INT32, "<i"), (_INT64, "<q")):
            if kind == code and len(content) == struct.calcsize(letter):
                return Number(float(struct.unpack(letter, content)[0]))
        return None
    if kind == _FLOAT and len(tensor.get(5, [])) == 1:
        raw = tensor[5][0]
        return Number(as_float(raw)) if isinstance(raw, bytes) and len(raw) == 4 else None
    if kind == _DOUBLE and len(tensor.get(6, [])) == 1:
        raw = tensor[6][0]
        return Number(as_double(raw)) if isinstance(raw, bytes) and len(raw) == 8 else None
    return None


def _hparam(value: Fields) -> object:
    """Return a ``google.protobuf.Value``: 2 number, 3 text, 4 bool."""
    if 2 in value:
        return as_double(value[2][-1])
    if 3 in value:
        return as_text(value[3][-1])
    if 4 in value:
        return bool(value[4][-1])
    return None
