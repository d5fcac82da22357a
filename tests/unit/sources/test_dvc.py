"""DVC workspaces, git revisions of them and dumps say the same about one state."""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources import dvc
from rundiff.sources.base import Batch, ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.dvc_git import Repository
from rundiff.sources.dvc_project import read_state

DVC_YAML = """
stages:
  train:
    cmd: python train.py
    deps: [train.py, data/in.csv]
    params:
      - lr
      - conf/other.toml: [a.b]
      - settings.py:
    metrics:
      - ${where}/metrics.json: {cache: false}
      - gone.json
    plots:
      - logs.csv: {x: epoch, y: loss}
      - roc.json: {x: fpr, y: tpr}
plots:
  - dvclive/plots/metrics: {x: step}
"""
DVC_LOCK = """
schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - {path: train.py, md5: c0de, size: 10}
    - {path: data/in.csv, md5: da7a, size: 99}
    outs:
    - {path: model.pkl, md5: '0007', size: 5}
"""
FILES = {
    "dvc.yaml": DVC_YAML,
    "dvc.lock": DVC_LOCK,
    "params.yaml": "lr: 1e-3\nmodel: {depth: 3}\nwhere: out\n",
    "conf/other.toml": "[a]\nb = 1\nc = 2\n",
    "settings.py": "import os\nSEED = 7\nclass Net:\n    width: int = 8\nos.abort()\n",
    "out/metrics.json": '{"acc": 0.5, "val": {"loss": "nan", "name": "x"}}',
    "logs.csv": "epoch,loss,note\n0,2.5,a\n1,1.5,\n",
    "roc.json": '[{"fpr": 0, "tpr": 1}]',
    "dvclive/plots/metrics/train/acc.tsv": "step\tacc\n0\t0.25\n5\tinf\n",
    "dvclive/plots/metrics/step.tsv": "step\n0\n3\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def git(folder: Path, *arguments: str) -> None:
    person = {"NAME": "Ada", "EMAIL": "nobody@example.invalid", "DATE": "@1700000000 +0000"}
    own = {f"GIT_{who}_{key}": text for who in ("AUTHOR", "COMMITTER")
           for key, text in person.items()}  # fmt: skip
    subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        env={**os.environ, **own, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"},
        check=True,
        capture_output=True,
    )


def read(source: str | Path) -> Batch:
    (batch,) = load_sources([str(source)], ReadOptions(), formats=[dvc.FORMAT]).batches
    return batch


def values(batch: Batch, table: str) -> dict[str, str]:
    return {row["key"]: row["value"] for row in batch.tables[table].to_pylist()}


def check_contents(batch: Batch) -> None:
    assert values(batch, "param") == {
        "lr": "0.001",
        "model.depth": "3",
        "where": "out",
        "conf/other.toml:a.b": "1",
        "settings.py:SEED": "7",
        "settings.py:Net.width": "8",
    }
    summaries = {row["key"]: row["last"] for row in batch.tables["metric_summary"].to_pylist()}
    assert math.isnan(summaries.pop("val.loss"))
    assert summaries == {"acc": 0.5, "loss": 1.5, "train/acc": math.inf, "step": 3.0}
    points = batch.load_points(batch.tables.run_ids).to_pylist()
    assert [(row["step"], row["value"]) for row in points if row["key"] == "train/acc"] == [
        (0.0, 0.25),
        (5.0, math.inf),
    ]
    assert values(batch, "tag") == {"val.name": "x"}
    (dataset,) = batch.tables["dataset"].to_pylist()
    assert (dataset["name"], dataset["digest"], dataset["context"]) == (
        "data/in.csv", "da7a", "train",
    )  # fmt: skip
    environment = values(batch, "environment")
    assert environment["code.train.py"] == "c0de"
    assert environment["command.train"] == "python train.py"
    (artifact,) = batch.tables["artifact"].to_pylist()
    assert (artifact["path"], artifact["size"]) == ("model.pkl", 5)
    messages = [(row["severity"], row["message"]) for row in batch.tables["problem"].to_pylist()]
    assert len(messages) == 1
    assert messages[0][0] == "notice"
    assert messages[0][1].startswith("is declared, but not in the ")


def test_a_workspace_is_one_run(tmp_path: Path) -> None:
    batch = read(write(tmp_path / "project", FILES))
    assert batch.tables.run_ids == ["project"]
    check_contents(batch)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = write(tmp_path / "project", FILES)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "First\n\nWith a body.")
    git(folder, "tag", "model@v1#dev#1")
    write(folder, {"README": "nothing that counts"})
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Explain")
    write(folder, {"params.yaml": "lr: 0.5\nwhere: out\n"})
    git(folder, "commit", "--quiet", "--all", "--message", "Faster")
    git(folder, "update-ref", "refs/exps/ab/cdef/bold-name", "HEAD")
    return folder


