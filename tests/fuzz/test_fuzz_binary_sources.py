"""A damaged event file or W&B log gives fewer points, never other ones, and never an exception."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given, strategies
from rundiff.sources.events import Events, read_events
from rundiff.sources.wandb_log import parse_wandb_log

from tests.unit.sources.test_tensorboard import VERSION, event, scalar
from tests.unit.sources.wire import field, leveldb_log

EVENTS = VERSION + b"".join(event(step, scalar("loss", 1 / step)) for step in range(1, 6))
MANY = VERSION + b"".join(event(step, scalar("loss", 1 / step)) for step in range(1, 90))
LOG = leveldb_log(
    [field(17, field(1, "abc"))]
    + [
        field(2, field(1, field(1, "loss") + field(16, json.dumps(1 / step))))
        for step in range(1, 6)
    ]
)


def points_of_events(data: bytes) -> set[tuple[object, ...]]:
    events = Events()
    read_events(data, events)
    return {
        (tag, *point)
        for tag, series in events.series.items()
        for point in zip(series.steps, series.times, series.values, strict=True)
    }


def points_of_log(data: bytes) -> set[tuple[object, ...]]:
    rows = parse_wandb_log(data).rows
    return {(key, value) for row in rows for key, value in row.items()}


def flipped(data: bytes) -> Iterator[bytes]:
    for place in range(len(data)):
        for bit in range(8):
            yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def test_every_flipped_bit_of_an_event_file_leaves_only_what_was_logged() -> None:
    logged = points_of_events(EVENTS)
    assert len(logged) == 5
    for data in flipped(EVENTS):
        assert points_of_events(data) <= logged


def test_every_truncation_of_either_leaves_only_what_was_logged() -> None:
    for whole, points_of in ((EVENTS, points_of_events), (LOG, points_of_log)):
        logged = points_of(whole)
        for size in range(len(whole)):
            assert points_of(whole[:size]) <= logged


def test_every_flipped_bit_of_a_wandb_log_leaves_only_what_was_logged() -> None:
    logged = points_of_log(LOG)
    assert len(logged) == 5
    for data in flipped(LOG):
        assert points_of_log(data) <= logged


def test_flipped_bits_among_many_events_read_by_columns_are_noticed() -> None:
    logged = points_of_events(MANY)
    assert len(logged) == 89
    for place in range(len(VERSION), len(MANY), 13):
        data = MANY[:place] + bytes([MANY[place] ^ 0x10]) + MANY[place + 1 :]
        assert points_of_events(data) < logged


@given(strategies.binary(max_size=400))
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    read_events(data, Events())
    read_events(VERSION + data, Events())
    parse_wandb_log(data)
    parse_wandb_log(leveldb_log([data]))
