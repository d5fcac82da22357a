"""Hands the config of a Hydra job to the runs that other formats found below its folder.

Lightning's ``metrics.csv`` in a job's folder and the job's ``.hydra/config.yaml`` are one run. The
run with the metrics stands: it takes the job's params, tags, environment, results and files that it
has not itself, and the name by which people know the job; the job is no run of its own then. A
param that both know with two values is kept as the tag ``config.…``.

A folder with more runs than a job's own loggers make (Hydra told to run in place, at the top of a
project) is not taken for a job of all of them, nor are trackers' stores, which know their params.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.records.schemas import SCHEMAS
from rundiff.records.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.sources.base import Batch

KIND = "hydra"
MAX_RUNS = 16
_STORES = frozenset({"mlflow", "optuna", "trackio", "dvc", "hydra"})
_TAKEN = ("param", "tag", "environment", "metric_summary", "artifact")
_NAME = {"artifact": "path"}
Row = dict[str, object]


def join(batches: Sequence[Batch]) -> list[Batch]:
    """Return the batches with the jobs joined to the runs below them."""
    jobs = {
        str(row["location"]): (batch, row)
        for batch in batches
        if batch.kind == KIND
        for row in batch.tables["run"].to_pylist()
    }
    below: dict[str, list[tuple[int, str]]] = {}
    for place, batch in enumerate(batches if jobs else ()):
        if batch.kind.partition("-")[0] not in _STORES:
            for row in batch.tables["run"].select(["run_id", "location"]).to_pylist():
                job = _job_of(str(row["location"]), jobs)
                if job is not None:
                    below.setdefault(job, []).append((place, row["run_id"]))
    joined = {job: runs for job, runs in below.items() if len(runs) <= MAX_RUNS}
    if not joined:
        return list(batches)
    gone: set[str] = set()
    found = list(batches)
    facts = {id(batch): _by_run(batch) for batch in batches if batch.kind == KIND}
    for place, batch in enumerate(batches):
        mine = {
            run_id: (job, len(runs) == 1)
            for job, runs in joined.items()
            for at, run_id in runs
            if at == place
        }
        if mine:
            found[place] = _with_jobs(batch, mine, jobs, facts)
    for job, runs in joined.items():
        batch, row = jobs[job]
        has_results = bool(facts[id(batch)].get(str(row["run_id"]), {}).get("metric_summary"))
        if len(runs) == 1 or not has_results:
            gone.add(str(row["run_id"]))
    found = [_without(batch, gone) if batch.kind == KIND else batch for batch in found]
    return [batch for batch in found if batch.kind != KIND or _says_something(batch)]


def _says_something(batch: Batch) -> bool:
    return any(batch.tables[table].num_rows for table in ("run", "problem"))


def _job_of(location: str, jobs: Mapping[str, object]) -> str | None:
    """Return the nearest job folder that a location is, or is in."""
    while location:
        if location in jobs:
            return location
        location = location.rpartition("/")[0]
    return None


def _by_run(batch: Batch) -> dict[str, dict[str, list[Row]]]:
    found: dict[str, dict[str, list[Row]]] = {}
    for table in _TAKEN:
        for row in batch.tables[table].to_pylist():
            found.setdefault(row["run_id"], {}).setdefault(table, []).append(row)
    return found


def _with_jobs(
    batch: Batch,
    mine: Mapping[str, tuple[str, bool]],
    jobs: Mapping[str, tuple[Batch, Row]],
    facts: Mapping[int, Mapping[str, Mapping[str, list[Row]]]],
) -> Batch:
    own = _by_run(batch)
    added: dict[str, list[Row]] = {table: [] for table in _TAKEN}
    files: dict[tuple[str, str], tuple[Batch, str]] = {}
    series: dict[str, tuple[Batch, str, list[str]]] = {}
    for run_id, (job, is_alone) in mine.items():
        source, row = jobs[job]
        job_id = str(row["run_id"])
        theirs = facts[id(source)].get(job_id, {})
        for table, each in _missing(own.get(run_id, {}), theirs):
            if table in ("metric_summary", "artifact") and not is_alone:
                continue
            added[table].append(each | {"run_id": run_id})
            if table == "artifact":
                files[run_id, str(each["path"])] = (source, job_id)
            if table == "metric_summary" and each["points"]:
                series.setdefault(run_id, (source, job_id, []))[2].append(str(each["key"]))
    runs = [_renamed(row, mine, jobs) for row in batch.tables["run"].to_pylist()]
    by_name = dict(batch.tables.by_name)
    by_name["run"] = pa.Table.from_pylist(runs, schema=SCHEMAS["run"])
    for table, rows in added.items():
        more = pa.Table.from_pylist(rows, schema=SCHEMAS[table])
        by_name[table] = pa.concat_tables([batch.tables[table], more])

    def load_artifact(run_id: str, path: str, limit: int) -> bytes | None:
        found = files.get((run_id, path))
        if found is None:
            return batch.load_artifact(run_id, path, limit)
        return found[0].load_artifact(found[1], path, limit)

    def load_points(run_ids: Sequence[str]) -> pa.Table:
        parts = [batch.load_points(run_ids)]
        for run_id in run_ids:
            if run_id in series:
                job_batch, job_id, keys = series[run_id]
                parts.append(_points_of_job(job_batch, job_id, keys, run_id))
        return pa.concat_tables(parts).unify_dictionaries()

    tables = Tables(by_name=by_name, recorded_ids=batch.tables.recorded_ids)
    return replace(batch, tables=tables, load_artifact=load_artifact, load_points=load_points)


def _points_of_job(batch: Batch, job_id: str, keys: Sequence[str], run_id: str) -> pa.Table:
    """Return the points of some of a job's metrics as those of the run it was joined to."""
    found = batch.load_points([job_id])
    found = found.filter(pc.is_in(found["key"], pa.array(keys, pa.string())))
    place = found.schema.get_field_index("run_id")
    ids = pa.array([run_id] * found.num_rows, pa.string()).dictionary_encode()
    return found.set_column(place, found.schema.field(place), ids)


