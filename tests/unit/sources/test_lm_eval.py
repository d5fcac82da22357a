"""lm-evaluation-harness results of versions 0.3 and 0.4."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources.lm_eval import FORMAT

from tests.unit.sources.reading import read

STAMP = "2024-08-21T03-40-10.802679"
NEW: dict[str, Any] = {
    "results": {
        "gsm8k": {
            "alias": "gsm8k",
            "exact_match,strict-match": 0.5,
            "exact_match_stderr,strict-match": 0.01,
            "exact_match,flexible-extract": float("nan"),
            "exact_match_stderr,flexible-extract": "N/A",
        },
        "lambada": {"perplexity,none": 3.5, "perplexity_stderr,none": 0.1, "acc,none": 1},
    },
    "groups": {"all": {"acc,none": 0.25, "alias": "all"}, "lambada": {"acc,none": 1}},
    "configs": {"gsm8k": {"dataset_path": "openai/gsm8k", "dataset_name": "main"}},
    "versions": {"gsm8k": 3.0, "lambada": 1},
    "n-shot": {"gsm8k": 5, "lambada": 0},
    "n-samples": {"gsm8k": {"original": 1319, "effective": 50}},
    "higher_is_better": {
        "gsm8k": {"exact_match": True},
        "lambada": {"perplexity": False, "acc": None},
    },
    "config": {
        "model": "hf",
        "model_args": "pretrained=org/model,peft=../tuned,revision=main,stops=a,b",
        "limit": 50.0,
        "random_seed": 0,
    },
    "git_hash": "59170e85",
    "date": 1724211596.5,
    "pretty_env_info": "PyTorch version: 2.3.1\nOS: Linux\n\nPython version: 3.10.12 (main)\n",
    "transformers_version": "4.44.0",
    "task_hashes": {"gsm8k": "abc"},
    "chat_template": "{% set x %}",
    "total_evaluation_time_seconds": "18.5",
}


def write(folder: Path, name: str, value: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_results_file_is_a_run(tmp_path: Path) -> None:
    model = tmp_path / "out" / "org__model"
    write(model, f"results_{STAMP}.json", NEW)
    (model / f"samples_gsm8k_{STAMP}.jsonl").write_text('{"doc_id": 0}\n', encoding="utf-8")
    found = read(tmp_path / "out", FORMAT)
    (run_id,) = found.runs
    run = found.runs[run_id]
    assert (run["name"], run["status"]) == ("org/model + ../tuned", "finished")
    assert run["start_time"] == 1_724_211_596_500_000
    assert run["end_time"] - run["start_time"] == 18_500_000
    assert found.values("param", run_id) == {
        "model": ("text", "hf"),
        "model_args.pretrained": ("text", "org/model"),
        "model_args.peft": ("text", "../tuned"),
        "model_args.revision": ("text", "main"),
        "model_args.stops": ("text", "a,b"),
        "limit": ("float", "50.0"),
        "random_seed": ("int", "0"),
        "n-shot.gsm8k": ("int", "5"),
        "n-shot.lambada": ("int", "0"),
    }
    environment = found.values("environment", run_id)
    assert environment["git.commit"] == ("text", "59170e85")
    assert environment["packages.transformers"] == ("text", "4.44.0")
    assert environment["python.version"] == ("text", "3.10.12")
    assert found.values("tag", run_id)["chat_template"] == ("text", "{% set x %}")
    assert [row["path"] for row in found.rows("artifact")] == [f"samples_gsm8k_{STAMP}.jsonl"]


def test_filters_stderr_and_directions_are_kept(tmp_path: Path) -> None:
    write(tmp_path, f"results_{STAMP}.json", NEW)
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    last = found.last(run_id)
    assert math.isnan(last.pop("gsm8k/exact_match,flexible-extract"))
    assert last == {
        "gsm8k/exact_match,strict-match": 0.5,
        "gsm8k/exact_match,strict-match_stderr": 0.01,
        "lambada/perplexity": 3.5,
        "lambada/perplexity_stderr": 0.1,
        "lambada/acc": 1.0,
        "all/acc": 0.25,
    }
    assert found.goals(run_id) == {
        "gsm8k/exact_match,strict-match": "max",
        "gsm8k/exact_match,flexible-extract": "max",
        "lambada/perplexity": "min",
    }
    assert {row["origin"] for row in found.rows("metric_definition")} == {"source"}
    ((_, _, message),) = found.notices
    assert message == ('values "N/A": 1; left out, e.g. gsm8k/exact_match,flexible-extract_stderr')


def test_a_task_is_a_dataset_with_its_samples_and_version(tmp_path: Path) -> None:
    write(tmp_path, f"results_{STAMP}.json", NEW)
    rows = {row["name"]: row for row in read(tmp_path, FORMAT).rows("dataset")}
    task = rows["gsm8k"]
    assert (task["digest"], task["rows"], task["source"]) == ("abc", 50, "openai/gsm8k/main")
    extra = json.loads(task["extra"])
    assert (extra["version"], extra["samples"]["original"]) == (3.0, 1319)
    assert json.loads(rows["lambada"]["extra"]) == {"version": 1}


def test_names_of_version_3_meet_those_of_version_4(tmp_path: Path) -> None:
    old = {
        "results": {"lambada": {"acc": 0.3, "acc_stderr": 0.02, "ppl": 4, "odd": 1}},
        "versions": {"lambada": 0},
        "config": {"model": "hf-causal", "num_fewshot": 0,
                   "model_args": "use_accelerate=True,pretrained=org/m,revision=step1000"},
    }  # fmt: skip
    write(tmp_path, "1b_step1000.json", old)
    found = read(tmp_path, FORMAT)
    (run,) = found.runs.values()
    assert run["name"] == "org/m @step1000"
    assert found.last(run["run_id"]) == {
        "lambada/acc": 0.3,
        "lambada/acc_stderr": 0.02,
        "lambada/ppl": 4.0,
        "lambada/odd": 1.0,
    }
    assert found.goals(run["run_id"]) == {"lambada/acc": "max", "lambada/ppl": "min"}
    assert found.batches[0].version == "0.3"


def test_one_run_for_each_file_of_a_model(tmp_path: Path) -> None:
    write(tmp_path / "m", f"results_{STAMP}.json", NEW)
    write(tmp_path / "m", "results_2024-08-22T03-40-10.802679.json", NEW)
    assert len(read(tmp_path, FORMAT).runs) == 2


def test_a_torn_file_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    whole = json.dumps(NEW)
    write(tmp_path, f"results_{STAMP}.json", NEW)
    (tmp_path / "results_2024-08-22T00-00-00.1.json").write_text(whole[:300], encoding="utf-8")
    found = read(tmp_path, FORMAT)
    assert len(found.runs) == 1
    ((location, line, message),) = found.errors
    assert location.endswith("results_2024-08-22T00-00-00.1.json")
    assert line == 1
    assert message.startswith("not JSON")


@pytest.mark.parametrize(
    "value", [{"results": {"acc": 1}}, {"results": [1]}, {"model_args": "x", "results": {}}, [1]]
)
def test_other_json_is_not_claimed(tmp_path: Path, value: object) -> None:
    write(tmp_path, "results.json", value)
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)


def test_counts_of_samples_and_what_is_not_known_are_no_metrics_or_tags(tmp_path: Path) -> None:
    value = {
        "results": {
            "sums": {"name": "sums", "alias": "sums", "sample_len": 4, "acc,none": 0.25},
            "all": {"alias": "all", "acc,none": 0.25, "sample_count": {"acc,none": 4}},
        },
        "config": {"model": "dummy"},
        "model_source": "dummy",
        "transformers_version": "N/A",
        "chat_template": None,
    }
    (tmp_path / f"results_{STAMP}.json").write_text(json.dumps(value))
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.last(run_id) == {"sums/acc": 0.25, "all/acc": 0.25}
    assert found.values("tag", run_id) == {"model_source": ("text", "dummy")}
    assert found.values("environment", run_id) == {}
