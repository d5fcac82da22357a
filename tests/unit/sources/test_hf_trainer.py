"""Hugging Face Trainer: one run from many checkpoints, and what odd histories give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rundiff.sources import tabular, tensorboard
from rundiff.sources.hf_trainer import FORMAT

from tests.unit.sources.reading import read
from tests.unit.sources.test_tensorboard import event, scalar, text
from tests.unit.sources.test_tensorboard import write as write_events

ROWS = [{"loss": 1 / step, "epoch": step / 10, "step": step} for step in (10, 20, 30)]


def write_state(folder: Path, rows: object, **content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {"global_step": 30, "max_steps": 30, "log_history": rows} | content
    (folder / "trainer_state.json").write_text(json.dumps(state))


def test_checkpoints_that_repeat_the_history_are_one_run(tmp_path: Path) -> None:
    write_state(tmp_path / "out" / "checkpoint-10", ROWS[:1], global_step=10)
    write_state(tmp_path / "out" / "checkpoint-20", ROWS[:2], global_step=20)
    last = {"train_runtime": 3.5, "train_loss": 0.2, "step": 30, "epoch": 3.0}
    write_state(tmp_path / "out", [*ROWS, last], best_metric=0.9)
    found = read(tmp_path, FORMAT)
    [(run_id, run)] = found.runs.items()
    assert (run["name"], run["status"]) == ("out", "finished")
    assert found.points(run_id)["loss"] == [(10, 0.1), (20, 0.05), (30, 1 / 30)]
    assert found.last(run_id)["best_metric"] == 0.9
    assert found.values("param", run_id)["max_steps"] == ("int", "30")


def test_a_checkpoint_of_another_training_in_the_folder_is_a_run_of_its_own(tmp_path: Path) -> None:
    write_state(tmp_path / "checkpoint-30", ROWS)
    write_state(tmp_path / "checkpoint-5", [{"loss": 9.0, "step": 5}], global_step=5)
    found = read(tmp_path, FORMAT)
    assert sorted(run["name"].rpartition("/")[2] for run in found.runs.values()) == [
        "checkpoint-5",
        tmp_path.name,
    ]
    assert any("another run" in message for _, _, message in found.notices)


def test_nan_in_both_histories_does_not_split_a_run(tmp_path: Path) -> None:
    rows = [{"loss": float("nan"), "step": 1}, {"loss": 2.0, "step": 2}]
    write_state(tmp_path / "checkpoint-1", rows[:1])
    write_state(tmp_path / "checkpoint-2", rows)
    assert len(read(tmp_path, FORMAT).runs) == 1


def test_results_files_add_final_values_and_texts(tmp_path: Path) -> None:
    write_state(tmp_path, ROWS)
    (tmp_path / "eval_results.json").write_text('{"epoch": 3.0, "eval_f1": 0.75, "note": "x"}')
    (tmp_path / "training_args.bin").write_bytes(b"\x80\x04K\x01.")
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.last(run_id)["eval_f1"] == 0.75
    assert found.values("tag", run_id)["note"] == ("text", "x")
    assert any("never loaded" in message for _, _, message in found.notices)


def test_results_without_a_state_are_a_run_too(tmp_path: Path) -> None:
    (tmp_path / "all_results.json").write_text('{"epoch": 3.0, "train_loss": 0.5}')
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.last(run_id) == {"epoch": 3.0, "train_loss": 0.5}


def test_rows_without_a_step_fall_back_to_epoch_then_index(tmp_path: Path) -> None:
    write_state(tmp_path, [{"loss": 1.0}, {"loss": 2.0, "epoch": 0.5}, {"loss": 3.0, "step": "7"}])
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.points(run_id)["loss"] == [(0, 1.0), (0.5, 2.0), (7, 3.0)]


def test_values_that_are_no_numbers_are_counted_once(tmp_path: Path) -> None:
    write_state(tmp_path, [{"step": 1, "a": "0.5", "b": None, "c": [1], "d": True, "e": 1e400}])
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.points(run_id) == {"e": [(1, float("inf"))]}
    [(_, _, message)] = found.notices
    assert message.startswith("values that are no numbers: 4; left out")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{"global_step": 1,\n "log_h', 2, "not JSON"),
        ("[" * 100_000, None, "nested too deep"),
        ('{"log_history": null}', None, "no list"),
    ],
)
def test_a_broken_state_is_one_problem_with_its_place(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    (tmp_path / "trainer_state.json").write_text(text)
    [(location, at, said)] = read(tmp_path, FORMAT).errors
    assert location.endswith("/trainer_state.json")
    assert at == line
    assert message in said


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_obstacle(tmp_path: Path, encoding: str) -> None:
    state = json.dumps({"log_history": [{"step": 1, "loss": 0.5}]})
    (tmp_path / "trainer_state.json").write_text(state, encoding=encoding)
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.last(run_id) == {"loss": 0.5}


def test_the_event_files_of_the_same_training_join_its_run(tmp_path: Path) -> None:
    write_state(tmp_path, ROWS)
    write_events(
        tmp_path / "runs" / "Apr09_19-34-17_host",
        event(0, text("args/text_summary", '{"learning_rate": 5e-05, "seed": 42}')),
        event(10, scalar("train/loss", 0.1), scalar("eval/auc", 0.5), wall=1.7e9 + 60),
    )
    found = read(tmp_path, FORMAT, tensorboard.FORMAT)
    [(run_id, run)] = found.runs.items()
    assert found.points(run_id)["loss"] == [(10, 0.1), (20, 0.05), (30, 1 / 30)]
    assert found.points(run_id)["eval_auc"] == [(10, 0.5)]
    assert found.values("param", run_id)["learning_rate"] == ("float", "5e-05")
    assert (run["start_time"], run["end_time"]) == (1_700_000_000_000_000, 1_700_000_060_000_000)


def test_arguments_that_the_state_knows_too_cost_no_word_and_nothing(tmp_path: Path) -> None:
    row = {"step": 10, "loss": 0.5}
    write_state(tmp_path, [row], global_step=10, max_steps=10, num_train_epochs=2, logging_steps=2)
    arguments = {"max_steps": -1, "num_train_epochs": 2, "logging_steps": 2.0, "seed": 7}
    write_events(tmp_path / "runs" / "Nov27_host", event(0, text("args", json.dumps(arguments))))
    found = read(tmp_path, FORMAT, tensorboard.FORMAT)
    (run_id,) = found.runs
    params, tags = found.values("param", run_id), found.values("tag", run_id)
    assert (params["max_steps"], params["seed"]) == (("int", "10"), ("int", "7"))
    assert {key: tags[key] for key in tags if key.startswith("args.")} == {
        "args.max_steps": ("int", "-1")
    }
    assert found.notices == []


@pytest.mark.parametrize(("is_greater", "goal"), [(True, "max"), (False, "min")])
def test_the_metric_for_the_best_model_has_the_direction_of_the_training(
    tmp_path: Path, is_greater: bool, goal: str
) -> None:
    write_state(tmp_path, [{"step": 1, "eval_own": 0.5}], best_metric=0.5)
    arguments = {"metric_for_best_model": "own", "greater_is_better": is_greater}
    write_events(tmp_path / "runs" / "Nov27_host", event(0, text("args", json.dumps(arguments))))
    found = read(tmp_path, FORMAT, tensorboard.FORMAT)
    (run_id,) = found.runs
    assert found.goals(run_id) == {"best_metric": goal, "eval_own": goal}


def test_llama_factory_writes_its_arguments_and_the_state_once_more(tmp_path: Path) -> None:
    state = {"global_step": 10, "max_steps": 10, "log_history": [{"loss": 0.5, "step": 10}]}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    (tmp_path / "trainer_log.jsonl").write_text('{"current_steps": 10, "loss": 0.5}\n')
    (tmp_path / "training_args.yaml").write_text("lora_rank: 8\nmax_steps: 20\n")
    found = read(tmp_path, FORMAT, tabular.FORMAT)
    [run_id] = found.runs
    assert found.points(run_id) == {"loss": [(10, 0.5)]}
    assert found.values("param", run_id) == {"max_steps": ("int", "10"), "lora_rank": ("int", "8")}
    assert found.values("tag", run_id)["args.max_steps"] == ("int", "20")
    (tmp_path / "trainer_state.json").unlink()
    found = read(tmp_path, FORMAT, tabular.FORMAT)  # it was killed: the log is all there is
    [run_id] = found.runs
    assert found.points(run_id) == {"loss": [(10, 0.5)]}
