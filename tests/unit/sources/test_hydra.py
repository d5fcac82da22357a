"""Hydra jobs alone, with results beside them, and joined with the runs of other formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rundiff.errors import SourceError
from rundiff.sources import dvclive, lightning, tensorboard
from rundiff.sources.hydra import FORMAT

from tests.unit.sources.reading import read

JOB = "outputs/2024-01-02/03-04-05"
CONFIG = "lr: 0.1\nepochs: 1e1\nmodel:\n  name: big\n  lr: ${lr}\n  path: ???\nnothing: null\n"
OVERRIDES = "- lr=0.1\n- +model@m: x\n- \"c='x,y'\"\n- ++a.b=[1,2]\n- ~old\n- notanassignment\n"
SETTINGS = (
    "hydra:\n  job:\n    name: train\n    num: 3\n    id: ???\n  mode: MULTIRUN\n"
    "  runtime: {version: 1.3.2, choices: {model: big, hydra/launcher: basic}}\n"
)


def write_job(folder: Path, config: str = CONFIG) -> Path:
    inner = folder / ".hydra"
    inner.mkdir(parents=True)
    (inner / "config.yaml").write_text(config, encoding="utf-8")
    (inner / "overrides.yaml").write_text(OVERRIDES, encoding="utf-8")
    (inner / "hydra.yaml").write_text(SETTINGS, encoding="utf-8")
    return folder


def write_lightning(folder: Path, hparams: str = "lr: 0.1\n") -> None:
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(
        "epoch,step,val_loss\n0,1,0.5\n1,2,0.25\n", encoding="utf-8"
    )
    (folder / "hparams.yaml").write_text(hparams, encoding="utf-8")


def test_a_job_is_a_run_of_what_was_asked_for(tmp_path: Path) -> None:
    (write_job(tmp_path / JOB) / "train.log").write_text("hi\n", encoding="utf-8")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    run = found.runs[run_id]
    assert (run["name"], run["experiment"]) == ("2024-01-02/03-04-05", "train")
    assert run["start_time"] is None
    assert found.values("param", run_id) == {
        "lr": ("float", "0.1"),
        "epochs": ("float", "10.0"),
        "model.name": ("text", "big"),
        "model.lr": ("text", "${lr}"),
        "model.path": ("text", "???"),
        "nothing": ("null", "null"),
    }
    tags = {key: text for key, (_, text) in found.values("tag", run_id).items()}
    assert tags == {
        "choices.model": "big",
        "hydra.mode": "MULTIRUN",
        "hydra.job.num": "3",
        "overrides.lr": "0.1",
        "overrides.1": "+model@m: x",
        "overrides.c": "'x,y'",
        "overrides.++a.b": "[1,2]",
        "overrides.4": "~old",
        "overrides.5": "notanassignment",
    }
    assert {row["path"] for row in found.rows("artifact")} == {
        ".hydra/config.yaml",
        ".hydra/hydra.yaml",
        ".hydra/overrides.yaml",
        "train.log",
    }
    assert found.batches[0].load_artifact(run_id, "train.log", 10) == b"hi\n"


def test_jobs_of_a_multirun_are_told_apart(tmp_path: Path) -> None:
    for name in ("0", "1", "lr=0.5,model=xgboost"):
        write_job(tmp_path / "multirun" / "2024-01-02" / "03-04-05" / name)
    names = [run["name"] for run in read(tmp_path, FORMAT).runs.values()]
    assert names == ["03-04-05/0", "03-04-05/1", "lr=0.5,model=xgboost"]


def test_flat_results_beside_the_config_are_metrics(tmp_path: Path) -> None:
    job = write_job(tmp_path / JOB)
    results = {"test": {"acc": 0.9, "n": 3}, "best": "x.ckpt"}
    (job / "results.json").write_text(json.dumps(results), encoding="utf-8")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == {"test.acc": 0.9, "test.n": 3.0}
    assert found.values("tag", run_id)["results.best"] == ("text", "x.ckpt")


def test_the_run_below_takes_over_the_config(tmp_path: Path) -> None:
    job = write_job(tmp_path / JOB)
    (job / "results.json").write_text('{"acc": 0.9, "val_loss": 7}', encoding="utf-8")
    write_lightning(job / "lightning_logs" / "version_0", "lr: 0.2\nown: 1\n")
    found = read(tmp_path, FORMAT, lightning.FORMAT)
    (run_id,) = found.runs
    run = found.runs[run_id]
    assert (run["name"], run["experiment"], run["source"]) == (
        "2024-01-02/03-04-05",
        "train",
        "lightning",
    )
    params = found.values("param", run_id)
    assert params["lr"] == ("float", "0.2")
    assert params["model.name"] == ("text", "big")
    assert params["own"] == ("int", "1")
    tags = found.values("tag", run_id)
    assert tags["config.lr"] == ("float", "0.1")
    assert tags["overrides.lr"] == ("text", "0.1")
    assert found.points(run_id)["val_loss"] == [(1.0, 0.5), (2.0, 0.25)]
    assert found.last(run_id)["val_loss"] == 0.25
    assert found.last(run_id)["acc"] == 0.9
    (batch,) = (batch for batch in found.batches if batch.tables.run_ids)
    assert batch.load_artifact(run_id, ".hydra/config.yaml", 1 << 20) == CONFIG.encode()


def test_each_of_several_runs_below_takes_the_config(tmp_path: Path) -> None:
    job = write_job(tmp_path / JOB)
    for fold in ("version_0", "version_1"):
        write_lightning(job / "lightning_logs" / fold)
    found = read(tmp_path, FORMAT, lightning.FORMAT)
    assert [run["name"] for run in found.runs.values()] == [
        "2024-01-02/03-04-05/lightning_logs/version_0",
        "2024-01-02/03-04-05/lightning_logs/version_1",
    ]
    for run_id in found.runs:
        assert found.values("param", run_id)["model.name"] == ("text", "big")


def test_the_nearest_job_counts(tmp_path: Path) -> None:
    write_job(tmp_path, "lr: 9\n")
    inner = write_job(tmp_path / "multirun" / "0", "lr: 0.1\nwidth: 4\n")
    write_lightning(inner / "lightning_logs" / "version_0")
    found = read(tmp_path, FORMAT, lightning.FORMAT, tensorboard.FORMAT)
    run_id = next(run_id for run_id in found.runs if run_id.endswith("version_0"))
    assert found.values("param", run_id)["width"] == ("int", "4")
    assert len(found.runs) == 2


def test_a_job_at_the_top_of_a_project_is_not_the_config_of_all(tmp_path: Path) -> None:
    write_job(tmp_path)
    for number in range(17):
        write_lightning(tmp_path / "lightning_logs" / f"version_{number}")
    found = read(tmp_path, FORMAT, lightning.FORMAT)
    assert len(found.runs) == 18
    assert {row["run_id"] for row in found.rows("param") if row["key"] == "model.name"} == {
        tmp_path.name
    }


def test_an_empty_or_torn_config_costs_no_run(tmp_path: Path) -> None:
    write_job(tmp_path / "a", "")
    write_job(tmp_path / "b", "lr: [1,\n")
    found = read(tmp_path, FORMAT)
    assert len(found.runs) == 2
    ((location, line, message),) = found.errors
    assert location.endswith("b/.hydra/config.yaml")
    assert line is not None
    assert message.startswith("not YAML")


def test_a_hydra_folder_without_its_files_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / ".hydra").mkdir()
    (tmp_path / "config.yaml").write_text("lr: 1\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)


def test_a_numbered_job_is_known_by_what_was_typed(tmp_path: Path) -> None:
    for number, lr in enumerate((0.1, 0.2)):
        folder = write_job(tmp_path / "multirun" / "10-20-30" / str(number))
        (folder / ".hydra" / "overrides.yaml").write_text(f"- lr={lr}\n- model=a\n")
    names = [run["name"] for run in read(tmp_path, FORMAT).runs.values()]
    assert names == ["10-20-30/0 lr=0.1,model=a", "10-20-30/1 lr=0.2,model=a"]


def test_jobs_that_others_took_over_leave_no_empty_source(tmp_path: Path) -> None:
    write_lightning(write_job(tmp_path / "outputs" / "a") / "version_0")
    batches = read(tmp_path, FORMAT, lightning.FORMAT).batches
    assert [batch.kind for batch in batches] == ["lightning"]


def test_a_metric_with_a_history_ends_where_its_history_does(tmp_path: Path) -> None:
    job = write_job(tmp_path / JOB)
    history = [{"step": 0, "loss": 0.5, "acc": 0.25}, {"step": 1, "loss": 0.25, "acc": 0.75}]
    document = {"loss": 0.25, "acc": 0.5, "history": history}
    (job / "metrics.json").write_text(json.dumps(document), encoding="utf-8")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    rows = [(row["key"], row["last"], row["points"]) for row in found.rows("metric_summary")]
    assert sorted(rows) == [("acc", 0.75, 2), ("loss", 0.25, 2)]
    assert found.values("tag", run_id)["summary.acc"] == ("float", "0.5")
    assert "summary.loss" not in found.values("tag", run_id)


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [
        ("results.yaml", "val:\n  loss: 0.5\n  note: fine\n", {"val.loss": 0.5}),
        ("metrics.json", '[{"epoch": 0, "loss": 1}, {"epoch": 1, "loss": 0.5}]', {"loss": 0.5}),
        ("summary.yaml", "layers:\n- conv\n- pool\n", {}),
        ("optimization_results.yaml", "name: optuna\nbest_evaluated_result: 0.5\n", {}),
    ],
)
def test_results_in_the_spellings_people_use(
    tmp_path: Path, name: str, text: str, last: dict[str, float]
) -> None:
    job = write_job(tmp_path / JOB)
    (job / name).write_text(text, encoding="utf-8")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == last
    assert found.errors == []


def test_two_files_of_results_are_told_apart(tmp_path: Path) -> None:
    job = write_job(tmp_path / JOB)
    (job / "train_metrics.json").write_text('{"loss": 0.25}', encoding="utf-8")
    steps = '[{"step": 0, "loss": 1}, {"step": 1, "loss": 0.5}]'
    (job / "test_metrics.json").write_text(steps, encoding="utf-8")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == {"train_metrics.loss": 0.25, "test_metrics.loss": 0.5}


def test_dvclive_below_a_job_takes_its_config(tmp_path: Path) -> None:
    job = write_job(tmp_path / JOB)
    plots = job / "dvclive" / "plots" / "metrics"
    plots.mkdir(parents=True)
    (plots / "loss.tsv").write_text("step\tloss\n0\t0.5\n1\t0.25\n", encoding="utf-8")
    (job / "dvclive" / "metrics.json").write_text('{"loss": 0.25, "step": 1}', encoding="utf-8")
    found = read(tmp_path, FORMAT, dvclive.FORMAT)
    (run_id,) = found.runs
    assert found.values("param", run_id)["lr"] == ("float", "0.1")
    assert found.last(run_id) == {"loss": 0.25}


def test_settings_inside_results_are_params(tmp_path: Path) -> None:
    job = write_job(tmp_path / JOB)
    results = {"metrics": {"acc": 0.5}, "config": {"lr": 0.2, "epochs": 10, "heads": 4}}
    (job / "results.json").write_text(json.dumps(results), encoding="utf-8")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == {"acc": 0.5}
    params = found.values("param", run_id)
    assert (params["lr"], params["heads"]) == (("float", "0.1"), ("int", "4"))
    assert found.values("tag", run_id)["results.lr"] == ("float", "0.2")
