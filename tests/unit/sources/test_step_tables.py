"""CSV logs with one row a step: Lightning, Ultralytics, Keras."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from rundiff.errors import SourceError
from rundiff.sources import keras_csv, lightning, tensorboard, ultralytics

from tests.unit.sources.reading import read
from tests.unit.sources.test_tensorboard import event, scalar
from tests.unit.sources.test_tensorboard import write as write_events


def test_lightning_rows_are_sparse_and_params_come_from_hparams(tmp_path: Path) -> None:
    version = tmp_path / "lightning_logs" / "version_3"
    version.mkdir(parents=True)
    (version / "metrics.csv").write_text(
        "epoch,step,train_loss,val_loss\n0,9,0.5,\n0,9,,nan\nepoch,step,train_loss,val_loss\n1,19,0.3,inf\n"
    )
    (version / "hparams.yaml").write_text("lr: 1e-3\nwide: !!python/tuple [1, 2]\n")
    found = read(tmp_path, lightning.FORMAT)
    [(run_id, run)] = found.runs.items()
    assert (run["name"], run["experiment"]) == ("lightning_logs/version_3", "lightning_logs")
    points = found.points(run_id)
    assert points["train_loss"] == [(9, 0.5), (19, 0.3)]
    assert str(points["val_loss"][0][1]) == "nan"
    assert points["val_loss"][1:] == [(19, math.inf)]
    assert found.values("param", run_id)["wide.1"] == ("int", "2")
    assert found.notices == [
        (
            f"{tmp_path.name}/lightning_logs/version_3/metrics.csv",
            4,
            "the row repeats the header, skipped",
        )
    ]


def test_the_layout_of_2020_has_tags_in_a_table_and_no_step(tmp_path: Path) -> None:
    (tmp_path / "version_0").mkdir()
    (tmp_path / "version_0" / "metrics.csv").write_text(
        "train_loss,epoch,created_at\n85.5,0,2020-02-03 16:42:19.516524\n"
    )
    (tmp_path / "version_0" / "meta_tags.csv").write_text('key,value\nnodes,"[10, 10]"\nlr,0.02\n')
    (tmp_path / "version_1").mkdir()
    (tmp_path / "version_1" / "metrics.csv").write_text("\n")
    found = read(tmp_path, lightning.FORMAT)
    first, second = found.runs
    assert found.points(first) == {"train_loss": [(0, 85.5)]}
    time = found.batches[0].load_points([first])["time"].to_pylist()
    assert time == [1_580_748_139_516_524]
    assert found.values("param", first)["nodes.0"] == ("int", "10")
    assert found.points(second) == {}
    assert any("nothing was logged" in message for _, _, message in found.notices)


def test_events_beside_the_csv_add_only_what_it_lacks(tmp_path: Path) -> None:
    version = tmp_path / "version_0"
    write_events(version, event(1, scalar("loss", 0.25)), event(1, scalar("lr", 0.5)))
    (version / "metrics.csv").write_text("step,epoch,loss\n1,0,0.24\n")
    found = read(tmp_path, lightning.FORMAT, tensorboard.FORMAT)
    [run_id] = found.runs
    assert found.points(run_id)["loss"] == [(1, 0.24)]
    assert found.points(run_id)["lr"] == [(1, 0.5)]
    assert any("the run has already" in message for _, _, message in found.notices)


def test_ultralytics_pads_its_header_and_names_numbers(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "detect" / "train2"
    run.mkdir(parents=True)
    (run / "results.csv").write_text(
        "                  epoch,         train/box_loss,   metrics/mAP50(B)\n"
        "                      1,                 1.2345,             0.5\n"
    )
    (run / "args.yaml").write_text(
        "task: detect\nmode: train\ndata: sets/coco8.yaml\nlr0: 1e-3\nname: 007\n"
    )
    found = read(tmp_path, ultralytics.FORMAT)
    [(run_id, row)] = found.runs.items()
    assert (row["name"], row["experiment"]) == ("runs/detect/train2", "detect")
    assert found.points(run_id)["metrics/mAP50(B)"] == [(1, 0.5)]
    params = found.values("param", run_id)
    assert params["lr0"] == ("float", "0.001")
    assert params["name"] == ("text", "007")
    assert [(row["name"], row["source"]) for row in found.rows("dataset")] == [
        ("coco8", "sets/coco8.yaml")
    ]


def test_ultralytics_lists_crashed_trainings_but_no_predictions(tmp_path: Path) -> None:
    for name, mode in (("train", "train"), ("predict", "predict")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "args.yaml").write_text(f"task: detect\nmode: {mode}\n")
    found = read(tmp_path, ultralytics.FORMAT)
    assert [(run["name"], run["state"]) for run in found.runs.values()] == [
        ("train", "interrupted")
    ]
    assert any("mode 'predict', not a training" in message for _, _, message in found.notices)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_keras_logs_of_any_separator_with_na_and_repeated_epochs(
    tmp_path: Path, separator: str
) -> None:
    rows = ["epoch,loss,val_loss", "0,0.5,NA", "1,0.25,0.75", "0,0.125,NA"]
    text = "\n".join(rows).replace(",", separator)
    (tmp_path / "history.csv").write_text(text)
    found = read(tmp_path, keras_csv.FORMAT)
    [(run_id, run)] = found.runs.items()
    assert run["name"] == "history"
    assert found.points(run_id) == {
        "loss": [(0, 0.5), (1, 0.25), (0, 0.125)],
        "val_loss": [(1, 0.75)],
    }


def test_decimal_commas_are_read_where_a_semicolon_separates(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch;loss\n0;1,5\n")
    found = read(tmp_path, keras_csv.FORMAT)
    [run_id] = found.runs
    assert found.last(run_id) == {"loss": 1.5}


@pytest.mark.parametrize("text", ["name,age\na,3\n", "epoch,x\n0,1\n", "", "step,loss\n1,2\n"])
def test_other_tables_are_not_claimed(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.csv").write_text(text)
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, keras_csv.FORMAT, ultralytics.FORMAT, lightning.FORMAT)


@pytest.mark.parametrize(
    ("name", "text", "first"),
    [
        ("history.csv", ",loss,accuracy,val_loss,val_accuracy\n0,0.5,0.8,0.6,0.7\n", 0.0),
        ("history.csv", "Unnamed: 0,loss,f1,val_loss,val_f1\n3,0.5,0.8,0.6,0.7\n", 3.0),
        ("model.csv", "loss,val_loss,epoch\n0.5,0.6,4\n", 4.0),
        ("history.json", '{"loss": [0.5], "val_loss": [0.6]}', 0.0),
        ("model.json", '{"loss": [0.5], "val_loss": [0.6]}', 0.0),
    ],
)
def test_a_saved_history_is_a_row_an_epoch(
    tmp_path: Path, name: str, text: str, first: float
) -> None:
    (tmp_path / name).write_text(text)
    found = read(tmp_path, keras_csv.FORMAT)
    (run_id,) = found.runs
    points = found.points(run_id)
    assert (points["loss"], points["val_loss"]) == ([(first, 0.5)], [(first, 0.6)])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plan.csv", "a,loss,region\n1,2,3\n"),
        ("claims.csv", ",loss,region\n1,2,3\n"),
        ("a.json", '{"loss": [1], "other": [2]}'),
        ("history.json", '{"loss": ["high"], "val_loss": ["low"]}'),
        ("history.json", '[{"loss": [1]}]'),
    ],
)
def test_what_only_looks_like_a_history_is_left_alone(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError):
        read(tmp_path, keras_csv.FORMAT)


def test_event_files_beside_lightnings_table_tell_its_times(tmp_path: Path) -> None:
    folder = tmp_path / "version_0"
    write_events(folder, event(2, scalar("hp", 1.0), wall=1.7e9 + 60))
    (folder / "metrics.csv").write_text("epoch,step,loss\n0,1,0.5\n")
    (run,) = read(tmp_path, lightning.FORMAT).runs.values()
    assert (run["start_time"], run["end_time"]) == (1_700_000_000_000_000, 1_700_000_060_000_000)
