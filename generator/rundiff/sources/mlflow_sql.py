"""MLflow's database: sqlite files, and PostgreSQL and MySQL through the same SQL.

Of the 12 to 65 tables that MLflow's versions made, a dozen matter (``mlflow_tables``). Which tables
and columns there are is asked, never concluded from the schema's version: ten revisions were met in
the wild, and a database may come from a fork. Reading takes the latest metrics only; histories are
read for selected runs (``mlflow_points``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rundiff.errors import RecordError, SourceError
from rundiff.sources.base import Batch, Claim, Format
from rundiff.sources.mlflow import MlflowRows
from rundiff.sources.mlflow_artifacts import SqlArtifacts
from rundiff.sources.mlflow_points import SqlPoints
from rundiff.sources.mlflow_server_db import DIALECTS, ServerDatabase, is_tracking
from rundiff.sources.mlflow_tables import TrackingTables
from rundiff.sources.sqlite import COMPANIONS, SqliteFile, sqlite_files
from rundiff.sources.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.mlflow_database import OpenDatabase
    from rundiff.sources.tree import Folder

KIND = "mlflow-sqlite"
SCHEME = "sqlite:///"


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim sqlite files with MLflow's tables, and those too damaged to tell."""
    for path in sqlite_files(tree, folder):
        name = path.rpartition("/")[2]
        try:
            with SqliteFile(tree, path) as database:
                is_mlflow = "run_uuid" in database.columns("runs")
                is_mlflow = is_mlflow and bool(database.columns("experiments"))
        except RecordError:
            is_mlflow = True
        if is_mlflow:
            beside = (name + suffix for suffix in (*COMPANIONS, "-shm"))
            yield Claim(path=path, kind=KIND, consumed=frozenset({name, *beside}))


def read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    """Read every run of a sqlite file; its points are loaded when they are asked for."""
    artifacts = SqlArtifacts(tree, claim.path)
    with SqliteFile(tree, claim.path) as database:
        out = MlflowRows(KIND, is_wanted_deleted=options.include_deleted)
        tables = TrackingTables(database, out, artifacts.add)
        tables.read()
        version = tables.version()
        for notice in database.notices:
            out.notice(database.location, notice)

    def opened() -> OpenDatabase:
        return SqliteFile(tree, claim.path)

    points = SqlPoints(opened, out.recorded_ids)
    return Batch(
        tables=out.build(),
        kind=KIND,
        location=tree.show(claim.path),
        version=version,
        load_points=points.load,
        count_points=partial(_count_points, opened),
        load_artifact=artifacts.load,
        load_problems=points.problems,
    )


def opens_uri(source: str) -> bool:
    """Tell whether a source is a database's address as MLflow spells it."""
    return source.startswith(SCHEME) or source.partition(":")[0].partition("+")[0] in DIALECTS


def read_uri(source: str, options: ReadOptions) -> Batch:
    """Read the database of an address: a sqlite file, PostgreSQL or MySQL. Raises SourceError."""
    if not source.startswith(SCHEME):
        return _read_server(source, options)
    tree = Tree(source.removeprefix(SCHEME))
    if tree.only_file is None:
        raise SourceError(f"{source!r} names a folder; a database file is expected")
    return read(tree, Claim(path=tree.only_file, kind=KIND), options)


def _read_server(address: str, options: ReadOptions) -> Batch:
    with ServerDatabase(address) as database:
        if not is_tracking(database):
            raise SourceError(f"{database.location} has no MLflow tables 'runs' and 'experiments'")
        kind = f"mlflow-{database.dialect}"
        out = MlflowRows(kind, is_wanted_deleted=options.include_deleted)
        tables = TrackingTables(database, out)
        tables.read()
        version = tables.version()

    def opened() -> OpenDatabase:
        return ServerDatabase(address)

    points = SqlPoints(opened, out.recorded_ids)
    return Batch(
        tables=out.build(),
        kind=kind,
        location=database.location,
        version=version,
        load_points=points.load,
        count_points=partial(_count_points, opened),
        load_problems=points.problems,
    )


def _count_points(opened: Callable[[], OpenDatabase]) -> int | None:
    """Return how many points the database has, those of deleted runs included."""
    try:
        with opened() as database:
            if not database.columns("metrics"):
                return None
            count = database.rows('SELECT count(*) FROM "metrics"')[0][0]
    except RecordError:
        return None
    return count if isinstance(count, int) else None


FORMAT = Format(
    kind=KIND,
    title="MLflow database",
    recognised_by="a sqlite file with tables runs and experiments, postgresql://…, mysql://…",
    find=find,
    read=read,
    opens_uri=opens_uri,
    read_uri=read_uri,
)
