"""Trials come out with the values the objective function got and returned."""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from rundiff.sources import optuna
from rundiff.sources.base import Batch, ReadOptions
from rundiff.sources.discover import load_sources

INT = json.dumps({"name": "IntDistribution", "attributes": {"low": 1, "high": 9, "step": 1}})
FLOAT = json.dumps({"name": "FloatDistribution", "attributes": {"low": 0, "high": 1}})
CHOICE = json.dumps(
    {"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", None, 3, True]}}
)
JOURNAL: list[dict[str, Any]] = [
    {"op_code": 0, "study_name": "s", "directions": [2]},
    {"op_code": 0, "study_name": "s", "directions": [1]},  # lost the race; ignored
    {"op_code": 3, "study_id": 0, "system_attr": {"study:metric_names": ["acc"]}},
    {"op_code": 4, "study_id": 0, "datetime_start": "2026-01-02T03:04:05.678901"},
    {"op_code": 5, "trial_id": 0, "param_name": "n", "param_value_internal": 3.0,
     "distribution": INT},
    {"op_code": 5, "trial_id": 0, "param_name": "opt", "param_value_internal": 1,
     "distribution": CHOICE},
    {"op_code": 7, "trial_id": 0, "step": 0, "intermediate_value": 0.25},
    {"op_code": 7, "trial_id": 0, "step": 1, "intermediate_value": math.nan},
    {"op_code": 6, "trial_id": 0, "state": 1, "values": [math.inf]},
    {"op_code": 5, "trial_id": 0, "param_name": "late", "param_value_internal": 1.0,
     "distribution": FLOAT},  # after the end; ignored
    {"op_code": 8, "trial_id": 0, "user_attr": {"note": "x"}},
    {"op_code": 4, "study_id": 0},
    {"op_code": 6, "trial_id": 1, "state": 2, "values": None},
]  # fmt: skip


def read(path: Path) -> Batch:
    (batch,) = load_sources([str(path)], ReadOptions(), formats=[optuna.FORMAT]).batches
    return batch


def cells(batch: Batch, table: str, run_id: str) -> dict[str, tuple[str, str]]:
    rows = batch.tables[table].to_pylist()
    return {row["key"]: (row["type"], row["value"]) for row in rows if row["run_id"] == run_id}


def write_journal(path: Path, operations: list[dict[str, Any]], tail: str = "") -> Path:
    lines = [json.dumps({"worker_id": "w", **each}) + "\n" for each in operations]
    path.write_text("".join(lines) + tail, "utf-8")
    return path


def test_a_journal_is_replayed(tmp_path: Path) -> None:
    batch = read(write_journal(tmp_path / "optuna.log", JOURNAL))
    done, pruned = batch.tables["run"].to_pylist()
    assert (done["experiment"], done["name"], done["status"]) == ("s", "trial 0", "finished")
    assert done["start_time"] == 1_767_323_045_678_901
    assert pruned["status"] == "killed"
    assert cells(batch, "tag", pruned["run_id"]) == {"optuna.state": ("text", "PRUNED")}
    assert cells(batch, "tag", done["run_id"]) == {
        "note": ("text", "x"), "optuna.best": ("bool", "true"),
    }  # fmt: skip
    assert cells(batch, "param", done["run_id"]) == {"n": ("int", "3"), "opt": ("null", "null")}
    summaries = {row["key"]: row["last"] for row in batch.tables["metric_summary"].to_pylist()}
    assert summaries["acc"] == math.inf
    goals = {row["key"]: row["goal"] for row in batch.tables["metric_definition"].to_pylist()}
    assert goals == {"acc": "max", "intermediate_value": "max"}
    points = batch.load_points([done["run_id"]]).to_pylist()
    assert [row["step"] for row in points] == [0.0, 1.0]
    assert math.isnan(points[1]["value"])


def test_torn_and_foreign_lines_are_listed(tmp_path: Path) -> None:
    tail = '{"op_code": 5, "worker_id": "w", "trial_id": -1}\n{"op_code": 4, "study'
    batch = read(write_journal(tmp_path / "optuna.log", JOURNAL, tail))
    problems = batch.tables["problem"].to_pylist()
    assert [row["line"] for row in problems] == [14, 15]
    assert len(batch.tables.run_ids) == 2


