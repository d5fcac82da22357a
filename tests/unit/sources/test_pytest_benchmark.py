"""Files of pytest-benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources.pytest_benchmark import FORMAT

from tests.unit.sources.reading import read

STATS = {"min": 1e-9, "max": 3e-9, "mean": 2e-9, "stddev": 1e-10, "median": 2e-9, "iqr": 5e-10,
         "ops": 5e8, "rounds": 100, "q1": 1e-9, "outliers": "1;2",
         "data": [1e-9, 2e-9]}  # fmt: skip
FILE: dict[str, Any] = {
    "machine_info": {
        "node": "box", "system": "Linux", "python_version": "3.11.2",
        "cpu": {"brand_raw": "Xeon", "flags": ["abm", "adx"]},
    },
    "commit_info": {"id": "c0ffee", "dirty": False, "branch": "main", "project": "lagom"},
    "benchmarks": [
        {"name": "test_a", "fullname": "tests/b.py::test_a", "group": "g", "params": {"n": 3},
         "extra_info": {"size": 4}, "options": {"timer": "t", "rounds": 1}, "stats": STATS},
        {"name": "test_b", "fullname": "tests/b.py::test_b", "params": None,
         "options": {"timer": "t", "rounds": 2}, "stats": {"min": 1, "mean": None}},
    ],
    "datetime": "2023-03-07T13:40:20.403009",
    "version": "4.0.0",
}  # fmt: skip


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_file_is_a_run(tmp_path: Path) -> None:
    folder = tmp_path / ".benchmarks" / "Linux-CPython-3.11-64bit"
    write(folder / "0001_baseline.json", FILE)
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    run = found.runs[run_id]
    assert run["name"] == "Linux-CPython-3.11-64bit/0001_baseline"
    assert run["experiment"] == "lagom"
    assert run["start_time"] == 1_678_196_420_403_009
    assert found.last(run_id) == {
        f"tests/b.py::test_a/{stat}": STATS[stat]
        for stat in ("min", "max", "mean", "stddev", "median", "iqr", "ops", "rounds")
    } | {"tests/b.py::test_b/min": 1.0}
    goals = found.goals(run_id)
    assert goals["tests/b.py::test_a/mean"] == "min"
    assert goals["tests/b.py::test_a/ops"] == "max"
    assert "tests/b.py::test_a/rounds" not in goals
    units = {row["key"].rpartition("/")[2]: row["unit"] for row in found.rows("metric_definition")}
    assert (units["mean"], units["ops"]) == ("s", "1/s")
    assert found.values("param", run_id) == {
        "options.timer": ("text", "t"),
        "tests/b.py::test_a/options.rounds": ("int", "1"),
        "tests/b.py::test_b/options.rounds": ("int", "2"),
        "tests/b.py::test_a/params.n": ("int", "3"),
    }
    environment = found.values("environment", run_id)
    assert environment["git.commit"] == ("text", "c0ffee")
    assert environment["python.version"] == ("text", "3.11.2")
    assert environment["hardware.cpu.flags"] == ("text", "abm adx")


def test_no_statistic_is_lost_in_silence(tmp_path: Path) -> None:
    found = read(write(tmp_path / "bench.json", FILE), FORMAT)
    (run_id,) = found.runs
    tags = found.values("tag", run_id)
    assert json.loads(tags["statistics"][1]) == {
        "tests/b.py::test_a": {"q1": 1e-9, "outliers": "1;2"}
    }
    assert tags["tests/b.py::test_a/extra_info.size"] == ("int", "4")
    assert tags["tests/b.py::test_a/group"] == ("text", "g")
    assert sorted(message for *_, message in found.notices) == [
        "raw timings: 2; left out, e.g. tests/b.py::test_a/data",
        "statistics that are no numbers: 1; left out, e.g. tests/b.py::test_b/mean: None",
    ]


def test_a_file_of_raw_timings_is_recognised(tmp_path: Path) -> None:
    timings = {"name": "t", "stats": {"min": 1.0, "data": [0.125] * 40_000}}
    flags = {"python_implementation": "CPython", "cpu": {"flags": ["avx512bw"] * 1_000}}
    write(tmp_path / "0001.json", {"machine_info": flags, "benchmarks": [timings]})
    found = read(tmp_path, FORMAT)
    assert len(found.runs) == 1
    assert found.notices[0][2] == "raw timings: 40,000; left out, e.g. t/data"


def test_missing_machine_and_commit_are_no_obstacle(tmp_path: Path) -> None:
    bare = {
        "benchmarks": [{"name": "t", "stats": {"min": 1e-9}}, {"stats": {}}],
        "machine_info": None,
        "commit_info": {"error": "no git"},
    }
    write(tmp_path / "0001.json", bare)
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == {"t/min": 1e-9}
    assert found.values("tag", run_id) == {"commit_info.error": ("text", "no git")}
    assert [message for *_, message in found.errors] == ["benchmark 2 has no name"]


def test_a_torn_file_is_a_problem_with_its_line(tmp_path: Path) -> None:
    write(tmp_path / "0001.json", FILE)
    (tmp_path / "0002.json").write_text(json.dumps(FILE, indent=1)[:900], encoding="utf-8")
    found = read(tmp_path, FORMAT)
    assert len(found.runs) == 1
    ((location, line, _),) = found.errors
    assert location.endswith("0002.json")
    assert line is not None
    assert line > 1


def test_other_benchmarks_are_not_claimed(tmp_path: Path) -> None:
    write(tmp_path / "google.json", {"context": {}, "benchmarks": [{"name": "a"}]})
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)


def test_an_address_in_a_param_is_no_difference_between_runs(tmp_path: Path) -> None:
    name = "UNSERIALIZABLE[<function <lambda> at 0x78eade816a20>]"
    benchmark = FILE["benchmarks"][0] | {"params": {"make": name, "n": 3}}
    found = read(write(tmp_path / "b.json", FILE | {"benchmarks": [benchmark]}), FORMAT)
    [run_id] = found.runs
    assert found.values("param", run_id)["tests/b.py::test_a/params.make"] == (
        "text", "UNSERIALIZABLE[<function <lambda>>]"
    )  # fmt: skip