LOOPS = """
vars:
  - names.yaml:regions
  - suffix: v1
stages:
  train:
    foreach: ${regions}
    do:
      cmd: python train.py ${item}
      metrics: ["out/${item}-${suffix}.json"]
  test:
    foreach:
      small: {file: s.json}
    do:
      cmd: python test.py ${key}
      metrics: ["${item.file}"]
  grid:
    matrix:
      model: [cnn]
      seed: [1, 2]
    cmd: python grid.py
    metrics: ["grid/${item.model}_${item.seed}.json"]
  inner:
    wdir: sub
    cmd: python inner.py ${paths[0]}
    params: [depth]
    metrics:
      - ../inner.json:
          cache: false
"""


NUMBERS = ", ".join(map(str, range(10_000)))
KEY = "{'${long}': [a]}"
BOMBS = {
    "loop": f"do: {{metrics: [{', '.join(f'm{n}.json' for n in range(1_000))}]}}\n"
    f"    foreach: [{NUMBERS}]",
    "text": f"metrics: ['{'${long}' * 20_000}']",
    "keys": f"params: [{', '.join([KEY] * 10_000)}]",
    "names": f"matrix: {{a: [{'x' * 10_000}], b: [{NUMBERS}]}}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_templates_that_come_to_too_much_are_read_as_they_are_written(
    bomb: str, tmp_path: Path
) -> None:
    write(tmp_path, {
        "dvc.yaml": f"vars:\n  - long: '{'x' * 100_000}'\nstages:\n  bomb:\n    {bomb}\n",
        "params.yaml": "lr: 0.1\n",
    })  # fmt: skip
    loaded = load_sources([str(tmp_path)], ReadOptions())
    assert [row["value"] for row in loaded.batches[0].tables["param"].to_pylist()] == ["0.1"]
    problems = loaded.batches[0].tables["problem"].to_pylist()
    assert [row["severity"] for row in problems if "templates" in row["message"]] == ["error"]


def test_loops_working_folders_and_variables_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text(LOOPS)
    (tmp_path / "names.yaml").write_text("regions: [us, uk]\nother: 1\n")
    (tmp_path / "params.yaml").write_text("lr: 0.1\npaths: [a]\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "params.yaml").write_text("depth: 3\n")
    names = ("out/us-v1", "out/uk-v1", "s", "grid/cnn_1", "grid/cnn_2", "inner")
    for place, name in enumerate(names):
        path = tmp_path / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'{{"m{place}": {place}}}')
    batch = read(tmp_path)
    assert {row["key"]: row["last"] for row in batch.tables["metric_summary"].to_pylist()} == {
        f"m{place}": place for place in range(len(names))
    }
    assert values(batch, "param") == {"lr": "0.1", "paths.0": "a", "depth": "3"}
    commands = values(batch, "environment")
    assert commands["command.train@uk"] == "python train.py uk"
    assert commands["command.inner"] == "python inner.py a"
    assert batch.tables["problem"].num_rows == 0


def test_a_revision_is_read_from_git_without_a_checkout(repository: Path) -> None:
    before = (repository / "params.yaml").read_text("utf-8")
    batch = read(f"dvc:{repository}@model@v1#dev#1")
    check_contents(batch)
    (run,) = batch.tables["run"].to_pylist()
    assert (run["name"], run["user"], run["status"]) == ("model@v1#dev#1", "Ada", "finished")
    assert run["start_time"] == 1_700_000_000_000_000
    assert run["note"] == "First\n\nWith a body."
    assert (repository / "params.yaml").read_text("utf-8") == before


def test_names_of_experiments_and_of_branches_are_revisions(repository: Path) -> None:
    for name in ("main", "HEAD", "bold-name"):
        assert values(read(f"dvc:{repository}@{name}"), "param")["lr"] == "0.5"


def test_a_range_gives_the_commits_that_changed_something(repository: Path) -> None:
    git(repository, "branch", "root", "HEAD~2")
    runs = read(f"dvc:{repository}@root..main").tables["run"].to_pylist()
    assert [run["name"] for run in runs] == ["Explain", "Faster"]


def test_an_unknown_revision_names_those_there_are(repository: Path) -> None:
    with pytest.raises(SourceError, match=r"no revision 'nope'.*'main'"):
        read(f"dvc:{repository}@nope")
    with pytest.raises(SourceError, match="names no folder"):
        read("dvc:/nowhere/at/all@main")


