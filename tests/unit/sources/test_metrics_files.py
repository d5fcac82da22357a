"""Runs without a tracker: a file of metrics, and settings beside it."""

from pathlib import Path

import pytest
from rundiff.errors import SourceError
from rundiff.sources import dvc, metrics_files, tabular
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources

from tests.unit.sources.reading import Found, read


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_a_folder_with_metrics_and_settings_is_a_run(tmp_path: Path) -> None:
    write(
        tmp_path / "runs" / "wide",
        metrics__json='{"test": {"acc": 0.9, "f1": 1}, "note": "good", "curve": [0.5, 0.25]}',
        config__yaml="lr: 1e-3\nmodel: {depth: 2}\n",
    )
    write(tmp_path / "runs" / "deep", results__json='{"acc": 0.8}', params__json='{"lr": 0.1}')
    found = read(tmp_path, metrics_files.FORMAT)
    deep, wide = found.runs
    assert [run["name"] for run in found.runs.values()] == ["runs/deep", "runs/wide"]
    assert found.last(wide) == {"test.acc": 0.9, "test.f1": 1.0, "curve": 0.25}
    assert found.points(wide) == {"curve": [(0, 0.5), (1, 0.25)]}
    assert found.values("param", wide) == {"lr": ("float", "0.001"), "model.depth": ("int", "2")}
    assert found.values("tag", wide) == {"note": ("text", "good")}
    assert (found.last(deep), found.values("param", deep)) == (
        {"acc": 0.8}, {"lr": ("float", "0.1")}
    )  # fmt: skip


def test_settings_and_metrics_in_one_file_are_told_apart(tmp_path: Path) -> None:
    text = (
        "hyperparameters:\n  epochs: 40\nmetrics:\n  all: {accuracy: 0.5}\naverage: 0.25\nby: me\n"
    )
    write(tmp_path, metrics__yaml=text)
    found = read(tmp_path, metrics_files.FORMAT)
    (run_id,) = found.runs
    assert found.values("param", run_id) == {"epochs": ("int", "40")}
    assert found.last(run_id) == {"all.accuracy": 0.5, "average": 0.25}
    assert found.values("tag", run_id) == {"by": ("text", "me")}


def test_several_files_of_metrics_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, train_metrics__json='{"acc": 0.9}', test_metrics__json='{"acc": 0.8}')
    found = read(tmp_path, metrics_files.FORMAT)
    (run_id,) = found.runs
    assert found.last(run_id) == {"train_metrics.acc": 0.9, "test_metrics.acc": 0.8}


@pytest.mark.parametrize(
    "files",
    [
        {"results__json": '{"passed": 3}'},
        {"metrics__json": '{"title": "no numbers"}'},
        {"metrics__json": '[{"a": 1}]'},
        {"metrics__json": '{"run_id": "a", "params": {"lr": 1}, "metrics": {"a": 1}}'},
        {"metrics__json": '{"editable": true, "id": 12, "panels": [], "schemaVersion": 27}'},
        {"metrics__json": '{"kind": "PodMetrics", "apiVersion": "v1", "acc": 3}'},
        {"metrics__yaml": "apiVersion: v1\nkind: Deployment\nspec:\n  periodSeconds: 10\n"},
        {"metrics__yaml": "Metrics:\n\tButtonDepth: 1\n\tButtonFont: Regular\n"},
        {"metrics__yaml": "pings:\n  type: gauge\n  unit: s\nlimit:\n  type: absolute\n  n: 10\n"},
        {"config__json": '{"lr": 1}'},
        {"package__json": '{"version": 1}'},
    ],
)
def test_what_says_nothing_of_a_run_is_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, **files)
    with pytest.raises(SourceError):
        read(tmp_path, metrics_files.FORMAT)


def test_the_files_of_a_dvc_project_are_its_own(tmp_path: Path) -> None:
    write(tmp_path, dvc__yaml="metrics:\n- eval/metrics.json\n")
    write(tmp_path / "eval", metrics__json='{"acc": 0.9}')
    found = read(tmp_path, dvc.FORMAT, metrics_files.FORMAT)
    assert [run["source"] for run in found.runs.values()] == ["dvc"]


def test_json_lines_in_a_log_are_steps(tmp_path: Path) -> None:
    lines = '{"epoch": 0, "test_acc1": 0.5}\n{"epoch": 1, "test_acc1": 0.75}\n'
    write(tmp_path, log__txt=lines, notes__txt='{"a": 1}\n', server__log="GET / 200\n")
    found = read(tmp_path, tabular.FORMAT)
    (run_id,) = found.runs
    assert found.points(run_id) == {"test_acc1": [(0, 0.5), (1, 0.75)]}


def test_a_table_that_must_be_named_is_pointed_at(tmp_path: Path) -> None:
    write(tmp_path, results__csv="model,accuracy\nrf,0.9\n")
    with pytest.raises(SourceError, match=r"read when it is named itself: .*results\.csv"):
        read(tmp_path, metrics_files.FORMAT, tabular.FORMAT)


def test_a_metric_that_two_entries_name_counts_once(tmp_path: Path) -> None:
    write(tmp_path, **{"metrics.json": '{"a.b": 1, "a": {"b": 2}, "loss": 3}'})
    found = read(tmp_path, metrics_files.FORMAT)
    (run_id,) = found.runs
    assert [row["key"] for row in found.rows("metric_summary")] == ["a.b", "loss"]
    assert found.last(run_id) == {"a.b": 1.0, "loss": 3.0}
    assert [message for _, _, message in found.notices] == [
        "metric 'a.b' occurs twice; the first one counts"
    ]


def test_a_list_of_steps_is_a_history(tmp_path: Path) -> None:
    steps = '[{"epoch": 1, "loss": 0.5, "val": {"acc": 0.25}}, {"epoch": 2, "loss": 0.25}]'
    write(tmp_path / "a", **{"metrics.json": steps})
    write(tmp_path / "b", **{"metrics.json": '[{"name": "x", "epoch": 1}]'})  # of something else
    found = read(tmp_path, metrics_files.FORMAT)
    (run_id,) = found.runs
    assert found.points(run_id) == {"loss": [(1, 0.5), (2, 0.25)], "val.acc": [(1, 0.25)]}


def test_the_folder_one_is_in_has_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "fox", **{"metrics.json": '{"loss": 0.5}'})
    (tmp_path / "fox" / "inner").mkdir()
    named = [
        (run["run_id"], run["name"])
        for run in read(tmp_path / "fox", metrics_files.FORMAT).runs.values()
    ]
    assert named == [("fox", "fox")]
    for here, given in (("fox", "."), ("fox", "./"), ("fox/inner", "..")):
        monkeypatch.chdir(tmp_path / here)
        found = Found(load_sources([given], ReadOptions(), formats=[metrics_files.FORMAT]).batches)
        assert [(run["run_id"], run["name"]) for run in found.runs.values()] == named
