"""Trackio projects are read the same from their database and from the Parquet mirror."""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.sources import trackio
from rundiff.sources.base import Batch, ReadOptions
from rundiff.sources.discover import load_sources

CONFIG = {"lr": 0.1, "net": {"depth": 3}, "_Username": "ada", "_Group": "g",
          "_Created": "2026-01-01T00:00:00+00:00"}  # fmt: skip
ROWS = [
    {"loss": 1.0, "acc": "NaN", "text": "hi"},
    {"loss": 0.5, "acc": "Infinity", "text": "bye"},
]
TIME = "2026-01-01T00:00:05.5+00:00"


def read(path: Path) -> Batch:
    (batch,) = load_sources([str(path)], ReadOptions(), formats=[trackio.FORMAT]).batches
    return batch


def write_database(folder: Path, *, has_run_id: bool = True) -> None:
    owner = "run_id, " if has_run_id else ""
    values = ["id-1"] if has_run_id else []
    marks = "?, " if has_run_id else ""
    with sqlite3.connect(folder / "proj.db") as connection:
        connection.execute(f"CREATE TABLE metrics ({owner}timestamp, run_name, step, metrics)")
        connection.execute(f"CREATE TABLE configs ({owner}run_name, config, created_at)")
        connection.execute(f"CREATE TABLE system_metrics ({owner}timestamp, run_name, metrics)")
        config = json.dumps(CONFIG).encode()
        connection.execute(f"INSERT INTO configs VALUES ({marks}'first', ?, '')", [*values, config])
        for step, row in enumerate(ROWS):
            connection.execute(
                f"INSERT INTO metrics VALUES ({marks}?, 'first', ?, ?)",
                [*values, TIME, step, json.dumps(row).encode()],
            )
        connection.execute(
            f"INSERT INTO metrics VALUES ({marks}?, 'first', 9, 'torn')", [*values, TIME]
        )
        connection.execute(
            f"INSERT INTO system_metrics VALUES ({marks}?, 'first', ?)",
            [*values, TIME, '{"cpu": 12.5}'],
        )
    connection.close()


def write_parquet(folder: Path, metrics: str, configs: str) -> None:
    (folder / configs).parent.mkdir(exist_ok=True)
    common = {"run_id": "id-1", "run_name": "first"}
    rows = [{**common, "timestamp": TIME, "step": step, **row} for step, row in enumerate(ROWS)]
    pq.write_table(pa.Table.from_pylist(rows), folder / metrics)
    pq.write_table(pa.Table.from_pylist([{**common, **CONFIG}]), folder / configs)


def facts(batch: Batch) -> dict[str, Any]:
    (run,) = batch.tables["run"].to_pylist()
    values = {
        table: {row["key"]: row["value"] for row in batch.tables[table].to_pylist()}
        for table in ("param", "tag")
    }
    points = batch.load_points(batch.tables.run_ids).to_pylist()
    series = [(row["key"], row["step"], row["time"], row["value"]) for row in points]
    return {**run, **values, "points": sorted(series, key=repr)}


def test_a_database_of_today(tmp_path: Path) -> None:
    write_database(tmp_path)
    batch = read(tmp_path)
    found = facts(batch)
    assert (found["run_id"], found["name"], found["experiment"]) == ("id-1", "first", "proj")
    assert (found["user"], found["start_time"]) == ("ada", 1_767_225_600_000_000)
    assert found["param"] == {"lr": "0.1", "net.depth": "3"}
    assert found["tag"] == {"group": "g", "text": "bye"}
    time = 1_767_225_605_500_000
    assert repr(found["points"]) == repr(
        [
            ("acc", 0.0, time, math.nan),
            ("acc", 1.0, time, math.inf),
            ("loss", 0.0, time, 1.0),
            ("loss", 1.0, time, 0.5),
            ("system/cpu", 0.0, time, 12.5),
        ]
    )
    (problem,) = batch.tables["problem"].to_pylist()
    assert problem["message"] == "rows of table 'metrics' that hold no JSON object: 1; left out"


def test_a_database_without_run_ids(tmp_path: Path) -> None:
    write_database(tmp_path, has_run_id=False)
    assert facts(read(tmp_path))["run_id"].endswith("proj.db/first")


@pytest.mark.parametrize(
    ("metrics", "configs"),
    [("proj.parquet", "proj_configs.parquet"), ("metrics.parquet", "aux/configs.parquet")],
    ids=["mirror", "export"],
)
def test_parquet_says_the_same(tmp_path: Path, metrics: str, configs: str) -> None:
    database, files = tmp_path / "a" / "proj", tmp_path / "b" / "proj"
    database.mkdir(parents=True)
    files.mkdir(parents=True)
    write_database(database)
    write_parquet(files, metrics, configs)
    expected, found = facts(read(database)), facts(read(files))
    expected["points"] = [row for row in expected["points"] if not row[0].startswith("system/")]
    for either in (expected, found):
        del either["location"]
    assert repr(found) == repr(expected)


def test_a_mirror_beside_its_database_is_not_read_twice(tmp_path: Path) -> None:
    write_database(tmp_path)
    write_parquet(tmp_path, "proj.parquet", "proj_configs.parquet")
    assert len(read(tmp_path).tables.run_ids) == 1
