"""What goes into the journal's frames, as text: records, and metric points in bulk."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from json.encoder import encode_basestring_ascii

import orjson

from rundiff.records.nonfinite import lift_nonfinite
from rundiff.tracking import checks

BATCH_BYTES = 1 << 18  # in one record, well below its limit

_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def members(record: Mapping[str, object]) -> bytes:
    """Return a record as the JSON members of a frame, in ASCII.

    orjson writes most records in a sixth of the time. It leaves to the standard library what it
    does not escape, what it cannot hold (integers beyond 64 bits), and NaN, of which it would make
    null.
    """
    try:
        text = orjson.dumps(record)
        if text.isascii() and b"null" not in text:
            return text[1:-1]
    except TypeError:
        pass
    try:
        return _ENCODER.encode(record)[1:-1].encode()
    except ValueError:
        plain, places = lift_nonfinite(record)
        whole = {**plain, "nonfinite": places}  # type: ignore[dict-item]
        return _ENCODER.encode(whole)[1:-1].encode()


def records_of(
    kind: str, values: Mapping[str, object]
) -> Iterator[tuple[Mapping[str, object], bytes]]:
    """Yield params or tags and their text, all at once or one by one where that is too long."""
    text = members({kind: values})
    if len(text) <= BATCH_BYTES:
        if values:
            yield values, text
        return
    for key, value in values.items():
        yield {key: value}, members({kind: {key: value}})


def now_ms() -> int:
    """Return the time in ms since the epoch."""
    return time.time_ns() // 1_000_000


def checked_point_text(point: object, next_step: Callable[[str], int]) -> str:
    """Return ``[key, step, time, value]`` for a tuple or for an object with MLflow's fields.

    Raises LoggingError.
    """
    if isinstance(point, tuple | list):
        key, value, step, timestamp = (*point, None, None)[:4]
    else:
        key, value = getattr(point, "key", None), getattr(point, "value", None)
        step, timestamp = getattr(point, "step", None), getattr(point, "timestamp", None)
    name = checks.check_key(key, "metric")
    number = checks.metric_number(name, value)
    when = now_ms() if timestamp is None else checks.check_timestamp(name, timestamp)
    at = next_step(name) if step is None else checks.check_step(name, step)
    return point_text(name, at, when, number)


def point_text(name: str, step: float, time_ms: int, number: float) -> str:
    """Return ``[key, step, time, value]`` for a point whose parts are checked."""
    return f"[{encode_basestring_ascii(name)},{step},{time_ms},{checks.metric_text(number)}]"


def batches(texts: list[str]) -> Iterator[list[str]]:
    """Yield the texts in lists of a bounded size together."""
    some: list[str] = []
    size = 0
    for text in texts:
        if some and size + len(text) > BATCH_BYTES:
            yield some
            some, size = [], 0
        some.append(text)
        size += len(text)
    if some:
        yield some
