"""Trackio projects: the sqlite file of a project, or the Parquet files it is mirrored to.

One project is one experiment. Every logged row is JSON (stored as bytes in a TEXT column) and holds
any number of values; non-finite ones are the texts "NaN" and "Infinity". All steps of a run often
share one or two timestamps, because rows are sent in batches. Databases before 0.5 have no run id:
a run is known by its name there. Trackio records no status, so a run's status stays unknown.
System metrics have times but no steps; they are counted from 0 and named ``system/<key>``. The last
text logged under a key is a tag, and so is an alert; tables, images and the like are left out and
counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import Collector, place_of, reader_of_many, reader_of_one
from rundiff.sources.sqlite import COMPANIONS, SqliteFile, sqlite_files
from rundiff.sources.times import micros_of_iso
from rundiff.sources.trackio_files import Logged, read_database, read_parquet_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "trackio"
_NEEDED = frozenset({"run_name", "timestamp", "step", "metrics"})
_PARQUET = ("", "_configs", "_system")


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim project databases with their mirrors, and mirrors without a database."""
    taken: set[str] = set()
    for path in sqlite_files(tree, folder):
        name = path.rpartition("/")[2]
        try:
            with SqliteFile(tree, path) as database:
                is_ours = database.columns("metrics") >= _NEEDED
        except RecordError:
            continue
        if is_ours:
            stem = name.rpartition(".")[0]
            beside = {f"{stem}{part}.parquet" for part in _PARQUET} | {f"{stem}.lock"}
            names = {name, *(name + suffix for suffix in (*COMPANIONS, "-shm"))} | beside
            taken |= names
            yield Claim(path=path, kind="sqlite", consumed=frozenset(names))
    for name in folder.files:
        stem = name.removesuffix("_configs.parquet")
        if stem != name and f"{stem}.parquet" in folder.files and name not in taken:
            names = {f"{stem}{part}.parquet" for part in _PARQUET}
            path = folder.join(f"{stem}.parquet")
            yield Claim(path=path, kind="parquet", consumed=frozenset(names))
    has_export = "metrics.parquet" in folder.files and "aux" in folder.folders
    if has_export and tree.exists(folder.join("aux/configs.parquet")):
        path = folder.join("metrics.parquet")
        yield Claim(path=path, kind="export", consumed=frozenset({"metrics.parquet", "aux"}))


@dataclass(slots=True, kw_only=True)
class _Run:
    """What is known of a run while its rows are met."""

    run_id: str
    name: str
    config: Mapping[str, object] = field(default_factory=dict)
    first: int | None = None
    last: int | None = None
    rows: list[Logged] = field(default_factory=list)


def _read_one(collector: Collector, tree: Tree, claim: Claim, _: ReadOptions) -> None:
    place = place_of(tree, claim.path)
    if claim.kind == "sqlite":
        with SqliteFile(tree, claim.path) as database:
            rows, problems = read_database(database)
    else:
        rows, problems = read_parquet_files(tree, claim.path, is_export=claim.kind == "export")
    for message in problems:
        collector.problem(tree.show(claim.path), message)
    runs: dict[str, _Run] = {}
    for row in rows:
        known = row.run_id if row.run_id and row.run_id != row.run_name else ""
        run = runs.setdefault(
            known or row.run_name,
            _Run(run_id=known or f"{place}/{row.run_name}", name=row.run_name),
        )
        if row.kind == "config":
            run.config = row.values
            continue
        time = micros_of_iso(row.time)
        if time is not None and row.kind == "metrics":
            run.first = time if run.first is None else min(run.first, time)
            run.last = time if run.last is None else max(run.last, time)
        run.rows.append(row)
    project = _project(tree, claim)
    for run in runs.values():
        _add(collector, run, project, f"{place}#{run.name}")


def _add(collector: Collector, run: _Run, project: str, location: str) -> None:
    params = {key: value for key, value in run.config.items() if not key.startswith("_")}
    own = {key: value for key, value in run.config.items() if key.startswith("_")}
    created = micros_of_iso(own.pop("_Created", None))
    user = own.pop("_Username", None)
    run_id = collector.add_run(
        run.run_id,
        location,
        experiment=project,
        name=run.name,
        start_time=created if created is not None else run.first,
        end_time=run.last,
        user=user if isinstance(user, str) else None,
    )
    collector.add_values("param", run_id, params)
    texts: dict[str, object] = {
        key.lstrip("_").lower(): value for key, value in own.items() if value is not None
    }
    count = 0
    for row in run.rows:
        time = micros_of_iso(row.time)
        if row.kind == "alert":
            texts[f"alert.{len(texts)}"] = row.values["alert"]
            continue
        if row.kind == "metrics":
            step, prefix = row.step, ""
        else:
            step, prefix = float(count), "system/"
            count += 1
        for key, value in _leaves(prefix, row.values):
            if collector.add_point(run_id, key, step, value, time=time):
                continue
            if isinstance(value, dict | list):
                collector.leave_out(location, "values that are no numbers", key)
            elif value is not None:
                texts[key] = value
    collector.add_values("tag", run_id, texts)


def _leaves(prefix: str, values: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    """Yield the values of a row, those of nested objects by dotted keys; media stay whole."""
    for key, value in values.items():
        if isinstance(value, dict) and "_type" not in value and value:
            yield from _leaves(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value


def _project(tree: Tree, claim: Claim) -> str:
    if claim.kind == "export":
        folder = claim.path.rpartition("/")[0]
        return folder.rpartition("/")[2] or tree.label
    return claim.path.rpartition("/")[2].rpartition(".")[0]


FORMAT = Format(
    kind=KIND,
    title="Trackio project",
    recognised_by="<project>.db with a table 'metrics' of runs, or its Parquet mirror",
    find=find,
    read=reader_of_one(KIND, _read_one),
    read_many=reader_of_many(KIND, _read_one),
)
