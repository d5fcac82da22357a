"""The quick way through an event file: scalar events of one shape, all at once.

Nearly all events of a file are the same few messages with another time, step and value::

    09 <wall time: 8 bytes> 10 <step: varint> <the same bytes …> <value: 4 bytes> <… the same bytes>

They are sorted by those same bytes. One event of each group is taken apart properly, which proves
where the value is; the others differ from it in nothing but the three fields, so their columns of
bytes become Arrow arrays at once, and their CRCs are taken by columns (``tfrecord``). The value
ends the event as ``simple_value``, and lies within it as a tensor of TF 2. What has another shape,
or stands in a group that is not sound, goes the slow way, one by one: that takes 6 s for 1 M simple
values and 26 s for tensors, where EventAccumulator takes 16 s (tests/bench has the figures).
"""

from __future__ import annotations

from array import array
from dataclasses import field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.frozen import dataclass
from rundiff.sources.protobuf import BYTES, FIXED32, WireError, as_message, as_text, iterate_places
from rundiff.sources.tfrecord import are_sound

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW = 64  # below it a group is not worth the columns
_MAX_SIZE = 2_048
_LATEST = 2.5e11  # seconds: a wall time beyond it is none


@dataclass(slots=True, kw_only=True)
class Group:
    """Events that agree but for time, step and value; ``members`` are places in the chunk."""

    start: int  # where the agreeing bytes begin
    value_at: int
    members: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the events of a group say."""

    tag: str
    steps: array[float]
    times: array[int]
    values: array[float]


def group_events(records: Sequence[bytes]) -> tuple[list[Group], list[int]]:
    """Sort records (with their CRCs) into groups; the places of all others come second."""
    sorter = _Sorter()
    sorter.sort(records)
    found = sorter.groups.values()
    others = sorter.others
    for group in found:
        if len(group.members) < FEW:
            others.extend(group.members)
    others.sort()
    large = [group for group in found if len(group.members) >= FEW]
    return sorted(large, key=lambda group: group.members[0]), others


class _Sorter:
    """Where the value is depends on the shape of an event: found out once for each shape."""

    def __init__(self) -> None:
        self.groups: dict[tuple[int, bytes], Group] = {}
        self.others: list[int] = []
        # start of the agreeing bytes → size of the record → place of the value, 0 for none
        self._values: dict[int, dict[int, int]] = {start: {} for start in (9, 11, 12, 13, 14)}

    def sort(self, records: Sequence[bytes]) -> None:
        """Sort records by what they agree in."""
        groups, values, others = self.groups, self._values, self.others
        for place, record in enumerate(records):
            size = len(record)
            if record[0] != 9 or size < 28:
                others.append(place)
                continue
            if record[9] != 0x10:
                start = 9
            elif record[10] < 0x80:
                start = 11
            elif record[11] < 0x80:
                start = 12
            elif record[12] < 0x80:
                start = 13
            elif record[13] < 0x80:
                start = 14
            else:
                others.append(place)
                continue
            value_at = values[start].get(size)
            if value_at is None:
                value_at = values[start][size] = self._place_of_value(record)
            if not value_at:
                others.append(place)
                continue
            key = record[start:value_at]
            if value_at != size - 8:
                key += record[value_at + 4 : -4]
            group = groups.get((start, key))
            if group is None:
                group = groups[start, key] = Group(start=start, value_at=value_at)
            group.members.append(place)

    @staticmethod
    def _place_of_value(record: bytes) -> int:
        found = _scalar_of(record[:-4]) if len(record) <= _MAX_SIZE else None
        return found[1] if found else 0


def read_group(records: Sequence[bytes], group: Group) -> Columns | None:
    """Return the columns of a group, None where it must be read one by one."""
    first = records[group.members[0]]
    size, at = len(first), group.value_at
    found = _scalar_of(first[:-4])
    if found is None or found[1] != at:
        return None
    joined = b"".join([records[place] for place in group.members])
    varying = [*range(1, 9), *range(10, group.start), *range(at, at + 4)]
    columns = [joined[place::size] for place in (*varying, *range(size - 4, size))]
    template = bytearray(first[:-4])
    for place in varying:
        template[place] = 0
    if not are_sound(columns, bytes(template), varying):
        return None
    walls = _interleaved(columns[:8], pa.float64())
    extent = pc.min_max(walls).as_py()
    if not 0 < extent["min"] <= extent["max"] < _LATEST or pc.any(pc.is_nan(walls)).as_py():
        return None
    times = pc.round(pc.multiply(walls, 1e6)).cast(pa.int64())
    values = _interleaved(columns[len(varying) - 4 : len(varying)], pa.float32())
    return Columns(
        tag=found[0],
        steps=_packed("d", _steps(columns[8 : len(varying) - 4], len(group.members))),
        times=_packed("q", times),
        values=_packed("d", values.cast(pa.float64())),
    )


def _scalar_of(event: bytes) -> tuple[str, int] | None:
    """Return tag and place of the value if the event is one scalar of four bytes."""
    try:
        fields = list(iterate_places(event, 0, len(event)))
        if [number for number, *_ in fields] not in ([1, 2, 5], [1, 5]):
            return None
        values = list(iterate_places(event, *fields[-1][2:]))
        if len(values) != 1 or values[0][:2] != (1, BYTES):
            return None
        return _value_of(event, *values[0][2:])
    except WireError:
        return None


def _value_of(event: bytes, begin: int, end: int) -> tuple[str, int] | None:
    places = {number: found for number, *found in iterate_places(event, begin, end)}
    message = as_message(event[begin:end])
    tag = as_text(message[1][-1]) if 1 in message else ""
    is_once = all(len(values) == 1 for values in message.values())
    if not is_once or tag.startswith("_hparams_/") or _plugin_of(message) not in ("", "scalars"):
        return None
    if places.keys() <= {1, 2, 7, 9} and places.get(2, [0])[0] == FIXED32:
        return tag, places[2][1]
    if not places.keys() <= {1, 7, 8, 9} or places.get(8, [0])[0] != BYTES:
        return None
    inner = {number: found for number, *found in iterate_places(event, *places[8][1:])}
    tensor = as_message(message[8][-1])
    content = inner.keys() & {4, 5}
    if tensor.get(1) != [1] or inner.keys() - {1, 2, 3, 4, 5} or len(content) != 1:
        return None
    _, first, last = inner[content.pop()]
    return (tag, first) if last - first == 4 else None


def _plugin_of(message: dict[int, list[int | bytes]]) -> str:
    for metadata in message.get(9, ()):
        for data in as_message(metadata).get(1, ()):
            return as_text(as_message(data).get(1, [b""])[-1])
    return ""


def _steps(columns: Sequence[bytes], count: int) -> pa.Array:
    """Return the steps from the columns of their varints' bytes."""
    steps = pa.repeat(pa.scalar(0, pa.int64()), count)
    for place, column in enumerate(columns):
        bits = pa.Array.from_buffers(pa.uint8(), count, [None, pa.py_buffer(column)])
        part = pc.shift_left(
            pc.bit_wise_and(bits.cast(pa.int64()), pa.scalar(0x7F, pa.int64())),
            pa.scalar(7 * place, pa.int64()),
        )
        steps = pc.add(steps, part)
    return steps.cast(pa.float64())


def _interleaved(columns: Sequence[bytes], kind: pa.DataType) -> pa.Array:
    width, count = len(columns), len(columns[0])
    found = bytearray(width * count)
    for place, column in enumerate(columns):
        found[place::width] = column
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(found)])


def _packed(code: str, column: pa.Array) -> array:  # type: ignore[type-arg]
    packed = array(code)
    packed.frombytes(memoryview(column.buffers()[1])[: len(column) * packed.itemsize])
    return packed
