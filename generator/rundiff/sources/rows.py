"""A RunRecord as rows of the canonical tables: the one way from rundiff's own records into them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.records.arrays import text_column
from rundiff.records.metrics_parquet import points_table
from rundiff.records.schemas import SCHEMAS
from rundiff.records.summaries import Singles
from rundiff.records.values import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.records.run import Points, Problem, RunRecord
    from rundiff.records.tables import TableBuilder


def add_record(builder: TableBuilder, record: RunRecord, *, source: str, location: str) -> str:
    """Add a run and everything of it but its metric points; return the id that its rows carry."""
    run_id = builder.add_run(
        record.run_id,
        experiment=record.experiment,
        name=record.name,
        status=record.status,
        state=record.state,
        lifecycle_stage=record.lifecycle_stage,
        start_time=_micros(record.start_time),
        end_time=_micros(record.end_time),
        user=record.user,
        parent_run_id=record.parent_run_id,
        note=record.note,
        source=source,
        location=location,
    )
    add_rows(builder, record, run_id)
    add_problems(builder, record.problems)
    return run_id


def add_rows(builder: TableBuilder, record: RunRecord, run_id: str) -> None:
    """Add what a run has, for one that is there already under some id."""
    tags = record.tags
    if record.whole_tags:
        builder.add_values("tag", run_id, [(key, value_of(tags[key])) for key in record.whole_tags])
        tags = {key: value for key, value in tags.items() if key not in record.whole_tags}
    for table, values in (
        ("param", record.params),
        ("tag", tags),
        ("environment", record.environment),
    ):
        if values:
            builder.add_recorded(table, run_id, values)
    if isinstance(record.summaries, Singles):
        builder.add_numbers(run_id, record.summaries.numbers)
    elif record.summaries:
        names = ("last", "last_step", "min", "max", "points", "exact")
        columns = zip(*record.summaries.values(), strict=True)
        builder.extend(
            "metric_summary",
            run_id,
            {"key": list(record.summaries), **dict(zip(names, columns, strict=True))},
        )
    _add_described(builder, record, run_id)


def add_problems(builder: TableBuilder, problems: Sequence[Problem]) -> None:
    """Add what could not be read, or is worth knowing."""
    for problem in problems:
        builder.add_problem(
            problem.location, problem.message, line=problem.line, severity=problem.severity
        )


def points_rows(run_id: str, points: Points | pa.Table) -> pa.Table:
    """Return metric points as ``metric_point`` rows of a run."""
    table = points if isinstance(points, pa.Table) else points_table(points)
    table = table.replace_schema_metadata(None)
    codes = [None, pa.py_buffer(bytes(4 * table.num_rows))]
    ids = pa.DictionaryArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), table.num_rows, codes), text_column([run_id])
    )
    return table.add_column(0, SCHEMAS["metric_point"].field("run_id"), ids)


def _add_described(builder: TableBuilder, record: RunRecord, run_id: str) -> None:
    for key, definition in record.definitions.items():
        builder.add(
            "metric_definition",
            {
                "run_id": run_id,
                "key": key,
                "goal": definition.goal or None,
                "unit": definition.unit or None,
                "tolerance": definition.tolerance or None,
                "origin": "record",
            },
        )
    for dataset in record.datasets:
        builder.add(
            "dataset",
            {
                "run_id": run_id,
                "name": dataset.name,
                "digest": dataset.digest,
                "context": dataset.context,
                "source": dataset.source,
                "rows": dataset.rows,
                "schema": dataset.schema or None,
                "extra": json.dumps(dataset.extra, ensure_ascii=False) if dataset.extra else None,
            },
        )
    for artifact in record.artifacts:
        builder.add(
            "artifact",
            {
                "run_id": run_id,
                "path": artifact.path,
                "size": artifact.size,
                "sha256": artifact.sha256 or None,
                "media_type": artifact.media_type or None,
            },
        )


def _micros(time_ms: int | None) -> int | None:
    return None if time_ms is None else time_ms * 1_000
