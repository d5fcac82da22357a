"""What is read of real files of six tools is what an independent reading of them counted."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rundiff.sources import asv, hydra, lm_eval, pytest_benchmark, ray_tune, sacred, wandb
from rundiff.sources.base import Format, ReadOptions
from rundiff.sources.discover import load_sources

from tests.archives import unpack
from tests.unit.sources.reading import Found, read

FORMATS: dict[str, Format] = {
    "asv": asv.FORMAT,
    "hydra": hydra.FORMAT,
    "lm_eval": lm_eval.FORMAT,
    "pytest_benchmark": pytest_benchmark.FORMAT,
    "ray_tune": ray_tune.FORMAT,
    "sacred": sacred.FORMAT,
}


@pytest.fixture(scope="module")
def real(corpus: Path) -> Path:
    return corpus / "real"


@pytest.fixture(scope="module")
def truth(real: Path) -> Any:
    return json.loads((real / "ground_truth.json").read_text("utf-8"))["counts"]


@cache
def found_in(folder: Path) -> Found:
    return read(folder, FORMATS[folder.name])


def count_points(found: Found, run_id: str) -> int:
    return sum(map(len, found.points(run_id).values()))


def test_lm_eval_values_and_errors(real: Path, truth: Any) -> None:
    found = found_in(real / "lm_eval")
    expected = {f"lm_eval/{repository}/{file}": counts
                for repository, files in truth["lm_eval"].items()
                for file, counts in files.items()}  # fmt: skip
    assert len(expected) == 72
    keys: dict[str, list[str]] = {}
    for row in found.rows("metric_summary"):
        keys.setdefault(row["run_id"], []).append(row["key"])
    assert keys.keys() == expected.keys()
    for run_id, counts in expected.items():
        assert len(keys[run_id]) == counts["values"]
        assert sum(key.endswith("_stderr") for key in keys[run_id]) == counts["stderr"]
        assert len({key.rpartition("/")[0] for key in keys[run_id]}) == counts["tasks"]
        model = dict(part.partition("=")[::2] for part in counts["model"].split(","))
        name = found.runs[run_id]["name"]
        assert name.startswith((model.get("pretrained") or name)[:40])
    assert found.errors == []


def test_lm_eval_values_are_those_of_the_file(real: Path) -> None:
    found = found_in(real / "lm_eval")
    for run_id in found.runs:
        recorded = json.loads((real / run_id).read_text("utf-8"))["results"]
        assert sorted(found.last(run_id).values()) == sorted(
            value for task in recorded.values() for value in task.values()
            if isinstance(value, int | float)
        )  # fmt: skip


def test_sacred_runs_points_and_outcomes(real: Path, truth: Any) -> None:
    found, expected = found_in(real / "sacred"), truth["sacred"]["manuel-rhdt__ml-pws"]
    statuses = Counter(run["status"] for run in found.runs.values())
    assert statuses == {"finished": 15, "failed": 4}
    assert len(found.rows("param")) == expected["config_leaves"] == 207
    assert sum(count_points(found, run_id) for run_id in found.runs) == expected["points"] == 7600
    assert sum(len(found.points(run_id)) for run_id in found.runs) == expected["series"] == 16
    traces = [row for row in found.rows("tag") if row["key"] == "fail_trace"]
    assert len(traces) == expected["with_fail_trace"] == 4
    assert found.errors == []


def test_ray_tune_trials_iterations_and_params(real: Path, truth: Any) -> None:
    found = found_in(real / "ray_tune")
    assert len(found.runs) == 9
    for repository, files in truth["ray_tune"].items():
        for file, counts in files.items():
            run_id = f"ray_tune/{repository}/{file}".rpartition("/")[0]
            if file.endswith("params.json"):
                keys = {re.sub(r"\.\d+\Z", "", key) for key in found.values("param", run_id)}
                assert len(keys) == counts["params"]
            elif file.endswith("result.json"):
                points = found.points(run_id)
                assert [step for step, _ in points["timesteps_total"]] == [
                    float(step) for step in range(1, counts["iterations"] + 1)
                ]
                nan = [math.isnan(value) for series in points.values() for _, value in series]
                assert sum(nan) == counts["nan"]
            elif file.endswith("progress.csv") and file.startswith("halfcheetah"):
                points = found.points(run_id)
                assert len(points["timesteps_total"]) == counts["rows"]
                nan = [math.isnan(value) for series in points.values() for _, value in series]
                assert sum(nan) == counts["nan"]
    assert found.errors == []


def test_pytest_benchmark_runs_and_statistics(real: Path, truth: Any) -> None:
    found = found_in(real / "pytest_benchmark")
    for repository, files in truth["pytest_benchmark"].items():
        for file, counts in files.items():
            run_id = f"pytest_benchmark/{repository}/{file}"
            means = [key for key in found.last(run_id) if key.endswith("/mean")]
            assert len(means) == counts["benchmarks"]
            python = found.values("environment", run_id)["python.version"]
            assert python == ("text", counts["python"])
            assert found.values("tag", run_id)["version"] == ("text", counts["version"])
    assert len(found.runs) == 34
    assert found.errors == found.notices == []


@pytest.mark.parametrize(
    ("repository", "values", "failed"),
    [("Textualize__rich", 4702, 600), ("airspeed-velocity__asv", 428, 45)],
)
def test_asv_values_and_failures(
    real: Path, truth: Any, repository: str, values: int, failed: int
) -> None:
    expected = truth["asv"][repository]
    found = read(real / "asv" / repository, asv.FORMAT)
    assert len(found.runs) == expected["result_files"]
    commits = {row["value"] for row in found.rows("environment") if row["key"] == "git.commit"}
    assert len(commits) == expected["commits"]
    assert len(found.rows("metric_summary")) == values
    tags = [row for row in found.rows("tag") if row["key"] == "failed_benchmarks"]
    assert sum(int(row["value"]) for row in tags) == failed
    if "values" in expected:
        assert (values, failed) == (expected["values"], expected["null_values"])


def test_asv_lists_its_two_broken_files(real: Path) -> None:
    places = [(place.rpartition("/")[2][:8], line) for place, line, _ in
              found_in(real / "asv").errors]  # fmt: skip
    assert places == [("aaaaaaaa", 2), ("bbbbbbbb", None)]


def test_hydra_jobs_leaves_and_overrides(real: Path, truth: Any) -> None:
    found, expected = found_in(real / "hydra"), truth["hydra"]["chris-santiago__vime"]
    assert len(found.runs) == expected["jobs"] == 16
    params = found.rows("param")
    assert sum("${" in row["value"] for row in params) == expected["interpolations"] == 170
    assert len(params) - sum(row["type"] == "null" for row in params) <= expected["leaves"]
    assert len(params) == 1039
    overrides = [row for row in found.rows("tag") if row["key"].startswith("overrides.")]
    assert len(overrides) == expected["overrides"] == 37
    assert found.errors == []


def test_hydra_jobs_and_their_wandb_runs_are_one_run_each(real: Path, tmp_path: Path) -> None:
    """Both halves of one real project, put together again."""
    for kind in ("hydra", "wandb"):
        shutil.copytree(real / kind / "chris-santiago__vime", tmp_path, dirs_exist_ok=True)
    found = read(tmp_path, hydra.FORMAT, wandb.FORMAT)
    assert Counter(run["source"] for run in found.runs.values()) == {"hydra": 8, "wandb": 8}
    run = found.runs["gwrblhjq"]
    assert (run["name"], run["experiment"]) == (
        "data.n_labeled=1000,data.n_workers=0",
        "train_semi",
    )
    assert found.values("param", "gwrblhjq")["data.n_labeled"] == ("int", "1000")
    assert len(found.points("gwrblhjq")["valid-loss"]) == 100


@pytest.mark.parametrize("kind", FORMATS)
def test_nobody_else_claims_a_part_of_it(real: Path, kind: str) -> None:
    loaded = load_sources([str(real / kind)], ReadOptions())
    assert {batch.kind for batch in loaded.batches} == {FORMATS[kind].kind}


@pytest.fixture(scope="module")
def hostile(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    unpack(corpus / "hostile" / "formats.tar.gz", folder, trust="tar")
    return folder / "formats"


def test_hostile_ray_results_keep_two_points_and_two_warnings(hostile: Path) -> None:
    found = read(hostile / "ray", ray_tune.FORMAT)
    assert repr(found.points("ray")) == "{'mean_loss': [(1.0, nan), (2.0, 0.5)]}"
    assert [line for _, line, _ in found.errors] == [3, 4]


def test_hostile_lm_eval_results_have_no_stderr_but_a_model(hostile: Path) -> None:
    found = read(hostile / "lm_eval", lm_eval.FORMAT)
    (run,) = found.runs.values()
    assert run["name"] == "a/b"
    assert set(found.last(run["run_id"])) == {"t/acc", "t/exact_match,strict-match", "t/ "}


def test_hostile_pytest_benchmark_and_asv_are_read(hostile: Path) -> None:
    found = read(hostile / "pytest_benchmark", pytest_benchmark.FORMAT)
    assert [row["value"] for row in found.rows("param")] == ["UNSERIALIZABLE[<object>]"]
    found = read(hostile / "asv", asv.FORMAT)
    assert "benchmarks that failed (null): 2" in found.notices[0][2]


def test_hostile_sacred_metrics_are_read_to_the_shortest_list(
    hostile: Path, tmp_path: Path
) -> None:
    metrics = (hostile / "sacred" / "metrics.json").read_bytes()
    (tmp_path / "metrics.json").write_bytes(metrics)
    (tmp_path / "run.json").write_text('{"status": "RUNNING", "heartbeat": null}', "utf-8")
    found = read(tmp_path, sacred.FORMAT)
    (run_id,) = found.runs
    assert found.points(run_id) == {"loss": [(0.0, 1.0)]}
    assert len(found.notices) == 1


def test_hostile_hydra_overrides_stay_text(hostile: Path, tmp_path: Path) -> None:
    (tmp_path / ".hydra").mkdir()
    text = (hostile / "hydra" / "overrides.yaml").read_bytes()
    (tmp_path / ".hydra" / "overrides.yaml").write_bytes(text)
    found = read(tmp_path, hydra.FORMAT)
    assert {row["key"]: row["value"] for row in found.rows("tag")} == {
        "overrides.lr": "0.1",
        "overrides.1": "+model@m: x",
        "overrides.a.b": "[1,2]",
        "overrides.c": "'x,y'",
        "overrides.4": "notanassignment",
    }
