"""Comparisons made from records in memory, through the same relation as everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from rundiff.assembly.build import CompareOptions, compare_merged
from rundiff.comparison import Comparison
from rundiff.records.tables import TableBuilder
from rundiff.records.values import flatten
from rundiff.sources.base import Batch
from rundiff.sources.discover import Loaded
from rundiff.sources.merge import MergedRuns, merge_batches

KIND = "records"
START = 1_763_000_000_000_000  # microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One run as a test writes it down. ``metrics``: a number, or a history of numbers."""

    name: str = ""
    run_id: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    tags: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, object] = field(default_factory=dict)
    datasets: Sequence[Mapping[str, object]] = ()
    artifacts: Sequence[Mapping[str, object]] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict)  # artifact path → its bytes
    goals: Mapping[str, str] = field(default_factory=dict)  # metric → min or max
    run: Mapping[str, object] = field(default_factory=dict)  # further columns of the run table


def make_comparison(
    *runs: Recorded, problems: Sequence[tuple[str, str]] = (), **options: object
) -> Comparison:
    """Compare recorded runs; ``options`` are those of CompareOptions."""
    merged = make_merged(*runs, problems=problems)
    return compare_merged(merged, CompareOptions(**options))  # type: ignore[arg-type]


def make_merged(*runs: Recorded, problems: Sequence[tuple[str, str]] = ()) -> MergedRuns:
    """Return recorded runs as if they had been read."""
    return merge_batches(Loaded(batches=(make_batch(*runs, problems=problems),), problems=()))


def make_batch(*runs: Recorded, problems: Sequence[tuple[str, str]] = ()) -> Batch:
    """Return recorded runs as one batch."""
    builder = TableBuilder()
    contents: dict[tuple[str, str], bytes] = {}
    by_id: dict[str, tuple[int, Recorded]] = {}
    for place, recorded in enumerate(runs):
        run_id = _add(builder, recorded, place)
        by_id[run_id] = (place, recorded)
        contents |= {(run_id, path): data for path, data in recorded.contents.items()}
    for location, message in problems:
        builder.add_problem(location, message)
    tables = builder.build()

    def load_artifact(run_id: str, path: str, limit: int) -> bytes | None:
        data = contents.get((run_id, path))
        return data if data is not None and len(data) <= limit else None

    return Batch(
        tables=tables,
        kind=KIND,
        location="runs",
        load_points=lambda run_ids: _points({i: by_id[i] for i in run_ids}),
        load_artifact=load_artifact,
    )


def _id_of(recorded: Recorded, place: int) -> str:
    return recorded.run_id or recorded.name or f"run{place}"


def _add(builder: TableBuilder, recorded: Recorded, place: int) -> str:
    run_id = builder.add_run(
        _id_of(recorded, place),
        **{
            "name": recorded.name,
            "experiment": "test",
            "status": "finished",
            "start_time": START + place * 60_000_000,
            "end_time": START + place * 60_000_000 + 30_000_000,
            "source": KIND,
            "location": f"runs/{place}",
            **recorded.run,
        },
    )
    for table, values in (
        ("param", recorded.params),
        ("tag", recorded.tags),
        ("environment", recorded.environment),
    ):
        for key, raw in values.items():
            builder.add_values(table, run_id, flatten(key, raw))
    for key, numbers in recorded.metrics.items():
        series = [numbers] if isinstance(numbers, int | float) else list(numbers)
        builder.add(
            "metric_summary",
            {"run_id": run_id, "key": key, "last": float(series[-1]), "points": len(series)},
        )
    for key, goal in recorded.goals.items():
        builder.add(
            "metric_definition", {"run_id": run_id, "key": key, "goal": goal, "origin": "record"}
        )
    for dataset in recorded.datasets:
        builder.add("dataset", {"run_id": run_id, **dataset})
    for artifact in recorded.artifacts:
        builder.add("artifact", {"run_id": run_id, **artifact})
    return run_id


def _points(runs: Mapping[str, tuple[int, Recorded]]) -> pa.Table:
    builder = TableBuilder()
    for run_id, (place, recorded) in runs.items():
        for key, numbers in recorded.metrics.items():
            if isinstance(numbers, int | float):
                continue
            for step, value in enumerate(numbers):
                builder.add(
                    "metric_point",
                    {
                        "run_id": run_id,
                        "key": key,
                        "step": float(step),
                        "time": START + place * 60_000_000 + step * 1_000_000,
                        "value": float(value),
                        "seq": step,
                    },
                )
    return builder.build()["metric_point"]
