"""Ray Tune trials: with results, with the table only, and known from the state file only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rundiff.errors import SourceError
from rundiff.sources.ray_tune import FORMAT

from tests.unit.sources.reading import read

ROWS: list[dict[str, object]] = [
    {"training_iteration": step, "timestamp": 1_700_000_000 + step, "time_total_s": 1.0 * step,
     "mean_loss": 1 / step, "info": {"grad": step}, "hist": [1, 2], "done": step == 3,
     "hostname": "box", "pid": 7, "trial_id": "ab12c_00000", "node": "x",
     "config": {"lr": 0.1, "layers": [8]}}
    for step in (1, 2, 3)
]  # fmt: skip
NAME = "train_ab12c_00000_0_lr=0.1000_2024-01-01_00-00-00"


def write_trial(folder: Path, lines: str, params: object = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(lines, encoding="utf-8")
    if params is not None:
        (folder / "params.json").write_text(json.dumps(params), encoding="utf-8")
    return folder


def as_lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_trial_is_a_run_of_its_experiment(tmp_path: Path) -> None:
    write_trial(tmp_path / "exp" / NAME, as_lines(ROWS), {"lr": 0.1})
    found = read(tmp_path / "exp", FORMAT)
    (run_id,) = found.runs
    run = found.runs[run_id]
    assert run["name"] == "train_ab12c_00000"
    assert run["status"] == "finished"
    assert (run["start_time"], run["end_time"]) == (1_700_000_000_000_000, 1_700_000_003_000_000)
    assert found.values("param", run_id) == {"lr": ("float", "0.1")}
    assert found.points(run_id) == {
        "time_total_s": [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)],
        "mean_loss": [(1.0, 1.0), (2.0, 0.5), (3.0, 1 / 3)],
        "info/grad": [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)],
    }
    tags = found.values("tag", run_id)
    assert tags["config.layers.0"] == ("int", "8")
    assert tags["node"] == ("text", "x")
    assert found.values("environment", run_id)["host"] == ("text", "box")
    assert [message for *_, message in found.notices] == [
        "lists in results: 3; left out, e.g. hist"
    ]


def test_bare_nan_a_bad_line_and_a_cut_one(tmp_path: Path) -> None:
    lines = (
        '{"training_iteration": 1, "mean_loss": NaN, "config": {"lr": 0.1}}\n'
        '{"training_iteration": 2, "mean_loss": Infinity}\nnot json\n{"training_iter'
    )
    write_trial(tmp_path / "t", lines)
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert repr(found.points(run_id)) == "{'mean_loss': [(1.0, nan), (2.0, inf)]}"
    assert found.values("param", run_id) == {"lr": ("float", "0.1")}
    assert [line for _, line, _ in found.errors] == [3, 4]


def test_the_table_counts_where_there_are_no_results(tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t", "", {"lr": 0.5})
    (folder / "progress.csv").write_text(
        "training_iteration,timestamp,loss,info/x,done,pid,hist,late\n"
        '1,1700000001,0.5,nan,False,7,"[1, 2]",\n2,1700000002,inf,3,True,7,"[3]",4\n',
        encoding="utf-8",
    )
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert repr(found.points(run_id)) == (
        "{'loss': [(1.0, 0.5), (2.0, inf)], 'info/x': [(1.0, nan), (2.0, 3.0)], "
        "'late': [(2.0, 4.0)]}"
    )
    assert found.runs[run_id]["status"] == "finished"
    assert found.values("environment", run_id) == {"pid": ("text", "7")}
    assert [message for *_, message in found.errors] == ["no result in it"]


def test_the_state_file_tells_outcomes_and_trials_without_a_folder(tmp_path: Path) -> None:
    experiment = tmp_path / "exp"
    write_trial(experiment / NAME, as_lines(ROWS[:2]), {"lr": 0.1})
    trials = [
        {"trial_id": "ab12c_00000", "status": "ERROR", "relative_logdir": NAME,
         "config": {"lr": 0.1}, "trainable_name": "train"},
        {"trial_id": "ab12c_00001", "status": "PENDING", "relative_logdir": "gone",
         "config": {"lr": 0.2}, "last_result": {"loss": 2.0}},
    ]  # fmt: skip
    state = {"trial_data": [[json.dumps(trial), "{}"] for trial in trials] + [["{torn", "{}"]]}
    (experiment / "experiment_state-2024-01-01_00-00-00.json").write_text(
        json.dumps(state), encoding="utf-8"
    )
    found = read(tmp_path, FORMAT)
    first, second = found.runs.values()
    assert (first["status"], second["status"]) == ("failed", "")
    assert (first["experiment"], second["experiment"]) == ("exp", "exp")
    assert found.values("param", second["run_id"]) == {"lr": ("float", "0.2")}
    assert found.values("tag", second["run_id"])["status"] == ("text", "PENDING")
    assert found.last(second["run_id"]) == {"loss": 2.0}
    ((_, _, message),) = found.errors
    assert message.startswith("trial 3: not JSON")


def test_states_of_old_versions_hold_objects_or_texts(tmp_path: Path) -> None:
    old = {"trial_id": "c6dbcf08", "status": "TERMINATED", "logdir": "/home/me/ray/A_c6dbcf08_x",
           "config": {"env": "Pong"}, "start_time": None}  # fmt: skip
    for name, entry in {"a": old, "b": json.dumps(old)}.items():
        (tmp_path / name / "A_c6dbcf08_x").mkdir(parents=True)
        (tmp_path / name / "A_c6dbcf08_x" / "params.json").write_text("{}", encoding="utf-8")
        (tmp_path / name / "experiment_state-1.json").write_text(
            json.dumps({"checkpoints": [entry]}), encoding="utf-8"
        )
    found = read(tmp_path, FORMAT)
    assert [run["status"] for run in found.runs.values()] == ["finished", "finished"]
    assert {run["name"] for run in found.runs.values()} == {"A_c6dbcf08"}
    assert {row["value"] for row in found.rows("param")} == {"Pong"}


def test_the_progress_of_others_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "progress.csv").write_text("epoch,loss\n1,2\n", encoding="utf-8")
    (tmp_path / "result.json").write_text('{"acc": 1}', encoding="utf-8")
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)
