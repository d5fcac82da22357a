"""The run.json codec.

MLflow's shape as rundiff writes it, and every spelling of it that people write by hand.

Written: the design's shape, with ``summary`` (last, step, min, max, points of each series),
``metric_definitions``, ``parent_run_id`` and ``note`` beside it, ``rundiff`` (format, nonce, state,
problems, the digests of the segments it was made from), and last of all ``crc32`` over every byte
before it, so that a flipped digit is noticed.

Read: also the flat short form, numbers as text, times in ISO 8601, seconds or milliseconds, NaN as
bare word or text, metrics as a scalar, a list of points or ``{"value", "step", "timestamp"}``.
Fields that are not known are kept: ``record.<field>`` in the environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from zlib import crc32

import orjson

from rundiff.records.nonfinite import lift_nonfinite, text_of
from rundiff.records.run import Artifact, Dataset, RunRecord, Summary
from rundiff.records.strict_json import parse_json

FORMAT = 1
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_CRC_TAIL = 22  # ,"crc32":"xxxxxxxx"}\n


def encode_run(record: RunRecord) -> bytes:
    """Return a run as the bytes of its run.json."""
    info = {
        "experiment_id": record.experiment_id,
        "experiment_name": record.experiment,
        "run_name": record.name,
        "status": record.status.upper(),
        "start_time": record.start_time,
        "end_time": record.end_time,
        "lifecycle_stage": record.lifecycle_stage,
        "user": record.user,
    }
    document: dict[str, object] = {
        "run_uuid": record.run_id,
        "info": info,
        "data": {
            "params": dict(record.params),
            "metrics": {key: summary.last for key, summary in record.summaries.items()},
            "tags": dict(record.tags),
        },
        "summary": {key: _summary(summary) for key, summary in record.summaries.items()},
        "inputs": {"dataset": [_dataset(each) for each in record.datasets]},
        "artifacts": [_artifact(each) for each in record.artifacts],
        "environment": dict(record.environment),
    }
    if record.parent_run_id:
        document["parent_run_id"] = record.parent_run_id
    if record.note:
        document["note"] = record.note
    if record.definitions:
        document["metric_definitions"] = {
            key: {"goal": each.goal, "unit": each.unit, "tolerance": each.tolerance}
            for key, each in record.definitions.items()
        }
    document["rundiff"] = {
        **({"whole_tags": list(record.whole_tags)} if record.whole_tags else {}),
        "format": FORMAT,
        "nonce": record.nonce,
        "state": str(record.state),
        "lost": record.lost,
        "problems": [list(problem) for problem in record.problems],
        "segments": [list(segment) for segment in record.segments],
        **({"metrics": list(record.metrics)} if record.metrics else {}),
    }
    body = _encode(document)[:-1]
    return b'%b,"crc32":"%08x"}\n' % (body, crc32(body))


def is_document_of(record: RunRecord, document: bytes) -> bool:
    """Tell whether a run.json is whole and says what a record does.

    Other versions, of rundiff or of orjson, may spell the same numbers and spaces differently.
    Raises RecordError for what is no JSON.
    """
    written = encode_run(record)
    return document == written or (
        is_intact(document) is True and _content(document) == _content(written)
    )


def _content(document: bytes) -> str:
    """Return what a run.json says, in one spelling; values of two types stay apart."""
    value = parse_json(document).value
    if isinstance(value, dict):
        value.pop("crc32", None)
        own = value.get("rundiff")
        if isinstance(own, dict) and own.get("metrics") is None:
            own.pop("metrics", None)  # null until 2026-11
    return json.dumps(value)


def _encode(document: dict[str, object]) -> bytes:
    """Return a document as JSON, with the places of NaN and infinities beside where there are any.

    orjson takes a tenth of the standard library's time (2026-11: 2 µs for 3 kB). It would write
    null for NaN, so whatever has a null is looked through; integers beyond 64 bits it refuses.
    """
    try:
        text = orjson.dumps(document)
        if b"null" not in text:
            return text
    except TypeError:
        pass
    plain, places = lift_nonfinite(document)
    whole = {**plain, "nonfinite": places} if places else document  # type: ignore[dict-item]
    try:
        return orjson.dumps(whole)
    except TypeError:
        return _ENCODER.encode(whole).encode()


def is_intact(data: bytes) -> bool | None:
    """Tell whether the bytes of a run.json are as rundiff wrote them.

    None if it did not write them so.
    """
    tail = data[-_CRC_TAIL + 1 :]
    if not tail.startswith(b',"crc32":"'):
        return None
    return tail == b',"crc32":"%08x"}\n' % crc32(data[: -_CRC_TAIL + 1])


def _summary(summary: Summary) -> dict[str, object]:
    values: dict[str, object] = {
        "last": summary.last,
        "step": summary.last_step,
        "min": summary.low,
        "max": summary.high,
        "points": summary.points,
        "exact": summary.exact,
    }
    return {
        key: text_of(value) if isinstance(value, float) and value - value != 0.0 else value
        for key, value in values.items()
        if value is not None
    }


def _dataset(dataset: Dataset) -> Mapping[str, object]:
    fields: dict[str, object] = {
        "name": dataset.name,
        "digest": dataset.digest,
        "context": dataset.context,
        "source": dataset.source,
        "rows": dataset.rows,
        "schema": dataset.schema,
    }
    return {
        **dataset.extra,
        **{key: value for key, value in fields.items() if value not in ("", None)},
    }


def _artifact(artifact: Artifact) -> Mapping[str, object]:
    fields = {
        "path": artifact.path,
        "size": artifact.size,
        "sha256": artifact.sha256,
        "media_type": artifact.media_type,
    }
    return {key: value for key, value in fields.items() if value not in ("", None)}
