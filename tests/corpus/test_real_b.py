"""Real files of W&B, TensorBoard, the Trainer, Lightning, dvclive: independent readers' counts."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from rundiff.sources import dvclive, hf_trainer, lightning, tensorboard, wandb
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources

from tests.unit.sources.reading import Found, read

REAL = (
    ("asv", {"asv": 215}),
    ("hydra", {"hydra": 16}),
    ("lightning", {"lightning": 25, "tensorboard": 5}),
    ("lm_eval", {"lm-eval": 72}),
    ("mlflow_file", {"mlflow-files": 80}),
    ("pytest_benchmark", {"pytest-benchmark": 34}),
    ("ray_tune", {"ray-tune": 9}),
    ("sacred", {"sacred": 19}),
    ("tfevents", {"tensorboard": 25}),
    ("trainer_state", {"hf-trainer": 3}),
    ("wandb", {"wandb": 8}),
)


def truth(corpus: Path, kind: str) -> dict[str, dict[str, Any]]:
    counts = json.loads((corpus / "real" / "ground_truth.json").read_text("utf-8"))["counts"]
    found: dict[str, dict[str, Any]] = counts[kind]
    return found


def at(found: Found, location: str) -> str:
    """The id of the run that was read at a place."""
    [run_id] = [row["run_id"] for row in found.rows("run") if row["location"] == location]
    return str(run_id)


def count_points(found: Found, run_id: str) -> int:
    return sum(len(points) for points in found.points(run_id).values())


@pytest.mark.parametrize(("folder", "kinds"), REAL)
def test_with_all_formats_known_each_folder_is_read_by_its_own(
    corpus: Path, folder: str, kinds: dict[str, int]
) -> None:
    loaded = load_sources([str(corpus / "real" / folder)], ReadOptions())
    found: dict[str, int] = {}
    for batch in loaded.batches:
        found[batch.kind] = found.get(batch.kind, 0) + batch.tables["run"].num_rows
    assert found == kinds


def test_wandb_logs_give_every_row_and_key(corpus: Path) -> None:
    repository = "chris-santiago__vime"
    found = read(corpus / "real" / "wandb" / repository, wandb.FORMAT)
    runs = {place: counts for place, counts in truth(corpus, "wandb")[repository].items() if counts}
    assert len(found.runs) == len(runs) == 8
    for place, counts in runs.items():
        run_id = at(found, f"{repository}/{place}")
        assert len(found.values("param", run_id)) == counts["config_keys"]
        log = counts.get("wandb_file")
        own = 3  # _step, _runtime, _timestamp; in the summary _wandb too
        assert len(found.last(run_id)) == counts["summary_keys"] - own - 1
        if log:
            points = found.points(run_id)
            assert len(points) == log["history_keys"] - own
            assert len(points["epoch"]) == log["kinds"]["history"]
            assert found.runs[run_id]["status"] == "finished"
        else:
            assert found.points(run_id) == {}
    assert not found.errors


def test_event_files_give_every_scalar(corpus: Path) -> None:
    for repository, files in truth(corpus, "tfevents").items():
        found = read(corpus / "real" / "tfevents" / repository, tensorboard.FORMAT)
        expected = sum(counts["kinds"].get("simple_value", 0) for counts in files.values())
        assert sum(count_points(found, run_id) for run_id in found.runs) == expected
        assert not found.errors


def test_the_histories_of_checkpoints_are_those_of_the_longest(corpus: Path) -> None:
    for repository, files in truth(corpus, "trainer_state").items():
        found = read(corpus / "real" / "trainer_state" / repository, hf_trainer.FORMAT)
        longest = max(files.values(), key=lambda counts: int(counts["entries"]))
        run_id = at(found, f"{repository}/results")
        assert count_points(found, run_id) == longest["points"]
        assert sorted(found.points(run_id)) == longest["metrics"]
        assert not found.errors
    # One of these seven states does not begin like the others: another training wrote it.
    assert [run["name"] for run in found.runs.values()] == ["results", "results/checkpoint-500"]


def test_lightning_tables_give_every_filled_cell(corpus: Path) -> None:
    for repository, files in truth(corpus, "lightning").items():
        formats = (lightning.FORMAT, tensorboard.FORMAT)
        found = read(corpus / "real" / "lightning" / repository, *formats)
        for file, counts in files.items():
            folder, _, name = file.rpartition("/")
            run_id = at(found, f"{repository}/{folder}")
            if name == "metrics.csv" and "columns" not in counts:
                assert found.points(run_id) == {}
            elif name == "metrics.csv":
                columns = set(counts["columns"])
                unplotted = 1 + ("created_at" in columns) if columns - {""} else 0
                expected = counts["filled_cells"] - counts["rows"] * unplotted
                assert count_points(found, run_id) == expected
                values = [value for series in found.points(run_id).values() for _, value in series]
                assert sum(not math.isfinite(value) for value in values) == counts["nonfinite"]
            elif name == "meta_tags.csv":
                keys = {key.partition(".")[0] for key in found.values("param", run_id)}
                assert len(keys) == counts["rows"] - 1  # its header
            elif name == "hparams.yaml" and counts["python_tags"] == []:
                assert bool(found.values("param", run_id)) == bool(counts["leaves"])
        assert not found.errors


def test_tensorboardx_and_dvclive_give_the_values_that_were_logged(corpus: Path) -> None:
    kinds = (("tensorboardX", tensorboard.FORMAT), ("dvclive", dvclive.FORMAT))
    for folder, known in kinds:
        logged = json.loads((corpus / "mlflow_real" / folder / "ground_truth.json").read_text())
        found = read(corpus / "mlflow_real" / folder, known)
        assert len(found.runs) == len(logged) == 5
        for run_id, (name, expected) in zip(found.runs, logged.items(), strict=True):
            points = found.points(run_id)
            for key, series in expected["metrics"].items():
                wanted = [(step, single(value) if folder == "tensorboardX" else value)
                          for step, value in series]  # fmt: skip
                assert points[key] == wanted, (name, key)
            params = {key: float(text) for key, (_, text) in found.values("param", run_id).items()}
            assert params == expected["config"]


def single(value: float) -> float:
    """A double as an event file holds it."""
    narrow: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return narrow
