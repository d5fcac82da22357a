"""Sacred's run folders, whole and broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources.sacred import FORMAT

from tests.unit.sources.reading import read

RUN: dict[str, Any] = {
    "artifacts": ["model.pt"],
    "command": "main",
    "experiment": {
        "name": "sweep",
        "mainfile": "train.py",
        "dependencies": ["numpy==1.26.3"],
        "repositories": [{"commit": "c0ffee", "dirty": True, "url": "git@host.invalid:me/it"}],
    },
    "heartbeat": "2024-02-12T15:58:07.936974",
    "host": {"hostname": "box", "os": ["Linux", "Linux-5.4"], "python_version": "3.12.1"},
    "meta": {"comment": "a note", "config_updates": {"lr": 0.1}, "options": {"--debug": False}},
    "resources": [["/data/x.pt", "runs/_resources/x_9c245717ccc76eae8c24740276bb1775.pt"]],
    "result": 0.75,
    "start_time": "2024-02-12T15:56:00.000000",
    "status": "COMPLETED",
    "stop_time": "2024-02-12T15:58:00.000000",
}
TIMES = ["2024-02-12T15:56:01", "2024-02-12T15:56:02"]


def write_run(folder: Path, **files: object) -> Path:
    folder.mkdir(parents=True)
    for name, value in {"run": RUN, "config": {"lr": 0.1, "seed": 3}, **files}.items():
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    (folder / "cout.txt").write_text("hello\n", encoding="utf-8")
    return folder


def test_a_run_folder_is_a_run(tmp_path: Path) -> None:
    metrics = {"loss": {"steps": [1, 2], "timestamps": TIMES, "values": [0.5, float("nan")]}}
    write_run(tmp_path / "runs" / "7", metrics=metrics)
    found = read(tmp_path / "runs", FORMAT)
    run = found.runs["runs/7"]
    assert (run["name"], run["experiment"], run["status"]) == ("7", "sweep", "finished")
    assert run["end_time"] - run["start_time"] == 120_000_000
    assert run["note"] == "a note"
    assert found.values("param", "runs/7") == {"lr": ("float", "0.1"), "seed": ("int", "3")}
    environment = found.values("environment", "runs/7")
    assert environment["git.commit"] == ("text", "c0ffee")
    assert environment["git.dirty"] == ("bool", "true")
    assert environment["python.version"] == ("text", "3.12.1")
    assert environment["packages.numpy"] == ("text", "1.26.3")
    assert repr(found.points("runs/7")["loss"]) == "[(1.0, 0.5), (2.0, nan)]"
    assert found.last("runs/7")["result"] == 0.75
    (data,) = found.rows("dataset")
    assert (data["name"], data["digest"]) == ("x.pt", "9c245717ccc76eae8c24740276bb1775")
    assert [row["path"] for row in found.rows("artifact")] == ["cout.txt", "model.pt"]
    assert found.batches[0].load_artifact("runs/7", "cout.txt", 100) == b"hello\n"


def test_a_failed_run_keeps_its_trace(tmp_path: Path) -> None:
    failed = RUN | {"status": "FAILED", "fail_trace": ["Traceback:\n", "ValueError: x\n"]}
    write_run(tmp_path / "1", run=failed)
    write_run(tmp_path / "2", run=RUN | {"status": "INTERRUPTED"})
    found = read(tmp_path, FORMAT)
    first, second = found.runs.values()
    assert (first["status"], second["status"]) == ("failed", "killed")
    assert found.values("tag", first["run_id"])["fail_trace"] == (
        "text",
        "Traceback:\nValueError: x\n",
    )
    assert found.values("tag", second["run_id"])["status"] == ("text", "INTERRUPTED")


def test_jsonpickle_numbers_count_and_other_objects_are_named(tmp_path: Path) -> None:
    info = {
        "acc": {"py/object": "numpy.float64", "dtype": {"py/id": 1}, "value": 0.5},
        "losses": [1, {"py/object": "numpy.float32", "value": 0.25}],
        "words": "hey",
        "net": {"py/object": "torch.Net", "py/state": {"w": 1}},
    }
    config = {"shape": {"py/tuple": [1, 2]}, "fn": {"py/function": "x.f"}}
    write_run(tmp_path / "1", info=info, config=config, metrics={})
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == {"acc": 0.5, "losses": 0.25, "result": 0.75}
    assert found.points(run_id) == {"losses": [(0.0, 1.0), (1.0, 0.25)]}
    assert found.values("param", run_id) == {
        "shape.0": ("int", "1"),
        "shape.1": ("int", "2"),
        "fn": ("text", "<x.f>"),
    }
    tags = found.values("tag", run_id)
    assert tags["info.words"] == ("text", "hey")
    assert tags["info.net"] == ("text", "<torch.Net>")


def test_of_unequal_lists_the_shortest_counts(tmp_path: Path) -> None:
    metrics = {"loss": {"steps": [1, 2], "timestamps": TIMES[:1], "values": [0.5, 0.25]}}
    write_run(tmp_path / "1", metrics=metrics)
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.points(run_id) == {"loss": [(1.0, 0.5)]}
    ((location, _, message),) = found.notices
    assert location.endswith("1/metrics.json")
    assert "2 steps, 2 values and 1 times" in message


def test_torn_files_are_problems_and_the_run_stays(tmp_path: Path) -> None:
    write_run(tmp_path / "1", run="", metrics='{"loss": {"ste')
    write_run(tmp_path / "2")
    found = read(tmp_path, FORMAT)
    first, second = found.runs.values()
    assert (first["state"], second["state"]) == ("damaged", "complete")
    assert found.values("param", first["run_id"])["seed"] == ("int", "3")
    assert [(place.rpartition("/")[2], line) for place, line, _ in found.errors] == [
        ("run.json", None),
        ("metrics.json", 1),
    ]


def test_the_folder_of_sources_is_nobody_elses(tmp_path: Path) -> None:
    write_run(tmp_path / "1")
    (tmp_path / "_sources").mkdir()
    (tmp_path / "_sources" / "train_1.py").write_text("", encoding="utf-8")
    found = read(tmp_path, FORMAT)
    assert len(found.runs) == 1
    assert not any("_sources" in row["path"] for row in found.rows("artifact"))


def test_the_run_json_of_others_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"run_id": "a", "status": "x"}', encoding="utf-8")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)


def test_a_logged_text_and_the_updates_of_the_command_line_are_tags(tmp_path: Path) -> None:
    metrics = {"model": {"steps": [0, 1], "timestamps": TIMES, "values": ["linear", "forest"]}}
    run = RUN | {"meta": {"options": {"UPDATE": ["lr=0.1", "big"], "with": True}}}
    write_run(tmp_path / "1", metrics=metrics, run=run)
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    tags = found.values("tag", run_id)
    assert tags["metrics.model"] == ("text", "forest")
    assert tags["options.UPDATE"] == ("text", "lr=0.1 big")
    assert "model" not in found.last(run_id)
    assert found.notices == []
