"""The binary log of a W&B run (``run-<id>.wandb``), read without wandb.

wandb 0.31 removed its own Python reader, and an offline run holds nothing but this file. It is a
LevelDB log (``wandb_blocks``) whose records are protobuf ``Record``s. Values are JSON text (field
16) up to 0.30 and typed fields (3 to 8) from 0.31; both are read, also mixed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.foreign_json import parse_foreign_json
from rundiff.sources.protobuf import (
    WireError,
    as_double,
    as_message,
    as_text,
    iterate_fields,
    signed,
)
from rundiff.sources.wandb_blocks import iterate_records

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b":W&B"
_HISTORY, _SUMMARY, _CONFIG, _STATS, _METRIC, _RUN, _EXIT, _HEAD, _ENVIRONMENT = (
    2,
    3,
    5,
    7,
    12,
    17,
    18,
    21,
    26,
)
_COUNTED = {4: "output", 7: "system statistics", 9: "TensorBoard link", 10: "alert",
            13: "console output"}  # fmt: skip
_JSON_FIELDS = (8, 16)

Fields = dict[int, list[int | bytes]]


@dataclass(slots=True, kw_only=True)
class MetricRule:
    """What ``define_metric`` said of a metric or of all that match a pattern."""

    name: str
    is_pattern: bool
    goal: str | None
    step_metric: str


@dataclass(slots=True, kw_only=True)
class WandbLog:
    """What a log holds; ``problems`` are (offset, message)."""

    run: Fields = field(default_factory=dict)
    environment: Fields = field(default_factory=dict)
    config: dict[str, object] = field(default_factory=dict)
    summary: dict[str, object] = field(default_factory=dict)
    rows: list[dict[str, object]] = field(default_factory=list)
    rules: list[MetricRule] = field(default_factory=list)
    exit_code: int | None = None
    runtime: int | None = None
    version: str = ""  # of the library that wrote it
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def has_run(self) -> bool:
        """Tell whether the log got as far as saying which run it is."""
        return bool(self.run)


def parse_wandb_log(data: bytes) -> WandbLog:
    """Read a log as far as it goes."""
    log = WandbLog()
    if not data:
        log.problems.append((0, "empty file: the run was started but nothing was written"))
        return log
    if data.startswith(b"version https://git-lfs"):
        log.problems.append((0, "a Git LFS pointer, not the file itself; run 'git lfs pull'"))
        return log
    if not data.startswith(MAGIC) or len(data) < len(MAGIC) + 3:
        log.problems.append((0, "not a W&B log: it does not begin with ':W&B'"))
        return log
    for offset, record in iterate_records(data, len(MAGIC) + 3, log.problems):
        try:
            _take(log, record)
        except (WireError, RecordError, ValueError) as error:
            log.problems.append((offset, f"a record cannot be understood: {error}"))
    return log


def _take(log: WandbLog, record: bytes) -> None:
    for number, _, value in iterate_fields(record):
        if isinstance(value, int):
            continue
        handler = _HANDLERS.get(number)
        if handler is not None:
            handler(log, value)
        if number in _COUNTED:
            name = _COUNTED[number]
            log.counts[name] = log.counts.get(name, 0) + 1


def _take_history(log: WandbLog, raw: bytes) -> None:
    row: dict[str, object] = {}
    for number, _, value in iterate_fields(raw):
        if number == 1 and isinstance(value, bytes):
            key, content = _item(value)
            row[".".join(key)] = content
        elif number == 2 and isinstance(value, bytes):
            steps = as_message(value).get(1, [0])
            row.setdefault("_step", signed(steps[0]) if isinstance(steps[0], int) else 0)
    log.rows.append(row)


def _take_summary(log: WandbLog, raw: bytes) -> None:
    _update(log.summary, raw)


def _take_config(log: WandbLog, raw: bytes) -> None:
    _update(log.config, raw)


def _take_run(log: WandbLog, raw: bytes) -> None:
    log.run |= as_message(raw)
    for config in log.run.get(4, []):
        if isinstance(config, bytes):
            _update(log.config, config)
    for summary in log.run.get(5, []):
        if isinstance(summary, bytes):
            _update(log.summary, summary)


def _take_environment(log: WandbLog, raw: bytes) -> None:
    log.environment |= as_message(raw)


def _take_head(log: WandbLog, raw: bytes) -> None:
    versions = as_message(raw).get(1, [b""])[-1]
    if isinstance(versions, bytes):
        log.version = text_of(as_message(versions), 1).partition("+")[0]


def _take_exit(log: WandbLog, raw: bytes) -> None:
    fields = as_message(raw)
    code, runtime = fields.get(1, [0])[0], fields.get(2, [None])[0]
    log.exit_code = signed(code) if isinstance(code, int) else 0
    log.runtime = runtime if isinstance(runtime, int) else None


def _take_metric(log: WandbLog, raw: bytes) -> None:
    fields = as_message(raw)
    name, pattern = text_of(fields, 1), text_of(fields, 2)
    if not (name or pattern):
        return
    goal = {1: "min", 2: "max"}.get(_integer(fields, 8))
    if goal is None and 7 in fields:
        summary = as_message(fields[7][0])
        asked = [_integer(summary, 1) == 1, _integer(summary, 2) == 1]
        # define_metric(…, summary="min") says which end is better as plainly as a goal does.
        goal = {(True, False): "min", (False, True): "max"}.get((asked[0], asked[1]))
    log.rules.append(
        MetricRule(
            name=name or pattern,
            is_pattern=not name,
            goal=goal,
            step_metric=text_of(fields, 4),
        )
    )


def text_of(fields: Fields, number: int) -> str:
    """Return a text field, "" where it is absent."""
    values = fields.get(number)
    return as_text(values[-1]) if values and isinstance(values[-1], bytes) else ""


def microseconds_of(fields: Fields, number: int) -> int | None:
    """Return a Timestamp field in microseconds since the epoch."""
    values = fields.get(number)
    if not values or isinstance(values[-1], int):
        return None
    inner = as_message(values[-1])
    seconds, nanos = inner.get(1, [0])[0], inner.get(2, [0])[0]
    if not isinstance(seconds, int) or not isinstance(nanos, int):
        return None
    return signed(seconds) * 1_000_000 + nanos // 1_000


def _integer(fields: Fields, number: int) -> int:
    value = fields.get(number, [0])[-1]
    return value if isinstance(value, int) else 0


def _update(target: dict[str, object], raw: bytes) -> None:
    for number, _, value in iterate_fields(raw):
        if not isinstance(value, bytes) or number not in (1, 2):
            continue
        key, content = _item(value)
        inner = target
        for name in key[:-1]:
            child = inner.get(name)
            if not isinstance(child, dict):
                child = inner[name] = {}
            inner = child
        if number == 1:
            inner[key[-1]] = content
        else:
            inner.pop(key[-1], None)


def _item(raw: bytes) -> tuple[list[str], object]:
    """Return key path and value of a history, summary or config item."""
    key, path = "", []
    content: object = None
    for number, _, value in iterate_fields(raw):
        if number == 1:
            key = as_text(value)
        elif number == 2:
            path.append(as_text(value))
        elif number in _JSON_FIELDS and isinstance(value, bytes):
            content = _json(value)
        elif number == 4:
            content = bool(value)
        elif number == 5 and isinstance(value, int):
            content = signed(value)
        elif number == 6:
            content = as_double(value)
        elif number == 7:
            content = as_text(value)
    return path or [key], content


def _json(raw: bytes) -> object:
    """Return a JSON value; plain numbers, which nearly all are, by the shortest way."""
    try:
        if raw[:1] not in b'"{[tfnNI':
            text = raw.decode("ascii")
            return float(text) if "." in text or "e" in text or "E" in text else int(text)
    except (ValueError, UnicodeDecodeError):
        pass
    return parse_foreign_json(raw).value


_HANDLERS: dict[int, Callable[[WandbLog, bytes], None]] = {
    _HISTORY: _take_history,
    _SUMMARY: _take_summary,
    _CONFIG: _take_config,
    _METRIC: _take_metric,
    _RUN: _take_run,
    _EXIT: _take_exit,
    _HEAD: _take_head,
    _ENVIRONMENT: _take_environment,
}