def test_nothing_that_a_repository_configures_is_run(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n", "utf-8")
    hook.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(hook))
    git(repository, "config", "core.pager", str(hook))
    git(repository, "config", "core.sshCommand", str(hook))
    git(repository, "config", "remote.origin.url", f"ext::{hook}")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "extensions.partialClone", "origin")
    for name in (repository / ".git" / "objects").rglob("*"):
        if name.is_file() and name.stat().st_size > 120:
            name.unlink()  # a missing object is what git would fetch
            break
    with contextlib.suppress(SourceError):
        read(f"dvc:{repository}@main")
    assert not mark.exists()


def test_a_dump_of_exp_show(tmp_path: Path) -> None:
    def state(revision: str, rate: float, accuracy: Any) -> dict[str, Any]:
        return {
            "rev": revision,
            "timestamp": "2026-01-01T00:00:00",
            "params": {"params.yaml": {"data": {"lr": rate}}, "o.toml": {"data": {"a": {"b": 1}}}},
            "metrics": {"metrics.json": {"data": {"acc": accuracy}}},
            "deps": {"train.py": {"hash": "c0de"}, "data.csv": {"hash": "da7a"}},
        }

    experiment = {"rev": "e" * 40, "name": "bold", "data": state("e" * 40, 0.5, math.nan)}
    dump = [
        {"rev": "workspace", "name": None, "data": state("workspace", 0.5, 0.75), "error": None,
         "experiments": None},
        {"rev": "b" * 40, "name": "main", "data": state("b" * 40, 0.1, 0.25), "error": None,
         "experiments": [{"revs": [experiment], "executor": {"state": "failed"}}]},
    ]  # fmt: skip
    path = tmp_path / "show.json"
    path.write_text(json.dumps(dump), "utf-8")
    batch = read(path)
    runs = batch.tables["run"].to_pylist()
    assert [(run["name"], run["status"]) for run in runs] == [
        ("workspace", ""),
        ("main", ""),
        ("bold", "failed"),
    ]
    assert runs[2]["parent_run_id"] == runs[1]["run_id"]
    assert values(batch, "param") == {"lr": "0.5", "o.toml:a.b": "1"}
    assert {row["name"] for row in batch.tables["dataset"].to_pylist()} == {"data.csv"}


def test_real_projects(corpus: Path, tmp_path: Path) -> None:
    truth = json.loads((corpus / "real" / "ground_truth.json").read_text("utf-8"))["counts"]["dvc"]
    for name, counts in truth.items():
        folder = corpus / "real" / "dvc" / name
        batch = read(folder / "HEAD")
        assert len(batch.tables.run_ids) == 1
        assert all(row["severity"] == "notice" for row in batch.tables["problem"].to_pylist())
        bundle = folder / "history.bundle"
        subprocess.run(["git", "clone", "--quiet", "--mirror", bundle, tmp_path / name], check=True)
        listed = subprocess.run(
            ["git", "rev-list", "--all"], cwd=tmp_path / name, check=True, capture_output=True
        )
        commits = listed.stdout.decode().split()
        assert len(commits) == counts["commits"]
        with_params = with_metrics = 0
        states = set()
        with Repository(str(tmp_path / name)) as repository:
            for sha in commits:
                state = read_state(repository.files(sha))
                with_params += bool(state.params)
                with_metrics += bool(state.metrics)
                states.add(json.dumps([state.params, state.metrics]))
        assert with_params == counts["commits_with_params"]
        assert with_metrics == counts["commits_with_metrics_in_git"]
        # The independent count is by file contents; two of them say the same.
        assert counts["distinct_param_metric_states"] - len(states) in (0, 1)


def test_what_dvc_yaml_declares_is_of_the_workspaces_run(tmp_path: Path) -> None:
    project = write(tmp_path / "project", {
        "dvc.yaml": "stages:\n  train:\n    cmd: x\n    plots: [curve.csv: {x: epoch}]\n"
                    "plots:\n- Loss over time:\n    x: step\n    y:\n"
                    "      train.csv: loss\n      out/valid.csv: loss\n",
        "curve.csv": "epoch,val_loss\n0,0.5\n1,0.25\n",
        "train.csv": "step,loss\n0,3\n1,2\n",
        "out/valid.csv": "step,loss\n0,5\n1,4\n",
        "other.csv": "epoch,val_loss\n0,0.5\n1,0.25\n",
    })  # fmt: skip
    batches = load_sources([str(project)], ReadOptions()).batches
    runs = {batch.kind: batch.tables.run_ids for batch in batches}
    assert runs["dvc"] == ["project"]
    assert [run for kind, ids in runs.items() if kind != "dvc" for run in ids] == [
        "project/other.csv"
    ]
    batch = read(project)
    last = {row["key"]: row["last"] for row in batch.tables["metric_summary"].to_pylist()}
    assert last == {"val_loss": 0.25, "train.loss": 2.0, "out/valid.loss": 4.0}
    assert batch.tables["problem"].num_rows == 0


