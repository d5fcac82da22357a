"""dvclive folders of the new and the old layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from rundiff.errors import SourceError
from rundiff.sources.dvclive import FORMAT

from tests.unit.sources.reading import read


def write_run(folder: Path, **series: str) -> Path:
    for key, text in series.items():
        path = folder / "plots" / "metrics" / f"{key.replace('__', '/')}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "params.yaml").write_text("lr: 1e-3\nnet: {depth: 2}\n")
    return folder


def test_series_are_called_by_their_path_and_last_values_complete_them(tmp_path: Path) -> None:
    run = write_run(
        tmp_path / "run",
        train__loss="step\tloss\n0\t0.5\n1\tnan\n2\tinf\n",
        step="step\tstep\n0\t7\n1\t8\n",
        lonely="lonely\n0.5\n0.25\n",
    )
    (run / "metrics.json").write_text(
        '{"train": {"loss": "inf"}, "final": {"acc": 0.5}, "step": 2, "who": "me"}'
    )
    (run / "plots" / "roc.json").write_text("[]")
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    points = found.points(run_id)
    assert str(points["train/loss"]) == "[(0.0, 0.5), (1.0, nan), (2.0, inf)]"
    assert points["step"] == [(0, 7), (1, 8)]
    assert points["lonely"] == [(0, 0.5), (1, 0.25)]
    assert found.last(run_id)["final/acc"] == 0.5
    assert found.values("param", run_id) == {"lr": ("float", "0.001"), "net.depth": ("int", "2")}
    assert found.values("tag", run_id) == {
        "dvclive.step": ("int", "2"),
        "dvclive.who": ("text", "me"),
    }
    assert [row["path"] for row in found.rows("artifact")] == ["plots/roc.json"]


def test_the_layout_before_1_0_has_times_and_lies_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "dvclive").mkdir()
    (tmp_path / "dvclive" / "Train loss.tsv").write_text(
        "timestamp\tstep\tTrain loss\n1650000000500\t3\t0.25\n"
    )
    (tmp_path / "dvclive" / "dvclive.json").write_text('{"step": 3, "Train loss": 0.25}')
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.points(run_id) == {"Train loss": [(3, 0.25)]}
    assert found.batches[0].load_points([run_id])["time"].to_pylist() == [1_650_000_000_500_000]


def test_a_folder_that_a_dvc_yaml_above_names_is_part_of_that_run(tmp_path: Path) -> None:
    write_run(tmp_path / "dvclive", loss="step\tloss\n0\t1\n")
    (tmp_path / "dvc.yaml").write_text("metrics:\n- dvclive/metrics.json\n")
    with pytest.raises(SourceError, match="no runs found"):
        read(tmp_path, FORMAT)
