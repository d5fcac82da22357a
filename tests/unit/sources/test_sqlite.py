"""Databases are read as they are at the moment, whoever writes, and nothing is left beside them."""

from __future__ import annotations

import math
import shutil
import sqlite3
from pathlib import Path

import pytest
from rundiff.errors import RecordError
from rundiff.sources import sqlite
from rundiff.sources.sqlite import DOUBLES, SqliteFile
from rundiff.sources.sqlite_columns import (
    as_integers,
    fetch_columns,
    fetch_columns_and_doubles,
    fetch_doubles,
    has_affinities,
)
from rundiff.sources.tree import Tree


def rows(path: Path, query: str = "SELECT x FROM t ORDER BY rowid") -> list[tuple[object, ...]]:
    with SqliteFile(Tree(path.parent), path.name) as database:
        return database.rows(query)


def names(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "a.db"
    with sqlite3.connect(found) as connection:
        connection.execute("CREATE TABLE t (x TEXT)")
        connection.execute("INSERT INTO t VALUES ('one')")
    connection.close()
    return found


def test_a_database_that_someone_writes_to(path: Path) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO t VALUES ('two')")
    before = names(path.parent)
    assert before["a.db-wal"]
    assert rows(path) == [("one",), ("two",)]
    after = names(path.parent)
    assert after.keys() == before.keys()
    # The shared index is one for this whole process, the writer's connection included.
    assert all(after[name] == before[name] for name in after if not name.endswith("-shm"))
    writer.close()


def test_a_log_that_a_crash_left_behind(path: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO t VALUES ('two')")
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", crashed / f"a.db{suffix}")
    writer.close()
    before = names(crashed)
    assert rows(crashed / "a.db") == [("one",), ("two",)]
    assert names(crashed) == before


def test_a_journal_that_a_crash_left_behind_is_rolled_back(path: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA cache_size = 1")  # so that pages reach the file before the commit
    writer.execute("BEGIN")
    writer.execute("UPDATE t SET x = 'half'")
    writer.executemany("INSERT INTO t VALUES (?)", [("x" * 2_000,)] * 200)
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for suffix in ("", "-journal"):
        shutil.copy(f"{path}{suffix}", crashed / f"a.db{suffix}")
    writer.rollback()
    writer.close()
    before = names(crashed)
    assert rows(crashed / "a.db") == [("one",)]
    assert names(crashed) == before


def test_a_locked_database_is_read_and_that_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    with SqliteFile(Tree(path.parent), path.name) as database:
        assert database.rows("SELECT x FROM t") == [("one",)]
        assert database.notices == ["it is locked; read without waiting for its writer"]
    writer.close()


def test_links_are_not_followed(path: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.db").symlink_to(path)
    with pytest.raises(RecordError):
        rows(inner / "a.db")


def test_text_that_is_not_utf8_is_shown(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO t VALUES (CAST(x'636166e9' AS TEXT))")
    connection.close()
    assert rows(path) == [("one",), ("caf\\xe9",)]


def test_views_and_virtual_tables_are_not_tables(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIEW v AS SELECT 1")
        connection.execute("CREATE VIRTUAL TABLE f USING fts5(x)")
    connection.close()
    with SqliteFile(Tree(path.parent), path.name) as database:
        assert database.columns("t") == {"x"}
        assert database.columns("v") == database.columns("f") == frozenset()
        assert database.notices == ["views are not read: v"]


def test_a_query_without_end_is_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_LEAST_STEPS", 1_000_000)
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"
    with pytest.raises(RecordError, match="takes too long"):
        rows(path, endless)


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    found = tmp_path / "c.db"
    with sqlite3.connect(found) as connection:
        connection.execute("CREATE TABLE t (k VARCHAR(9), n BIGINT, v FLOAT, loose)")
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?)",
            [("a,b", -(2**62), 0.1 + 0.2, 1), ("", 7, 1e300, 2.5), ("ü\n", 0, 5.0, None)],
        )
    connection.close()
    return found


def test_whole_columns_are_exact(columns: Path) -> None:
    with SqliteFile(Tree(columns.parent), columns.name) as database:
        found = fetch_columns(database, "t NOT INDEXED", ["k", "n"])
        assert found is not None
        assert found[0].to_pylist() == ["a,b", "", "ü\n"]
        integers = as_integers(found[1])
        assert integers is not None
        assert integers.to_pylist() == [-(2**62), 7, 0]
        doubles = fetch_doubles(database, "v", "t NOT INDEXED")
        assert doubles is not None
        assert doubles.to_pylist() == [0.1 + 0.2, 1e300, 5.0]
        assert fetch_columns(database, "t WHERE n > 9", ["k"])[0].to_pylist() == []  # type: ignore[index]


def test_doubles_are_those_of_the_file_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    tiny, close = 5e-324, [0.1 + 0.2, 0.3, 0.30000000000000004]
    values = [math.inf, -math.inf, 0.0, tiny, -tiny, 1.7976931348623157e308, *close, *close]
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (k VARCHAR(9), v FLOAT, n BOOLEAN)")
        connection.executemany("INSERT INTO t VALUES ('loss', ?, 0)", [(each,) for each in values])
    connection.close()
    with SqliteFile(Tree(path.parent), path.name) as database:
        alone = fetch_doubles(database, "v", "t NOT INDEXED")
        together = fetch_columns_and_doubles(database, "t NOT INDEXED", ["k"], ("v", "n"))
        assert alone is not None
        assert together is not None
        assert together[0][0].to_pylist() == ["loss"] * len(values)
        for found in (alone, together[1]):
            assert [each.hex() for each in found.to_pylist()] == [each.hex() for each in values]


def test_an_aggregate_of_ours_cannot_be_called_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "trap.db"
    with sqlite3.connect(path) as connection:
        connection.create_function(DOUBLES, 1, lambda value: value, deterministic=True)
        connection.execute("CREATE TABLE t (v FLOAT)")
        connection.execute(f"CREATE VIEW trap AS SELECT {DOUBLES}(v) AS v FROM t")
    connection.close()
    with (
        SqliteFile(Tree(path.parent), path.name) as database,
        pytest.raises(RecordError, match="unsafe use"),
    ):
        database.rows("SELECT v FROM trap")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET k = NULL WHERE n = 7",
        "UPDATE t SET k = 'x' || char(31) || 'y' WHERE n = 7",
        "UPDATE t SET v = NULL WHERE n = 7",
        "UPDATE t SET v = 'text' WHERE n = 7",
        "UPDATE t SET n = 'text' WHERE n = 7",
    ],
)
def test_what_no_column_can_hold_is_left_to_reading_row_by_row(columns: Path, change: str) -> None:
    with sqlite3.connect(columns) as connection:
        connection.execute(change)
    connection.close()
    with SqliteFile(Tree(columns.parent), columns.name) as database:
        found = fetch_columns(database, "t NOT INDEXED", ["k", "n"])
        doubles = fetch_doubles(database, "v", "t NOT INDEXED")
        integers = None if found is None else as_integers(found[1])
        assert found is None or doubles is None or integers is None


def test_only_declared_columns_are_taken_whole(columns: Path) -> None:
    with SqliteFile(Tree(columns.parent), columns.name) as database:
        assert has_affinities(database, "t", ["k", "n"])
        assert not has_affinities(database, "t", ["k", "loose"])
        assert not has_affinities(database, "t", ["v"])
        assert not has_affinities(database, "t", ["missing"])