def test_a_series_of_dvclive_has_the_name_that_dvc_shows(tmp_path: Path) -> None:
    project = write(tmp_path / "project", {
        "dvc.yaml": "metrics: [dvclive/metrics.json]\nplots: [dvclive/plots/metrics: {x: step}]\n",
        "dvclive/metrics.json": '{"train": {"loss": 0.25}, "step": 1}',
        "dvclive/plots/metrics/train/loss.tsv": "step\tloss\n0\t0.5\n1\t0.25\n",
    })  # fmt: skip
    rows = read(project).tables["metric_summary"].to_pylist()
    assert sorted((row["key"], row["last"], row["points"]) for row in rows) == [
        ("step", 1.0, 0), ("train.loss", 0.25, 2),
    ]  # fmt: skip


def test_a_key_that_two_files_hold_is_told_apart(tmp_path: Path) -> None:
    files = {
        "params.yaml": "lr: 0.1\nseed: 1\n", "dvclive/params.yaml": "lr: 0.5\nseed: 1\n",
        "a.json": '{"acc": 0.25, "loss": 1}', "b.json": '{"acc": 0.75}',
        "dvc.yaml": "params: [dvclive/params.yaml]\nmetrics: [a.json, b.json]\n",
    }  # fmt: skip
    params = {"lr": "0.1", "seed": "1", "dvclive/params.yaml:lr": "0.5"}
    metrics = {"a.json:acc": 0.25, "loss": 1.0, "b.json:acc": 0.75}
    batch = read(write(tmp_path / "project", files))
    assert values(batch, "param") == params
    rows = batch.tables["metric_summary"].to_pylist()
    assert {row["key"]: row["last"] for row in rows} == metrics

    data = {
        "rev": "workspace",
        "params": {name: {"data": {"lr": lr, "seed": 1}}
                   for name, lr in (("params.yaml", 0.1), ("dvclive/params.yaml", 0.5))},
        "metrics": {"a.json": {"data": {"acc": 0.25, "loss": 1}},
                    "b.json": {"data": {"acc": 0.75}}},
    }  # fmt: skip
    shown = [{"rev": "workspace", "name": None, "data": data, "error": None, "experiments": None}]
    (tmp_path / "show.json").write_text(json.dumps(shown), "utf-8")
    batch = read(tmp_path / "show.json")
    assert values(batch, "param") == params
    rows = batch.tables["metric_summary"].to_pylist()
    assert {row["key"]: row["last"] for row in rows} == metrics


def test_a_stage_that_reads_metrics_has_no_other_data(tmp_path: Path) -> None:
    """Else runs with other metrics would stand on other data, and nothing could be judged."""
    lock = ("stages:\n  evaluate:\n    cmd: x\n    deps:\n"
            "    - {path: live/metrics.json, md5: aa}\n"
            "    - {path: raw.csv, md5: bb}\n")  # fmt: skip
    dvc_yaml = "metrics: [live/metrics.json]\n"
    files = {"dvc.yaml": dvc_yaml, "dvc.lock": lock, "live/metrics.json": '{"acc": 0.5}'}
    batch = read(write(tmp_path / "project", files))
    assert [row["name"] for row in batch.tables["dataset"].to_pylist()] == ["raw.csv"]

    deps = {"live/metrics.json": {"hash": "aa"}, "raw.csv": {"hash": "bb"}}
    queued = {"rev": "e" * 40, "params": {}, "metrics": {}, "deps": deps}
    done = {"rev": "workspace", "metrics": {"live/metrics.json": {"data": {"acc": 0.5}}}}
    shown = [
        {"rev": each["rev"], "name": None, "data": each, "error": None, "experiments": None}
        for each in (done, queued)
    ]
    (tmp_path / "show.json").write_text(json.dumps(shown), "utf-8")
    rows = read(tmp_path / "show.json").tables["dataset"].to_pylist()
    assert [row["name"] for row in rows] == ["raw.csv"]


def test_experiments_in_git_are_pointed_at(tmp_path: Path) -> None:
    project = write(tmp_path / "project", FILES)
    base = f".git/refs/exps/{'ab'}/{'c' * 38}"
    write(project, {f"{base}/grey-mule": "", ".git/refs/exps/celery/stash": "",
                    f".git/refs/exps/{'a' * 40}": "", f"{base}/white space": ""})  # fmt: skip
    packed = "".join(f"{'0' * 40} refs/exps/ab/{'d' * 38}/old-{n}\n" for n in range(3))
    write(project, {".git/packed-refs": f"# pack-refs with: peeled\n{packed}"})
    notices = [row["message"] for row in read(project).tables["problem"].to_pylist()]
    assert notices[0] == (
        "4 experiments are in git, a run each when named: "
        "dvc:project@grey-mule, dvc:project@old-0, dvc:project@old-1, …"
    )
