"""The real MLflow database gives what MLflow itself says, bit for bit."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources import mlflow_sql
from rundiff.sources.base import Batch, ReadOptions
from rundiff.sources.discover import load_sources

from tests.archives import unpack


def read(path: Path, *, include_deleted: bool = False) -> Batch:
    options = ReadOptions(include_deleted=include_deleted)
    (batch,) = load_sources([str(path)], options, formats=[mlflow_sql.FORMAT]).batches
    return batch


def by_run(batch: Batch, table: str) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {run_id: [] for run_id in batch.tables.run_ids}
    for row in batch.tables[table].to_pylist():
        rows[row["run_id"]].append(row)
    return rows


@pytest.fixture(scope="module")
def store(corpus: Path) -> Path:
    return corpus / "mlflow_real" / "sqlite"


@pytest.fixture(scope="module")
def batch(store: Path) -> Batch:
    return read(store, include_deleted=True)


def truth(store: Path, name: str) -> Any:
    return json.loads((store / "ground_truth" / f"{name}.json").read_text("utf-8"))


def test_runs_are_those_of_mlflow(batch: Batch, store: Path) -> None:
    experiments = {each["id"]: each["name"] for each in truth(store, "experiments")}
    runs = {row["run_id"]: row for row in batch.tables["run"].to_pylist()}
    expected = truth(store, "runs")
    assert runs.keys() == expected.keys()
    for run_id, run in expected.items():
        info, row = run["info"], runs[run_id]
        assert row["name"] == info["run_name"]
        assert row["status"] == info["status"].lower()
        assert row["experiment"] == experiments[info["experiment_id"]]
        assert row["start_time"] == info["start_time"] * 1_000
        assert row["end_time"] == (info["end_time"] and info["end_time"] * 1_000)
        assert row["parent_run_id"] == run["tags"].get("mlflow.parentRunId")
        assert row["note"] == run["tags"].get("mlflow.note.content")
        assert row["user"] == info["user_id"]


def test_params_and_tags_are_those_of_mlflow(batch: Batch, store: Path) -> None:
    params, tags = by_run(batch, "param"), by_run(batch, "tag")
    for run_id, run in truth(store, "runs").items():
        flat = {key: text for key, text in run["params"].items() if text[:1] not in ("{", "[")}
        found = {row["key"]: row["value"] for row in params[run_id]}
        assert found.items() >= flat.items()
        assert len({key.partition(".")[0] for key in found.keys() - flat.keys()}) == len(
            run["params"]
        ) - len(flat)
        found = {row["key"]: row["value"] for row in tags[run_id]}
        assert found.items() >= run["tags"].items()
    assert sum(len(run["tags"]) for run in truth(store, "runs").values()) == 258


def test_points_are_those_of_mlflow_in_order_and_bit_for_bit(batch: Batch, store: Path) -> None:
    expected = truth(store, "metric_history")
    count = 0
    points: dict[tuple[str, str], list[tuple[float, int, float]]] = {}
    for row in batch.load_points(batch.tables.run_ids).to_pylist():
        where = points.setdefault((row["run_id"], row["key"]), [])
        where.append((row["step"], row["time"] // 1_000, row["value"]))
        count += 1
    assert count == 2507
    for run_id, series in expected.items():
        assert {key for run, key in points if run == run_id} == series.keys()
        for key, history in series.items():
            found = points[run_id, key]
            expected_points = [(float(step), time, unclipped(v)) for step, time, v in history]
            # MLflow's order is that of its index (time, step); ours is that of logging.
            assert repr(sorted(found, key=lambda point: point[1::-1])) == repr(
                sorted(expected_points, key=lambda point: point[1::-1])
            )


def unclipped(value: Any) -> float:
    number = math.nan if value is None else float(value)
    return math.copysign(math.inf, number) if abs(number) >= 1.7976931348623157e308 else number


def test_latest_values_are_those_of_mlflow(batch: Batch, store: Path) -> None:
    summaries = by_run(batch, "metric_summary")
    for run_id, run in truth(store, "runs").items():
        found = {row["key"]: repr(row["last"]) for row in summaries[run_id]}
        assert found == {key: repr(unclipped(value)) for key, value in run["metrics"].items()}


def test_datasets_models_and_artifacts_come_along(batch: Batch, store: Path) -> None:
    datasets, artifacts = by_run(batch, "dataset"), by_run(batch, "artifact")
    total = 0
    for run_id, run in truth(store, "runs").items():
        assert len(datasets[run_id]) == len(run["inputs"])
        assert [[row["path"], row["size"]] for row in artifacts[run_id]] == run["artifacts"]
        total += len(run["inputs"])
    assert total == 58
    first = next(rows for rows in datasets.values() if rows)[0]
    assert (first["name"], first["digest"]) == ("sklearn-breast_cancer", "7a02f1b5")
    assert (first["context"], first["rows"]) == ("train", 426)
    assert first["source"].startswith("https://scikit-learn.org/")
    tags = {row["key"]: row["value"] for row in batch.tables["tag"].to_pylist()
            if row["run_id"] == "c3c557e7385141c08a21175d05eb4be5"}  # fmt: skip
    assert tags["registered_model.breast-cancer.1.aliases"] == "champion"
    assert tags["registered_model.breast-cancer.2.aliases"] == "challenger"
    assert tags["registered_model.breast-cancer.1.tags.validated"] == "yes"
    assert tags["logged_model.model.status"] == "READY"


def test_deleted_runs_are_left_out_and_that_is_said(store: Path) -> None:
    batch = read(store)
    assert len(batch.tables.run_ids) == 34
    (problem,) = batch.tables["problem"].to_pylist()
    assert problem["severity"] == "notice"
    assert problem["message"].startswith("2 deleted runs are left out")


def test_the_points_are_counted_without_loading_them(batch: Batch) -> None:
    assert batch.count_points() == 2_507
    assert batch.version == "schema dc11669786a5"


def test_a_listed_artifact_can_be_loaded_within_its_limit(batch: Batch) -> None:
    row = batch.tables["artifact"].to_pylist()[0]
    content = batch.load_artifact(row["run_id"], row["path"], 1 << 20)
    assert content is not None
    assert len(content) == row["size"]
    assert batch.load_artifact(row["run_id"], row["path"], 1) is None
    assert batch.load_artifact(row["run_id"], "../../mlflow.db", 1 << 20) is None


@pytest.fixture(scope="module")
def hostile(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    unpack(corpus / "hostile" / "sqlite.tar.gz", folder, trust="tar")
    return folder


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("good_minimal", 1),
        ("missing_tables", 1),
        ("missing_columns", 1),
        ("wrong_types", 2),
        ("infinite_view", 1),
        ("invalid_utf8_text", 1),
        ("nul_text", 1),
        ("huge_value", 1),
        ("wal_without_wal", 1),
    ],
)
def test_hostile_databases_are_read_as_far_as_they_go(hostile: Path, name: str, runs: int) -> None:
    before = sorted(path.name for path in hostile.iterdir())
    batch = read(hostile / f"{name}.db")
    assert len(batch.tables.run_ids) == runs
    batch.load_points(batch.tables.run_ids)
    assert sorted(path.name for path in hostile.iterdir()) == before


@pytest.mark.parametrize("name", ["truncated", "bitrot", "zero", "text", "html"])
def test_what_is_no_database_is_one_clear_message(hostile: Path, name: str) -> None:
    with pytest.raises(SourceError, match=f"{name}.db"):
        read(hostile / f"{name}.db")


def test_values_that_are_no_numbers_are_counted(hostile: Path) -> None:
    batch = read(hostile / "wrong_types.db")
    points = batch.load_points(batch.tables.run_ids).to_pylist()
    assert [repr(row["value"]) for row in points if row["key"] == "odd"] == [
        "inf", "inf", "4.611686018427388e+18",
    ]  # fmt: skip
    (problem,) = batch.load_problems()
    assert "no metric: 5" in problem[3]
    messages = [row["message"] for row in batch.tables["problem"].to_pylist()]
    assert "runs without an id: 1; left out" in messages
