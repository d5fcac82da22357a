"""MLflow's tables give the same rows whether they are taken as columns or row by row."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources import mlflow_sql
from rundiff.sources.base import Batch, ReadOptions
from rundiff.sources.discover import load_sources

CLIPPED = 1.7976931348623157e308
SCHEMA = """
CREATE TABLE experiments (experiment_id INTEGER, name VARCHAR(256), lifecycle_stage VARCHAR(32));
CREATE TABLE experiment_tags (experiment_id INTEGER, key VARCHAR(250), value VARCHAR(5000));
CREATE TABLE runs (run_uuid VARCHAR(32), name VARCHAR(250), status VARCHAR(9), start_time BIGINT,
    end_time BIGINT, lifecycle_stage VARCHAR(20), user_id VARCHAR(256), experiment_id INTEGER);
CREATE TABLE params (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
CREATE TABLE tags (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32));
CREATE TABLE metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32),
    step BIGINT, is_nan BOOLEAN);
CREATE TABLE latest_metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, step BIGINT,
    is_nan BOOLEAN, run_uuid VARCHAR(32));
"""
PARAMS = {
    "lr": "0.10", "empty": "", "name": "Größe\n2", "n": "1e400",
    "json": '{"a": [1, null, {"b.c": true}], "d": {}}', "literal": "{'a': None}", "list": "[1, 2]",
    "brace": "{not json", "nan": "NaN", "comma": "a,b",
}  # fmt: skip
POINTS = [
    ("loss", 0.1 + 0.2, 1_700_000_000_000, 0, 0), ("acc", 1.0, 1_700_000_000_001, 0, 0),
    ("loss", 0.0, 1_700_000_000_002, 1, 1), ("acc", CLIPPED, 1_700_000_000_003, -5, 0),
    ("loss", -CLIPPED, 0, 2**40, 0), ("a,b", 5e-324, -7, 3, 0), ("loss", -0.0, 1, 3, 0),
]  # fmt: skip


def write(path: Path, *, runs: int = 2, is_interleaved: bool = False) -> Path:
    ids = [f"{number:032x}" for number in range(runs)]
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO experiments VALUES (1, 'first', 'active')")
        connection.executemany(
            "INSERT INTO experiment_tags VALUES (1, ?, ?)",
            [("mlflow.experiment.primaryMetric.name", "acc"),
             ("mlflow.experiment.primaryMetric.greaterIsBetter", "True")],
        )  # fmt: skip
        for run_id in ids:
            connection.execute(
                "INSERT INTO runs VALUES (?, 'r', 'FINISHED', 1, 2, 'active', 'ada', 1)", [run_id]
            )
            for key, text in PARAMS.items():
                connection.execute("INSERT INTO params VALUES (?, ?, ?)", [key, text, run_id])
            connection.execute(
                "INSERT INTO tags VALUES ('mlflow.source.git.commit', 'abc', ?)", [run_id]
            )
            connection.execute("INSERT INTO tags VALUES ('x', '[1]', ?)", [run_id])
            for key, value, time, step, flag in POINTS[-4:]:
                row = [key, value, time, step, flag, run_id]
                connection.execute("INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?)", row)
        order = (
            [(point, run_id) for point in POINTS for run_id in ids]
            if is_interleaved
            else [(point, run_id) for run_id in ids for point in POINTS]
        )
        for (key, value, time, step, flag), run_id in order:
            row = [key, value, time, run_id, step, flag]
            connection.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.close()
    return path


def read(path: Path) -> Batch:
    (batch,) = load_sources([str(path)], ReadOptions(), formats=[mlflow_sql.FORMAT]).batches
    return batch


def contents(batch: Batch) -> dict[str, Any]:
    found: dict[str, Any] = {name: batch.tables[name].to_pylist() for name in batch.tables}
    found["metric_point"] = batch.load_points(batch.tables.run_ids).to_pylist()
    return {name: sorted(map(repr, rows)) for name, rows in found.items() if name != "problem"}


def test_values_are_those_that_were_logged(tmp_path: Path) -> None:
    batch = read(write(tmp_path / "a.db", runs=1))
    params = {row["key"]: (row["type"], row["value"]) for row in batch.tables["param"].to_pylist()}
    assert params == {
        "lr": ("text", "0.10"), "empty": ("text", ""), "name": ("text", "Größe\n2"),
        "n": ("text", "1e400"), "brace": ("text", "{not json"), "nan": ("text", "NaN"),
        "comma": ("text", "a,b"), "json.a.0": ("int", "1"), "json.a.1": ("null", "null"),
        "json.a.2.b\\.c": ("bool", "true"), "json.d": ("dict", "{}"), "literal.a": ("null", "null"),
        "list.0": ("int", "1"), "list.1": ("int", "2"),
    }  # fmt: skip
    points = batch.load_points(batch.tables.run_ids).to_pylist()
    assert [(row["key"], repr(row["value"]), row["step"]) for row in points] == [
        ("loss", repr(0.1 + 0.2), 0.0), ("acc", "1.0", 0.0), ("loss", "nan", 1.0),
        ("acc", "inf", -5.0), ("loss", "-inf", float(2**40)), ("a,b", "5e-324", 3.0),
        ("loss", "0.0", 3.0),  # sqlite keeps no sign of zero
    ]  # fmt: skip
    assert [row["time"] for row in points][3:] == [1_700_000_000_003_000, None, None, 1_000]
    assert [row["seq"] for row in points] == list(range(7))
    latest = {row["key"]: repr(row["last"]) for row in batch.tables["metric_summary"].to_pylist()}
    assert latest["acc"] == "inf"
    (goal,) = batch.tables["metric_definition"].to_pylist()
    assert (goal["key"], goal["goal"]) == ("acc", "max")
    environment = batch.tables["environment"].to_pylist()
    assert [(row["key"], row["value"]) for row in environment] == [("git.commit", "abc")]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE params ADD COLUMN other",
        "UPDATE params SET value = value WHERE key = 'lr'",
        "CREATE INDEX i ON metrics (run_uuid, key, step)",
        "CREATE INDEX j ON metrics (key, timestamp, step, run_uuid, value, is_nan)",
        "CREATE INDEX k ON latest_metrics (key, run_uuid)",
    ],
)
@pytest.mark.parametrize("is_interleaved", [False, True], ids=["in a row", "interleaved"])
def test_indexes_and_the_order_of_rows_do_not_matter(
    tmp_path: Path, change: str, *, is_interleaved: bool
) -> None:
    expected = contents(read(write(tmp_path / "a.db")))
    path = write(tmp_path / "b.db", is_interleaved=is_interleaved)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    found = contents(read(path))
    assert {
        name: [row.replace("b.db", "a.db") for row in rows] for name, rows in found.items()
    } == (expected)


def test_taken_as_columns_or_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.db", runs=3, is_interleaved=True)
    quick = contents(read(path))
    for module in ("mlflow_tables", "mlflow_points"):
        monkeypatch.setattr(f"rundiff.sources.{module}.has_affinities", lambda *_: False)
    assert contents(read(path)) == quick


def test_the_separator_in_a_text_is_just_a_character(tmp_path: Path) -> None:
    path = write(tmp_path / "a.db")
    odd = "x\x1fy"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE params SET value = ? WHERE key = 'lr'", [odd])
        connection.execute("UPDATE metrics SET key = ? WHERE key = 'acc'", [odd])
    connection.close()
    found = contents(read(path))
    assert sum(repr(odd) in row for row in found["param"]) == 2
    assert sum(repr(odd) in row for row in found["metric_point"]) == 4


def test_a_param_recorded_twice_counts_once_and_that_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.db", runs=1)
    with sqlite3.connect(path) as connection:
        rows = [("lr", "0.2"), ("json.d", "9")]  # a second lr, and one like a leaf of json
        run_id = f"{0:032x}"
        connection.executemany(
            f"INSERT INTO params (key, value, run_uuid) VALUES (?, ?, '{run_id}')", rows
        )
    connection.close()
    batch = read(path)
    keys = batch.tables["param"].column("key").to_pylist()
    assert len(keys) == len(set(keys))
    messages = [row["message"] for row in batch.tables["problem"].to_pylist()]
    assert "'lr' is recorded twice; the first one counts" in messages
    assert "'json.d' is recorded twice; the first one counts" in messages


def test_a_database_older_than_latest_metrics(tmp_path: Path) -> None:
    path = write(tmp_path / "a.db", runs=1)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE latest_metrics")
    connection.close()
    rows = read(path).tables["metric_summary"].to_pylist()
    latest = {row["key"]: (repr(row["last"]), row["last_step"]) for row in rows}
    assert latest == {
        "loss": ("-inf", float(2**40)), "acc": ("1.0", 0.0), "a,b": ("5e-324", 3.0),
    }  # fmt: skip


def test_a_database_without_runs_says_what_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.db", runs=0)
    with pytest.raises(SourceError, match=r"a\.db \(mlflow-sqlite\) holds none"):
        read(path)


def test_addresses_as_mlflow_spells_them(tmp_path: Path) -> None:
    path = write(tmp_path / "a.db", runs=1)
    (batch,) = load_sources([f"sqlite:///{path}"], ReadOptions()).batches
    assert json.loads(json.dumps(contents(batch))) == contents(read(path))
    with pytest.raises(SourceError, match="names a folder"):
        load_sources([f"sqlite:///{tmp_path}"], ReadOptions())


def test_artifacts_of_runs_in_a_database_are_no_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``autolog`` of a grid search writes ``cv_results.csv``, a table that reads like runs."""
    store = tmp_path / "store"
    for owner in ("1/" + "a" * 32, "1/models/m-" + "b" * 32):
        folder = store / "mlruns" / owner / "artifacts"
        folder.mkdir(parents=True)
        (folder / "cv_results.csv").write_text(
            "param_C,params,mean_test_score,rank_test_score\n1,{'C': 1},0.5,1\n", encoding="utf-8"
        )
    write(store / "mlflow.db")
    assert [batch.kind for batch in load_sources([str(store)], ReadOptions()).batches] == [
        mlflow_sql.KIND
    ]
    monkeypatch.chdir(store)
    with pytest.raises(SourceError, match=r"artifacts of MLflow's runs.* name that: 'mlflow.db'"):
        load_sources(["mlruns"], ReadOptions())
    artifacts = store / "mlruns" / "1" / ("a" * 32) / "artifacts"
    (batch,) = load_sources([str(artifacts)], ReadOptions()).batches  # asked for, it is read
    assert batch.kind == "table"


@pytest.mark.parametrize("database", ["mlflow.db", "db/mlflow.db", "a/b/mlflow.db"])
def test_artifacts_are_found_beside_the_database_or_further_up(
    tmp_path: Path, database: str
) -> None:
    run_id, other = (f"{number:032x}" for number in range(2))
    store = tmp_path / "store"
    (store / database).parent.mkdir(parents=True, exist_ok=True)
    write(store / database)
    with sqlite3.connect(store / database) as connection:
        connection.execute("ALTER TABLE runs ADD COLUMN artifact_uri")
        for each in (run_id, other):
            uri = f"/gone/elsewhere/arts/1/{each}/artifacts"
            connection.execute("UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?", [uri, each])
    connection.close()
    folder = store / "arts" / "1" / run_id / "artifacts"
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text("x", encoding="utf-8")
    outside = tmp_path / "arts" / "1" / other / "artifacts"  # not in the given tree
    outside.mkdir(parents=True)
    (outside / "secret.txt").write_text("x", encoding="utf-8")
    rows = read(store).tables["artifact"].to_pylist()
    assert [(row["run_id"], row["path"]) for row in rows] == [(run_id, "note.txt")]
