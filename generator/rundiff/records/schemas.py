"""The canonical tables, column by column: what every source yields and everything after it reads.

``run_id`` is unique over the whole load: the loader renames an id that two *different* runs carry
(``id~2``) and lists a problem. It is dictionary-encoded, and so are keys and values, since they
repeat from run to run (``records.keyed_columns``). Times are microseconds since the epoch (UTC) as
int64, so that no engine or time zone can reinterpret them.

A typed value is four columns, ``type, value, number, numeric`` (see ``records.values``).
``metric_point.step`` is a double because some trackers log fractional steps; ``seq`` is the order
in the source and the last tiebreak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID = pa.dictionary(pa.int32(), pa.string())
_TEXT = pa.dictionary(pa.int32(), pa.string())
_KEYED = [("run_id", _ID), ("key", _TEXT), ("type", _TEXT), ("value", _TEXT),
          ("number", pa.dictionary(pa.int32(), pa.float64())), ("numeric", _TEXT)]  # fmt: skip

SCHEMAS: Mapping[str, pa.Schema] = {
    "run": pa.schema(
        [
            ("run_id", pa.string()),
            ("experiment", pa.string()),
            ("name", pa.string()),
            ("status", pa.string()),  # running, finished, failed, killed, or "" where unknown
            ("state", pa.string()),  # complete, running, interrupted, damaged, conflict
            ("lifecycle_stage", pa.string()),  # active or deleted
            ("start_time", pa.int64()),
            ("end_time", pa.int64()),
            ("user", pa.string()),
            ("parent_run_id", pa.string()),
            ("note", pa.string()),
            ("source", pa.string()),  # the format's kind, e.g. mlflow-sqlite
            ("location", pa.string()),  # where it was read, relative to what the user named
        ]
    ),
    "param": pa.schema(_KEYED),
    "tag": pa.schema(_KEYED),
    "environment": pa.schema(_KEYED),
    "metric_point": pa.schema(
        [
            ("run_id", _ID),
            ("key", pa.string()),
            ("step", pa.float64()),
            ("time", pa.int64()),
            ("value", pa.float64()),
            ("seq", pa.int64()),
        ]
    ),
    "metric_summary": pa.schema(
        [
            ("run_id", _ID),
            ("key", _TEXT),
            ("last", pa.float64()),
            ("last_step", pa.float64()),
            ("min", pa.float64()),  # finite values only; null where unknown
            ("max", pa.float64()),
            ("points", pa.int64()),  # null where the source does not tell cheaply
            ("exact", pa.string()),  # the last value as recorded where a double cannot hold it
        ]
    ),
    "metric_definition": pa.schema(
        [
            ("run_id", _ID),
            ("key", pa.string()),
            ("goal", pa.string()),  # min, max or null
            ("unit", pa.string()),
            ("tolerance", pa.string()),  # "0.005" absolute or "1%" relative, or null
            ("origin", pa.string()),  # record, source
        ]
    ),
    "dataset": pa.schema(
        [
            ("run_id", _ID),
            ("name", pa.string()),
            ("digest", pa.string()),
            ("context", pa.string()),
            ("source", pa.string()),
            ("rows", pa.int64()),
            ("schema", pa.string()),
            ("extra", pa.string()),  # JSON object of whatever else was recorded
        ]
    ),
    "artifact": pa.schema(
        [
            ("run_id", _ID),
            ("path", pa.string()),
            ("size", pa.int64()),
            ("sha256", pa.string()),
            ("media_type", pa.string()),
        ]
    ),
    "problem": pa.schema(
        [
            ("location", pa.string()),
            ("line", pa.int64()),
            (
                "severity",
                pa.string(),
            ),  # error: something is missing; notice: read, but worth knowing
            ("message", pa.string()),
        ]
    ),
}

KEYED = ("param", "tag", "environment")
