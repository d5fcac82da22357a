"""Results of airspeed velocity, versions 1 and 2 of the format."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources.asv import FORMAT

from tests.unit.sources.reading import Found, read

BENCHMARKS = {
    "sort.Suite.time_sort": {"params": [["10", "20"], ["'a'"]], "param_names": ["n", "kind"],
                             "type": "time", "unit": "seconds"},
    "sort.mem_list": {"params": [], "type": "memory", "unit": "bytes"},
    "sort.track_depth": {"params": [], "type": "track", "unit": "levels"},
    "version": 2,
}  # fmt: skip
NEW: dict[str, Any] = {
    "commit_hash": "008854c40772f647dfcb873bc3489e8a1c02d598",
    "env_name": "virtualenv-py3.10",
    "date": 1637075489000,
    "params": {"machine": "mbp", "cpu": "M1", "os": "Darwin", "python": "3.10", "numpy": "1.21"},
    "python": "3.10",
    "requirements": {"numpy": "1.21"},
    "result_columns": ["result", "params", "version", "stats_q_25", "samples"],
    "results": {
        "sort.Suite.time_sort": [[0.5, None], [["10", "20"], ["'a'"]], "v1", [0.4, None]],
        "sort.mem_list": [[728], [], "v2"],
        "sort.track_depth": [[float("nan")], [], "v3", None, [[1, 2]]],
        "sort.time_gone": [None, [], "v4"],
    },
    "version": 2,
}
OLD: dict[str, Any] = {
    "commit_hash": "05d4f83d436ce55054016c24b31d959a85b44a1c",
    "date": 1356631584000,
    "params": {"machine": "cheetah", "ram": "8.2G", "python": "2.7", "Cython": None},
    "python": "2.7",
    "requirements": {"Cython": None},
    "results": {
        "sort.Suite.time_sort": {"params": [["10", "20"], ["'a'"]], "result": [1, 2]},
        "sort.mem_list": 728,
        "sort.time_gone": None,
        "sort.time_ci": {"result": 3, "stats": [{"q_25": 3}]},
    },
    "version": 1,
}


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def read_results(folder: Path, result: dict[str, Any]) -> tuple[str, Found]:
    write(folder / "results" / "benchmarks.json", BENCHMARKS)
    write(folder / "results" / "mbp" / "machine.json", {"machine": "mbp", "version": 1})
    write(folder / "results" / "mbp" / "008854c4-virtualenv-py3.10.json", result)
    found = read(folder, FORMAT)
    (run_id,) = found.runs
    return run_id, found


def test_a_result_file_of_version_2_is_a_run(tmp_path: Path) -> None:
    run_id, found = read_results(tmp_path, NEW)
    run = found.runs[run_id]
    assert (run["name"], run["experiment"]) == ("008854c4-virtualenv-py3.10", "mbp")
    assert run["start_time"] == 1_637_075_489_000_000
    last = found.last(run_id)
    assert math.isnan(last.pop("sort.track_depth"))
    assert last == {"sort.Suite.time_sort(10, 'a')": 0.5, "sort.mem_list": 728.0}
    assert found.goals(run_id) == {
        "sort.Suite.time_sort(10, 'a')": "min",
        "sort.mem_list": "min",
        "sort.track_depth": None,
    }
    units = {row["key"]: row["unit"] for row in found.rows("metric_definition")}
    assert list(units.values()) == ["s", "B", "levels"]
    assert found.values("param", run_id) == {"python": ("text", "3.10"), "numpy": ("text", "1.21")}
    environment = found.values("environment", run_id)
    assert environment["git.commit"][1] == NEW["commit_hash"]
    assert environment["hardware.cpu"] == ("text", "M1")
    assert environment["packages.numpy"] == ("text", "1.21")


def test_null_is_a_failed_benchmark_and_said(tmp_path: Path) -> None:
    run_id, found = read_results(tmp_path, NEW)
    tags = found.values("tag", run_id)
    assert tags["failed_benchmarks"] == ("int", "2")
    assert json.loads(tags["statistics"][1])["sort.mem_list"] == {"version": "v2"}
    assert sorted(message for *_, message in found.notices) == [
        "benchmarks that failed (null): 2; left out, e.g. sort.Suite.time_sort(20, 'a')",
        "columns 'samples' of results: 1; left out, e.g. sort.track_depth",
    ]


def test_version_1_has_the_same_names(tmp_path: Path) -> None:
    run_id, found = read_results(tmp_path, OLD)
    assert found.last(run_id) == {
        "sort.Suite.time_sort(10, 'a')": 1.0,
        "sort.Suite.time_sort(20, 'a')": 2.0,
        "sort.mem_list": 728.0,
        "sort.time_ci": 3.0,
    }
    assert found.values("param", run_id)["Cython"] == ("null", "null")
    assert found.goals(run_id)["sort.time_ci"] == "min"


def test_a_result_without_its_machine_or_benchmarks_is_read(tmp_path: Path) -> None:
    found = read(write(tmp_path / "result.json", NEW), FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id)["sort.Suite.time_sort(10, 'a')"] == 0.5
    assert found.goals(run_id)["sort.Suite.time_sort(10, 'a')"] == "min"


def test_values_that_no_parameters_explain_are_told_apart(tmp_path: Path) -> None:
    odd = {"version": 2, "result_columns": ["result"],
           "results": {"b": [[1.0, None, 3.0]], "c": None}}  # fmt: skip
    write(tmp_path / "bad.json", odd)
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == {"b[0]": 1.0, "b[2]": 3.0}
    assert found.values("tag", run_id)["failed_benchmarks"] == ("int", "2")


def test_broken_results_are_problems_and_the_rest_is_read(tmp_path: Path) -> None:
    machine = tmp_path / "results" / "mbp"
    write(machine / "aaaaaaaa-py3.json", {"version": 0})
    (machine / "bbbbbbbb-py3.json").write_text("{\n  // why\n}", encoding="utf-8")
    _, found = read_results(tmp_path, NEW)
    assert [(place.rpartition("/")[2], line) for place, line, _ in found.errors] == [
        ("aaaaaaaa-py3.json", None),
        ("bbbbbbbb-py3.json", 2),
    ]


def test_other_json_with_a_commit_is_not_claimed(tmp_path: Path) -> None:
    write(tmp_path / "build.json", {"commit_hash": "c0ffee", "status": "ok"})
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)