@pytest.mark.parametrize("has_types", [True, False], ids=["now", "2.10"])
def test_a_database_of_any_age(tmp_path: Path, *, has_types: bool) -> None:
    path = tmp_path / "study.db"
    kind = ", value_type" if has_types else ""
    with sqlite3.connect(path) as connection:
        connection.executescript(
            f"""
            CREATE TABLE studies (study_id, study_name);
            CREATE TABLE study_directions (study_id, direction, objective);
            CREATE TABLE trials (trial_id, number, study_id, state, datetime_start,
                                 datetime_complete);
            CREATE TABLE trial_params (trial_id, param_name, param_value, distribution_json);
            CREATE TABLE trial_values (trial_id, objective, value{kind});
            INSERT INTO studies VALUES (7, 'two');
            INSERT INTO study_directions VALUES (7, 'MAXIMIZE', 1), (7, 'MINIMIZE', 0);
            INSERT INTO trials VALUES (1, 0, 7, 'COMPLETE', '2026-01-01 00:00:00', NULL);
            INSERT INTO trial_values (trial_id, objective, value) VALUES (1, 1, 0.5), (1, 0, 2);
            """
        )
        connection.execute("INSERT INTO trial_params VALUES (1, 'opt', 2.0, ?)", [CHOICE])
        if has_types:
            connection.execute("UPDATE trial_values SET value_type = 'FINITE'")
            connection.execute(
                "UPDATE trial_values SET value = NULL, value_type = 'INF_NEG' WHERE objective = 0"
            )
    connection.close()
    batch = read(path)
    (run_id,) = batch.tables.run_ids
    assert cells(batch, "param", run_id) == {"opt": ("int", "3")}
    summaries = {row["key"]: row["last"] for row in batch.tables["metric_summary"].to_pylist()}
    assert summaries == {"value_0": -math.inf if has_types else 2.0, "value_1": 0.5}
    goals = {row["key"]: row["goal"] for row in batch.tables["metric_definition"].to_pylist()}
    assert goals == {"value_0": "min", "value_1": "max"}


def test_counts_of_real_storages(corpus: Path) -> None:
    truth = json.loads((corpus / "real" / "ground_truth.json").read_text("utf-8"))
    for folder, files in truth["counts"]["optuna"].items():
        for name, counts in files.items():
            batch = read(corpus / "real" / "optuna" / folder / name)
            runs = batch.tables["run"].to_pylist()
            assert len(runs) == counts["trials"]
            assert {row["experiment"] for row in runs} == set(counts["study_names"])
            assert batch.tables["param"].num_rows == counts["trial_params"]
            points = batch.load_points(batch.tables.run_ids)
            assert points.num_rows == counts["trial_intermediate_values"]
            keys = batch.tables["metric_summary"].column("key").to_pylist()
            assert (
                len([key for key in keys if key != "intermediate_value"])
                == (counts["trial_values"])
            )


def best_of(path: Path) -> list[str]:
    rows = read(path).tables["tag"].to_pylist()
    return [row["run_id"].rpartition("/")[2] for row in rows if row["key"] == "optuna.best"]


def write_trials(path: Path, directions: list[int], *trials: dict[str, Any]) -> Path:
    operations: list[dict[str, Any]] = [{"op_code": 0, "study_name": "s", "directions": directions}]
    operations += [{"op_code": 4, "study_id": 0, "state": 1, **trial} for trial in trials]
    return write_journal(path, operations)


def test_the_best_trial_is_the_first_completed_one_that_keeps_its_constraints(
    tmp_path: Path,
) -> None:
    broken = {"system_attrs": {"constraints": [-1.0, 0.5]}}
    trials = ({"values": [1.0]}, {"values": [3.0], "state": 2}, {"values": [9.0], **broken},
              {"values": [2.0], "system_attrs": {"constraints": [0.0]}}, {"values": [2.0]},
              {"values": [math.nan]}, {"values": None})  # fmt: skip
    assert best_of(write_trials(tmp_path / "max.log", [2], *trials)) == ["3"]
    assert best_of(write_trials(tmp_path / "min.log", [1], *trials)) == ["0"]
    assert best_of(write_trials(tmp_path / "unset.log", [0], *trials)) == []


def test_of_several_objectives_the_front_is_best(tmp_path: Path) -> None:
    """Minimised and maximised: trial 1 is beaten by 0, the two of equal values are both best."""
    values = ([1.0, 5.0], [2.0, 5.0], [3.0, 9.0], [1.0, 5.0], [0.5, math.inf], [4.0])
    trials = [{"values": each} for each in values]
    assert best_of(write_trials(tmp_path / "a.log", [1, 2], *trials[:4])) == ["0", "2", "3"]
    assert best_of(write_trials(tmp_path / "b.log", [1, 2], *trials)) == ["4"]
    many = [{"values": [float(i), float(i)]} for i in range(1_001)]
    assert best_of(write_trials(tmp_path / "c.log", [1, 2], *many)) == []