def _missing(
    own: Mapping[str, list[Row]], theirs: Mapping[str, list[Row]]
) -> Iterator[tuple[str, Row]]:
    """Yield the job's rows that the run has not; params of another value become tags."""
    for table in _TAKEN:
        name = _NAME.get(table, "key")
        known = {row[name]: row for row in own.get(table, [])}
        for row in theirs.get(table, []):
            have = known.get(row[name])
            if have is None:
                yield table, row
            elif table == "param" and (have["type"], have["value"]) != (row["type"], row["value"]):
                yield "tag", row | {"key": f"config.{row['key']}"}


def _renamed(
    row: Row, mine: Mapping[str, tuple[str, bool]], jobs: Mapping[str, tuple[Batch, Row]]
) -> Row:
    found = mine.get(str(row["run_id"]))
    if found is None:
        return row
    job, is_alone = found
    theirs = jobs[job][1]
    below = str(row["location"]).removeprefix(f"{job}/")
    name = theirs["name"] if is_alone else f"{theirs['name']}/{below}"
    return row | {
        "name": name,
        "experiment": theirs["experiment"] or row["experiment"],
    }


def _without(batch: Batch, gone: set[str]) -> Batch:
    """Return the batch without some runs; their other rows go too."""
    by_name = dict(batch.tables.by_name)
    for table, schema in SCHEMAS.items():
        if "run_id" in schema.names:
            rows = [row for row in batch.tables[table].to_pylist() if row["run_id"] not in gone]
            by_name[table] = pa.Table.from_pylist(rows, schema=schema)
    tables = Tables(by_name=by_name, recorded_ids=batch.tables.recorded_ids)
    return replace(batch, tables=tables)
