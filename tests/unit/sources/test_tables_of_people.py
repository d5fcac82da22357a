"""Tables and documents as people have them: exports of tools, histories, results by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rundiff.assembly.reading import read_list
from rundiff.errors import SourceError
from rundiff.selection.choose import SelectionOptions
from rundiff.sources import hydra, metrics_files
from rundiff.sources.base import ReadOptions
from rundiff.sources.keras_csv import FORMAT as KERAS
from rundiff.sources.records import FORMAT as RECORDS
from rundiff.sources.tabular import FORMAT

from tests.unit.sources.reading import Found, read

OPTUNA = (
    ",number,value,datetime_start,datetime_complete,duration,params_lr,user_attrs_f1,state\n"
    "0,4,0.5,2026-06-18 23:42:30.5,2026-06-18 23:43:17,0 days,0.1,0.75,COMPLETE\n"
    "1,6,,2026-06-18 23:44:30,,,0.2,,FAIL\n"
)
SEARCH = (
    ",mean_fit_time,param_C,param_kernel,params,split0_test_score,mean_test_score,rank_test_score\n"
    "0,0.5,1,rbf,\"{'C': 1, 'kernel': 'rbf'}\",0.9,0.8,2\n"
    "1,0.25,2,rbf,\"{'C': 2, 'kernel': 'rbf'}\",1.0,0.9,1\n"
)
WORKSPACE = (
    '"Name","State","Notes","User","Tags","Created","Runtime","Sweep","batch","width","gap","size"\n'
    '"fox","finished","-","","","2026-12-13T23:28:41.000Z","45","","32","4","0.5","1.5"\n'
    '"cat","crashed","bad","","","2026-12-13T23:29:41.000Z","46","","32","8","-","2.5"\n'
)


def read_named(tmp_path: Path, name: str, text: str) -> Found:
    (tmp_path / name).write_text(text)
    return read(tmp_path / name, FORMAT, RECORDS)


def only(found: Found) -> str:
    [run_id] = found.runs
    return run_id


def params(found: Found, run_id: str) -> dict[str, str]:
    return {key: text for key, (_, text) in found.values("param", run_id).items()}


def tags(found: Found, run_id: str) -> dict[str, str]:
    return {key: text for key, (_, text) in found.values("tag", run_id).items()}


def by_name(found: Found) -> dict[str, str]:
    return {run["name"]: run_id for run_id, run in found.runs.items()}


def test_optunas_frame_of_trials_is_read_as_its_storage_is(tmp_path: Path) -> None:
    (tmp_path / "trials.csv").write_text(OPTUNA)
    found = read(tmp_path, FORMAT)
    runs = by_name(found)
    assert list(runs) == ["trial 4", "trial 6"]
    done, failed = (found.runs[run_id] for run_id in runs.values())
    assert (done["status"], failed["status"]) == ("finished", "failed")
    assert done["start_time"] == 1_781_826_150_500_000
    assert failed["end_time"] is None
    assert params(found, runs["trial 4"]) == {"lr": "0.1"}
    assert found.last(runs["trial 4"]) == {"value": 0.5}
    assert tags(found, runs["trial 4"]) == {"duration": "0 days", "f1": "0.75"}
    assert found.last(runs["trial 6"]) == {}


def test_scikit_learns_search_results_have_each_param_once(tmp_path: Path) -> None:
    (tmp_path / "search.csv").write_text(SEARCH)
    found = read(tmp_path, FORMAT)
    first, second = found.runs
    assert params(found, first) == {"C": "1", "kernel": "rbf"}
    assert found.last(second) == {"mean_fit_time": 0.25, "split0_test_score": 1,
                                  "mean_test_score": 0.9, "rank_test_score": 1}  # fmt: skip
    assert tags(found, first) == {}


def test_an_export_of_a_wandb_workspace_tells_config_and_summary(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(WORKSPACE)
    found = read(tmp_path, FORMAT)
    fox, cat = by_name(found).values()
    assert [run["status"] for run in found.runs.values()] == ["finished", "failed"]
    assert [run["note"] for run in found.runs.values()] == [None, "bad"]
    assert found.runs[fox]["start_time"] == 1_797_204_521_000_000
    assert params(found, fox) == {"batch": "32", "width": "4"}
    assert found.last(fox) == {"Runtime": 45, "gap": 0.5, "size": 1.5}
    assert found.last(cat) == {"Runtime": 46, "size": 2.5}
    assert tags(found, cat) == {"gap": "-"}


def test_a_rearranged_wandb_export_is_guessed_at_and_name_comes_first(tmp_path: Path) -> None:
    text = (
        "Name,Created,Runtime,ID,run_name,width,loss\n"
        "fox,2026-12-13T23:28:41Z,45,x1,./out/fox,4,0.5\n"
    )
    (tmp_path / "export.csv").write_text(text)
    found = read(tmp_path, FORMAT)
    assert found.runs["x1"]["name"] == "fox"
    assert params(found, "x1") == {"run_name": "./out/fox", "width": "4"}
    assert found.last("x1") == {"Runtime": 45, "loss": 0.5}
    assert "taken as metrics by name: 'Runtime', 'loss'" in found.notices[0][2]


def test_config_and_summary_as_printed_dicts_become_columns(tmp_path: Path) -> None:
    text = (
        ",summary,config,name\n"
        "0,\"{'loss': nan, '_step': 9, 'acc': 0.5}\",\"{'lr': 0.1, 'opt': {'name': 'adam'}}\",fox\n"
        '1,"{""loss"": 0.25}",{},cat\n'
    )
    (tmp_path / "project.csv").write_text(text)
    found = read(tmp_path, FORMAT)
    assert params(found, "fox") == {"lr": "0.1", "opt.name": "adam"}
    assert str(found.last("fox")) == "{'loss': nan, 'acc': 0.5}"
    assert tags(found, "fox") == {"_step": "9"}
    assert found.last("cat") == {"loss": 0.25}


def test_mlflows_command_line_export_has_bare_names(tmp_path: Path) -> None:
    text = (
        "run_id,experiment_id,status,artifact_uri,start_time,end_time,val_f1,depth,mlflow.runName\n"
        "abc,1,FINISHED,/x/abc,2026-04-19 08:55:13+00:00,,0.75,7,happy-fox\n"
    )
    (tmp_path / "runs.csv").write_text(text)
    found = read(tmp_path, FORMAT)
    assert found.runs["abc"]["name"] == "happy-fox"
    assert params(found, "abc") == {"depth": "7"}
    assert found.last("abc") == {"val_f1": 0.75}
    assert tags(found, "abc") == {"artifact_uri": "/x/abc", "mlflow.runName": "happy-fox"}


def test_a_table_of_finished_runs_with_an_epoch_each_is_no_log(tmp_path: Path) -> None:
    for name, text in {
        "ids.csv": "lr,_step,epoch,loss,name,id\n0.1,35,9,0.5,fox,a1\n0.1,43,8,0.4,fox,b2\n",
        "models.csv": "model,lr,epoch,loss\nfox,0.1,50,0.5\ncat,0.1,50,0.4\n",
        "runs.csv": "run_id,epoch,lr,loss\na1,9,0.1,0.5\nb2,8,0.1,0.4\n",
        "same.csv": "epoch,lr,loss\n50,0.1,0.5\n50,0.2,0.4\n",
    }.items():
        found = read_named(tmp_path, name, text)
        assert [found.last(run_id)["loss"] for run_id in found.runs] == [0.5, 0.4], name
        assert all(params(found, run_id)["lr"][:2] == "0." for run_id in found.runs), name


def test_columns_before_the_step_tell_runs_apart_where_steps_repeat(tmp_path: Path) -> None:
    text = "model,seed,epoch,loss\nm,0,1,1.0\nm,0,2,0.9\nm,1,1,1.1\nm,1,2,0.8\n"
    found = read_named(tmp_path, "log.csv", text)
    runs = by_name(found)
    assert list(runs) == ["model=m seed=0", "model=m seed=1"]
    assert found.points(runs["model=m seed=1"]) == {"loss": [(1, 1.1), (2, 0.8)]}
    assert params(found, runs["model=m seed=1"]) == {"model": "m", "seed": "1"}


def test_rows_of_one_step_that_fill_different_cells_are_one_run(tmp_path: Path) -> None:
    found = read_named(tmp_path, "log.csv", "phase,epoch,loss,val\na,1,0.5,\nb,1,,0.25\n")
    assert found.points(only(found)) == {"loss": [(1, 0.5)], "val": [(1, 0.25)]}


def test_seconds_since_the_start_are_a_metric_and_no_time(tmp_path: Path) -> None:
    found = read_named(tmp_path, "log.csv", "step,time,loss\n1,3.5,0.5\n2,7.5,0.25\n")
    run_id = only(found)
    assert found.points(run_id)["time"] == [(1, 3.5), (2, 7.5)]
    assert found.batches[0].load_points([run_id])["time"].null_count == 4


def test_a_named_table_of_nothing_but_metrics_is_one_history(tmp_path: Path) -> None:
    for name, text in {
        "hist.csv": "trainLoss,val_loss,lr\n1.0,1.5,0.1\n0.5,0.75,0.1\n",
        "indexed.csv": ",trainLoss,val_loss\n0,1.0,1.5\n1,0.5,0.75\n",
        "hist.json": '{"trainLoss": [1.0, 0.5], "val_loss": [1.5, 0.75]}',
        "ragged.json": '{"trainLoss": [1.0, 0.5], "val_loss": [1.5, 0.75], "best": [3]}',
    }.items():
        found = read_named(tmp_path, name, text)
        assert found.points(only(found))["trainLoss"] == [(0, 1.0), (1, 0.5)], name
        assert "index" not in found.last(only(found)), name


def test_a_sweep_over_the_learning_rate_stays_a_table_of_runs(tmp_path: Path) -> None:
    found = read_named(tmp_path, "sweep.csv", "lr,train_acc,val_acc\n0.1,0.5,0.4\n0.2,0.6,0.5\n")
    assert [params(found, run_id)["lr"] for run_id in found.runs] == ["0.1", "0.2"]


def test_a_crash_in_a_metrics_column_costs_the_column_nothing(tmp_path: Path) -> None:
    text = "timestamp,val_mAP50,steps\n2026-03-30 09:07:11,crash,\n2026-03-30 09:25:19,0.5,60\n"
    found = read_named(tmp_path, "experiments.csv", text)
    crashed, fine = found.runs
    assert found.runs[crashed]["name"] == "2026-03-30 09:07:11"
    assert found.runs[crashed]["start_time"] == 1_774_861_631_000_000
    assert tags(found, crashed) == {"val_mAP50": "crash"}
    assert found.last(fine) == {"val_mAP50": 0.5}
    assert params(found, fine) == {"steps": "60"}
    assert any("kept as tags: 1, e.g. 'val_mAP50': 'crash'" in text for _, _, text in found.notices)


def test_a_time_in_an_unknown_spelling_is_kept_as_a_tag(tmp_path: Path) -> None:
    found = read_named(tmp_path, "t.csv", "name,timestamp,acc\na,30.03.26,0.5\n")
    assert tags(found, "a") == {"timestamp": "30.03.26"}


def test_without_a_metrics_name_fractions_are_metrics_and_counts_params(tmp_path: Path) -> None:
    found = read_named(tmp_path, "t.csv", "threads,t_s\n1,5.5\n2,3.25\n")
    first = next(iter(found.runs))
    assert (params(found, first), found.last(first)) == ({"threads": "1"}, {"t_s": 5.5})
    assert "taken as metrics for their numbers: 't_s'" in found.notices[0][2]


def test_settings_with_a_metrics_word_in_them_are_params(tmp_path: Path) -> None:
    text = "model,loss_weight,max_time,acc\na,0.5,60,0.75\n"
    found = read_named(tmp_path, "t.csv", text)
    assert found.last(only(found)) == {"acc": 0.75}


def test_a_table_written_in_europe(tmp_path: Path) -> None:
    text = "Unnamed: 0;model;lr;Accuracy\n0;a;0,1;0,91\n1;b;1e-2;0,93\n"
    found = read_named(tmp_path, "t.csv", text)
    runs = by_name(found)
    assert params(found, runs["a"]) == {"model": "a", "lr": "0.1"}
    assert params(found, runs["b"])["lr"] == "1e-2"
    assert found.last(runs["a"]) == {"Accuracy": 0.91}


def test_columns_separated_by_blanks(tmp_path: Path) -> None:
    found = read_named(tmp_path, "t.csv", "opt  epochs   acc\nadam   10  0.75\nsgd 10 0.5\n")
    runs = by_name(found)
    assert params(found, runs["adam"]) == {"opt": "adam", "epochs": "10"}
    assert found.last(runs["sgd"]) == {"acc": 0.5}


@pytest.mark.parametrize(
    "document",
    [
        {"fox": {"acc": 0.5, "f1": 0.25}, "cat": {"acc": 0.75}},
        {"experiments": [{"name": "fox", "acc": 0.5}, {"name": "cat", "acc": 0.75}]},
        {"models": {"fox": {"acc": 0.5}, "cat": {"acc": 0.75}}, "best": "cat"},
        [{"name": "fox", "metrics": {"acc": 0.5}}, {"name": "cat", "metrics": {"acc": 0.75}}],
    ],
)
def test_results_by_name_are_a_run_each(tmp_path: Path, document: object) -> None:
    found = read_named(tmp_path, "all.json", json.dumps(document))
    assert {name: found.last(run_id)["acc"] for name, run_id in by_name(found).items()} == {
        "fox": 0.5,
        "cat": 0.75,
    }


def test_parts_of_one_run_are_not_taken_for_runs(tmp_path: Path) -> None:
    text = '{"train": {"loss": 0.5, "acc": 0.75}, "test": {"loss": 1.5, "acc": 0.25}}'
    found = read_named(tmp_path, "scores.json", text)
    assert found.last(only(found)) == {"train.loss": 0.5, "train.acc": 0.75,
                                       "test.loss": 1.5, "test.acc": 0.25}  # fmt: skip


DOCUMENT = {
    "config": {"lr": 0.1, "betas": [0.9, 0.999]},
    "history": [{"epoch": 1, "train": {"loss": 1.0}}, {"epoch": 2, "train": {"loss": 0.5}}],
    "val_acc": [0.25, None, 0.75],
    "test_accuracy": 0.5,
}


def test_a_document_of_one_run_keeps_its_history(tmp_path: Path) -> None:
    found = read_named(tmp_path, "run.json", json.dumps(DOCUMENT))
    run_id = only(found)
    assert found.points(run_id) == {"train.loss": [(1, 1.0), (2, 0.5)],
                                    "val_acc": [(0, 0.25), (2, 0.75)]}  # fmt: skip
    assert params(found, run_id) == {"lr": "0.1", "betas.0": "0.9", "betas.1": "0.999"}
    assert found.last(run_id)["test_accuracy"] == 0.5


def test_epochs_nested_by_split_are_steps(tmp_path: Path) -> None:
    rows = [{"episode": 1, "train": {"loss": 1.0}}, {"episode": 2, "train": {"loss": 0.5}}]
    found = read_named(tmp_path, "epochs.json", json.dumps(rows))
    assert found.points(only(found)) == {"train.loss": [(1, 1.0), (2, 0.5)]}


def test_histories_in_metrics_files_and_in_hydras_results(tmp_path: Path) -> None:
    own = {"best": 0.5, "history": DOCUMENT["history"], "val": [0.5, 0.25]}
    expected = {"train.loss": [(1, 1.0), (2, 0.5)], "val": [(0, 0.5), (1, 0.25)]}
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "metrics.json").write_text(json.dumps(own))
    found = read(tmp_path / "plain", metrics_files.FORMAT)
    assert found.points(only(found)) == expected
    job = tmp_path / "job"
    (job / ".hydra").mkdir(parents=True)
    (job / ".hydra" / "config.yaml").write_text("lr: 0.1\n")
    (job / "metrics.json").write_text(json.dumps(own))
    found = read(job, hydra.FORMAT)
    assert found.points(only(found)) == expected
    (job / "log.csv").write_text("epoch,loss\n0,1.5\n1,1.25\n")
    found = read(job, hydra.FORMAT, KERAS)  # joined: the job's series move to the run of the log
    assert found.points(only(found)) == {"loss": [(0, 1.5), (1, 1.25)], **expected}


def test_prose_and_foreign_documents_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "series.csv").write_text("season,episode,title\n1,1,Pilot\n")
    (tmp_path / "creatures.csv").write_text("name,generation,hp\nfox,1,45\n")
    (tmp_path / "notes.log").write_text("epoch is a word here\nand 3 is a number\n")
    (tmp_path / "data.json").write_text('{"fox": {"acc": 0.5}, "cat": {"acc": 0.75}}')
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT, KERAS)


def test_a_log_of_several_runs_in_a_row_says_so(tmp_path: Path) -> None:
    lines = [{"epoch": epoch, "loss": 1 / epoch} for epoch in (1, 2, 1, 2, 3, 1)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(map(json.dumps, lines)))
    many = "".join(f"{epoch % 100},2,0\n" for epoch in range(200))
    (tmp_path / "log.csv").write_text(f"epoch,loss,acc\n{many}")
    found = read(tmp_path, KERAS, FORMAT)
    said = [message for _, _, message in found.notices]
    assert said == [
        "the steps begin again once; all points are kept in one run",
        "the steps begin again 2 times; all points are kept in one run",
    ]


def test_runs_are_called_by_what_names_them_wherever_that_stands(tmp_path: Path) -> None:
    rows = [{"commit": "37e091b", "model": "ridge", "metrics": {"r2": 0.5}},
            {"commit": "fcf5016", "model": "boost", "metrics": {"r2": 0.75}}]  # fmt: skip
    found = read_named(tmp_path, "m.jsonl", "\n".join(map(json.dumps, rows)))
    assert list(by_name(found)) == ["ridge", "boost"]


def test_a_document_that_must_be_named_is_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "all.jsonl").write_text('{"model": "fox", "acc": 0.5}\n')
    with pytest.raises(SourceError, match=r"read when it is named itself: .*all\.jsonl"):
        read(tmp_path, FORMAT)


def test_labels_beside_the_step_tell_runs_apart_too(tmp_path: Path) -> None:
    text = "round,condition,acc\n0,base,0.1\n1,skill,0.2\n1,train,0.3\n2,skill,0.4\n2,train,0.5\n"
    (tmp_path / "metrics.csv").write_text(text)
    found = read(tmp_path, FORMAT)
    runs = by_name(found)
    assert list(runs) == ["condition=base", "condition=skill", "condition=train"]
    assert found.points(runs["condition=train"]) == {"acc": [(1, 0.3), (2, 0.5)]}


def test_rows_are_called_by_as_many_labels_as_it_takes(tmp_path: Path) -> None:
    text = "model,target,k,rmse\nlinear,load,1,2.5\nlinear,speed,1,1.5\nridge,load,1,2.25\n"
    found = read_named(tmp_path, "t.csv", text)
    assert list(by_name(found)) == ["linear load", "linear speed", "ridge load"]


def test_lists_of_other_training_loops_are_a_history_too(tmp_path: Path) -> None:
    history = {"epoch": [1, 2], "train_loss": [1.0, 0.5], "test_acc": [0.25, None], "best": 2}
    (tmp_path / "history.json").write_text(json.dumps(history | {"by": "me"}))
    (tmp_path / "times.json").write_text('{"time": [1, 2], "price": [3, 4]}')
    found = read(tmp_path, KERAS)
    run_id = only(found)
    assert found.points(run_id) == {"train_loss": [(1, 1.0), (2, 0.5)], "test_acc": [(1, 0.25)]}
    assert found.last(run_id)["best"] == 2
    assert tags(found, run_id) == {"by": "me"}


def test_a_table_under_a_name_that_does_not_say_so(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("epoch\ttrain_loss\n1\t0.5\n2\t0.25\n")
    (tmp_path / "server.log").write_text("2026-01-01 10:00:00,123 INFO loss, all fine\n")
    found = read(tmp_path, FORMAT)
    assert found.points(only(found)) == {"train_loss": [(1, 0.5), (2, 0.25)]}
    found = read_named(tmp_path, "models.dat", "model acc n\nfox 0.5 1\ncat 0.75 2\n")
    assert list(by_name(found)) == ["fox", "cat"]


def test_scores_as_yaml_or_as_plain_lines_are_a_run(tmp_path: Path) -> None:
    text = "model: fox\naccuracy: 0.5\nparams:\n  lr: 0.1\n"
    for name in ("scores.yaml", "scores.txt"):
        found = read_named(tmp_path, name, text)
        assert found.last(only(found)) == {"accuracy": 0.5}
        assert params(found, only(found))["lr"] == "0.1"
    with pytest.raises(SourceError):
        read_named(tmp_path, "compose.yaml", "services:\n  web:\n    ports: 80\n")


def test_dvcs_table_of_experiments_names_them_and_their_commits(tmp_path: Path) -> None:
    header = "Experiment,rev,typ,Created,parent,State,Executor,acc,lr\n"
    rows = (",workspace,baseline,,,,,0.5,0.1\n"
            "grey-mule,1234567,branch_base,2026-01-02T03:04:05,,Success,,0.75,0.2\n")  # fmt: skip
    (tmp_path / "experiments.csv").write_text(header + rows, encoding="utf-8")
    found = read(tmp_path / "experiments.csv", FORMAT)
    assert {run_id: (run["name"], run["status"], run["experiment"])
            for run_id, run in found.runs.items()} == {
        "workspace": ("workspace", "", None), "1234567": ("grey-mule", "finished", None),
    }  # fmt: skip
    assert found.last("1234567") == {"acc": 0.75}
    assert found.values("param", "1234567") == {"lr": ("text", "0.2")}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "model,lr,seed,accuracy\nrf,0.1,1,0.91\nrf,0.1,2,0.92\nmlp,0.1,1,0.95\n",
            ["rf seed=1", "rf seed=2", "mlp seed=1"],
        ),
        (
            "params.model,params.lr,metrics.acc\nrf,0.1,0.9\nmlp,0.1,0.8\nrf,0.2,0.7\n",
            ["model=rf lr=0.1", "model=mlp lr=0.1", "model=rf lr=0.2"],
        ),
        (
            "lr,accuracy\n0.1,0.91\n0.1,0.92\n",
            ["results#1", "results#2"],
        ),
    ],
)
def test_rows_without_a_name_are_called_by_what_tells_them_apart(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    found = read_named(tmp_path, "results.csv", text)
    assert [run["name"] for run in found.runs.values()] == names


def test_rows_and_numbered_folders_stand_in_their_order(tmp_path: Path) -> None:
    rows = "".join(f"m{-number},{number / 10}\n" for number in range(12))
    (tmp_path / "results.csv").write_text(f"model,accuracy\n{rows}")
    _, chosen = read_list([str(tmp_path / "results.csv")], ReadOptions(), SelectionOptions())
    assert [run.name for run in chosen.runs] == [f"m{-number}" for number in range(12)]
    for number in (10, 9, 1):
        folder = tmp_path / "logs" / f"version_{number}"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text("epoch,step,loss\n0,1,0.5\n")
    _, chosen = read_list([str(tmp_path / "logs")], ReadOptions(), SelectionOptions())
    assert [run.name for run in chosen.runs] == ["version_1", "version_9", "version_10"]
