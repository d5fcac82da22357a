"""Tables of runs, of steps and of points; what is claimed in a folder and what only by name."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.errors import SourceError
from rundiff.sources.tabular import FORMAT

from tests.unit.sources.reading import Found, read

EXPORT = (
    "run_id,experiment_id,status,start_time,metrics.acc,metrics.loss,params.lr,params.opt,"
    "tags.mlflow.runName,tags.mlflow.parentRunId\n"
    "abc,0,FINISHED,2026-11-22 03:04:05.123000+00:00,0.5,inf,0.1,adam,happy-fox,\n"
    "def,0,FAILED,,,nan,0.10,None,sad-cat,abc\n"
)


def read_named(tmp_path: Path, name: str, text: str, **columns: str) -> Found:
    (tmp_path / name).write_text(text)
    return read(tmp_path / name, FORMAT, columns=columns)


def test_an_export_of_search_runs_is_claimed_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(EXPORT)
    found = read(tmp_path, FORMAT)
    assert {run_id: (run["name"], run["status"]) for run_id, run in found.runs.items()} == {
        "abc": ("happy-fox", "finished"),
        "def": ("sad-cat", "failed"),
    }
    assert found.runs["abc"]["start_time"] == 1_795_316_645_123_000
    assert found.runs["def"]["parent_run_id"] == "abc"
    assert found.last("abc") == {"acc": 0.5, "loss": math.inf}
    assert list(found.last("def")) == ["loss"]
    assert found.values("param", "def") == {"lr": ("text", "0.10"), "opt": ("text", "None")}


def test_parquet_and_json_keep_types_and_nulls_are_absent(tmp_path: Path) -> None:
    rows = [{"name": "a", "params.lr": 0.1, "params.n": 3, "metrics.acc": 0.5},
            {"name": "b", "params.lr": None, "params.n": 4, "metrics.acc": None}]  # fmt: skip
    (tmp_path / "t.json").write_text(json.dumps(rows))
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    for name in ("t.json", "t.jsonl", "t.parquet"):
        found = read(tmp_path / name, FORMAT)
        assert found.values("param", "a") == {"lr": ("float", "0.1"), "n": ("int", "3")}
        assert found.values("param", "b") == {"n": ("int", "4")}
        assert found.last("a") == {"acc": 0.5}
        assert found.last("b") == {}


def test_columns_of_pandas_json_are_rows(tmp_path: Path) -> None:
    text = '{"name": {"0": "a", "1": "b"}, "metrics.acc": {"0": 0.5, "1": 0.25}}'
    found = read_named(tmp_path, "frame.json", text)
    assert found.last("b") == {"acc": 0.25}


def test_a_mapping_says_what_columns_mean(tmp_path: Path) -> None:
    found = read_named(
        tmp_path, "t.csv", "who,rate,quality\nme,0.1,7\n",
        who="run_id", rate="params.lr", quality="metrics.quality", missing="params.x",
    )  # fmt: skip
    assert found.values("param", "me") == {"lr": ("text", "0.1")}
    assert found.last("me") == {"quality": 7}
    assert [message for _, _, message in found.notices] == ["there is no column 'missing'"]


def test_a_named_table_is_read_with_a_guess_that_is_said(tmp_path: Path) -> None:
    found = read_named(tmp_path, "models.csv", "model,lr,accuracy\na,0.1,0.5\nb,0.2,0.6\n")
    assert [run["name"] for run in found.runs.values()] == ["a", "b"]
    first = next(iter(found.runs))
    assert found.last(first) == {"accuracy": 0.5}
    assert found.values("param", first) == {"model": ("text", "a"), "lr": ("text", "0.1")}
    [(_, _, message)] = found.notices
    assert message.startswith("taken as metrics by name: 'accuracy'")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("models.csv", "model,lr,accuracy\na,0.1,0.5\n"),
        ("data.json", '{"accuracy": 0.5}'),
        ("package.json", '{"name": "x", "version": "1"}'),
        ("log.jsonl", '{"message": "hello"}\n'),
    ],
)
def test_in_a_folder_other_tables_are_left_alone(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)


def test_a_long_file_gives_points_run_by_run(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text(
        "run,key,step,value,timestamp\n"
        "a,loss,0,1,1700000000000\na,loss,1,0.5,1700000001000\nb,loss,0,x,\nb,acc,2,nan,\n"
    )
    found = read(tmp_path, FORMAT)
    assert found.points("a") == {"loss": [(0, 1.0), (1, 0.5)]}
    assert list(found.points("b")) == ["acc"]
    times = found.batches[0].load_points(["a"])["time"].to_pylist()
    assert times == [1_700_000_000_000_000, 1_700_000_001_000_000]
    assert "metric cells that are no numbers: 1; left out" in found.notices[0][2]


def test_a_log_with_one_row_a_step_is_a_run(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(
        '{"step": 10, "loss": 0.5, "phase": "warm"}\nbroken\n{"step": 20, "loss": NaN}\n'
    )
    found = read(tmp_path, FORMAT)
    [(run_id, run)] = found.runs.items()
    assert run["name"] == "train"
    assert [step for step, _ in found.points(run_id)["loss"]] == [10, 20]
    assert found.values("tag", run_id) == {"phase": ("text", "warm")}
    assert [(line, message[:8]) for _, line, message in found.errors] == [(2, "not JSON")]


def test_a_step_table_of_several_runs_is_told_apart_by_its_run_column(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("run_name,epoch,loss\na,0,1\nb,0,2\na,1,0.5\n")
    found = read(tmp_path, FORMAT)
    assert found.points("a") == {"loss": [(0, 1.0), (1, 0.5)]}
    assert found.points("b") == {"loss": [(0, 2.0)]}


def test_the_csv_download_of_tensorboard_is_one_metric(tmp_path: Path) -> None:
    name = "run-exp1_train-tag-loss.csv"
    found = read_named(tmp_path, name, "Wall time,Step,Value\n1700000000.5,3,0.25\n")
    assert found.points("exp1_train") == {"loss": [(3, 0.25)]}


def test_long_texts_are_cut_with_a_notice(tmp_path: Path) -> None:
    text = json.dumps([{"name": "a", "params.x": "y" * 100_000, "metrics.m": 1}])
    found = read_named(tmp_path, "t.json", text)
    assert len(found.values("param", "a")["x"][1]) == 65_537
    assert "texts cut to 65,536 characters" in found.notices[0][2]


def test_an_empty_table_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="empty"):
        read_named(tmp_path, "t.csv", "")


def test_params_beside_steps_are_those_of_the_runs_first_row(tmp_path: Path) -> None:
    text = "run_id,step,params.lr,metrics.loss,tags.team\na,0,0.1,1,x\na,1,0.1,0.5,x\nb,0,0.2,2,y\n"
    (tmp_path / "history.csv").write_text(text)
    found = read(tmp_path, FORMAT)
    assert found.points("a") == {"loss": [(0, 1.0), (1, 0.5)]}
    assert found.values("param", "b") == {"lr": ("text", "0.2")}
    assert found.values("tag", "b") == {"team": ("text", "y")}
