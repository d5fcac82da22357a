"""One tracking database read in four ways says one thing: file, PostgreSQL, MariaDB and server."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources import mlflow_rest, mlflow_sql
from rundiff.sources.base import Batch, Format, ReadOptions
from rundiff.sources.discover import load_sources

from tests.mlflow_environment import mlflow_variables
from tests.servers.conftest import free_port, running

pytestmark = [pytest.mark.servers, pytest.mark.all]

SKIPPED = {"source", "location"}
TABLES = ("run", "param", "tag", "environment", "metric_summary", "metric_definition", "dataset")
COPY = """
import sqlite3, sys
from sqlalchemy import MetaData, create_engine, text
engine = create_engine(sys.argv[2])
meta = MetaData(); meta.reflect(engine)
source = sqlite3.connect(sys.argv[1])
with engine.begin() as target:
    if engine.dialect.name == "postgresql":
        target.execute(text("SET session_replication_role = replica"))
    else:
        target.execute(text("SET FOREIGN_KEY_CHECKS = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'"))
    for name, in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        table = meta.tables.get(name)
        if table is None or name == "alembic_version":
            continue
        target.execute(table.delete())
        cursor = source.execute(f'SELECT * FROM "{name}"')
        names = [column[0] for column in cursor.description]
        rows = [{k: bool(v) if k == "is_nan" else v for k, v in zip(names, row)} for row in cursor]
        if rows:
            target.execute(table.insert(), rows)
"""


def read(source: str, kind: Format) -> Batch:
    options = ReadOptions(include_deleted=True)
    (batch,) = load_sources([source], options, formats=[kind]).batches
    return batch


def contents(batch: Batch) -> dict[str, list[str]]:
    """Everything of a batch in an order of its own, without where it was read."""
    found: dict[str, list[Any]] = {name: batch.tables[name].to_pylist() for name in TABLES}
    found["metric_point"] = batch.load_points(batch.tables.run_ids).to_pylist()
    return {name: sorted(map(shown, rows)) for name, rows in found.items()}


def shown(row: dict[str, Any]) -> str:
    return repr({key: cell for key, cell in row.items() if key not in SKIPPED | {"seq"}})


@pytest.fixture(scope="module")
def database(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("store") / "mlflow.db"
    shutil.copy(corpus / "mlflow_real" / "sqlite" / "mlflow.db", copy)
    return copy


@pytest.fixture(scope="module")
def expected(database: Path) -> dict[str, list[str]]:
    found = contents(read(str(database), mlflow_sql.FORMAT))
    assert len(found["metric_point"]) == 2507
    return found


def run_python(python: Path, *arguments: str) -> None:
    done = subprocess.run(
        [str(python), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=mlflow_variables(),
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_server_says_what_the_file_says(
    kind: str,
    request: pytest.FixtureRequest,
    mlflow: Path,
    database: Path,
    expected: dict[str, list[str]],
) -> None:
    address: str = request.getfixturevalue(kind)
    run_python(mlflow, "-m", "mlflow", "db", "upgrade", address)
    run_python(mlflow, "-c", COPY, str(database), address)
    batch = read(address, mlflow_sql.FORMAT)
    found = contents(batch)
    for name, rows in expected.items():
        assert set(found[name]) ^ set(rows) == set(), name
        assert found[name] == rows, name
    assert "cret" not in json.dumps([batch.location, batch.tables["run"].to_pylist()])
    wrong = address.replace("se%2Fcret", "wrong")
    with pytest.raises(SourceError, match=r"cannot connect to .*127\.0\.0\.1") as caught:
        mlflow_sql.read_uri(wrong, ReadOptions())
    assert "wrong@" not in str(caught.value)


@pytest.fixture(scope="module")
def server(mlflow: Path, database: Path) -> Iterator[str]:
    port = free_port()
    command = [str(mlflow), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
               "--workers", "1", "--backend-store-uri", f"sqlite:///{database}",
               "--artifacts-destination", str(database.parent / "artifacts")]  # fmt: skip
    with running(command, port, database.parent / "log"):
        yield f"http://127.0.0.1:{port}"


def test_a_tracking_server_says_what_the_file_says(
    server: str, expected: dict[str, list[str]]
) -> None:
    found = contents(read(server, mlflow_rest.FORMAT))
    for name, every in expected.items():
        rows = [row for row in every if "'mlflow.deleted_time'" not in row]  # not in the API
        assert set(found[name]) ^ set(rows) == set(), name
        assert found[name] == rows, name


def test_a_database_that_the_server_writes_to_is_read_meanwhile(
    server: str, database: Path
) -> None:
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    try:
        writer.execute("UPDATE runs SET name = 'renamed' WHERE name = 'sweep'")
        before = sorted(path.name for path in database.parent.iterdir())
        names = read(str(database), mlflow_sql.FORMAT).tables["run"].column("name").to_pylist()
        assert "renamed" in names
        assert sorted(path.name for path in database.parent.iterdir()) == before
    finally:
        writer.execute("UPDATE runs SET name = 'sweep' WHERE name = 'renamed'")
        writer.close()
