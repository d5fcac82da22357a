"""Real file stores give the counts of an independent reading; hostile ones lose no good run."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rundiff.sources import mlflow_files
from rundiff.sources.base import Batch, ReadOptions
from rundiff.sources.discover import load_sources

from tests.archives import unpack

STORES = (
    "10AcademyB6Week7__Scalable-Backtesting-Infrastructure",
    "1234525344__stock-quant",
    "14ayush__MlFlow-Pipeline",
    "16aryan__MLFlow",
)


def read(path: Path, *, include_deleted: bool = False) -> Batch:
    options = ReadOptions(include_deleted=include_deleted)
    (batch,) = load_sources([str(path)], options, formats=[mlflow_files.FORMAT]).batches
    return batch


@pytest.mark.parametrize("name", STORES)
def test_counts_of_real_stores(corpus: Path, name: str) -> None:
    counts = json.loads((corpus / "real" / "ground_truth.json").read_text("utf-8"))["counts"]
    truth = counts["mlflow_file"][name]
    batch = read(corpus / "real" / "mlflow_file" / name, include_deleted=True)
    runs = batch.tables["run"].to_pylist()
    assert len(runs) == truth["runs"]
    assert batch.tables["param"].num_rows == truth["params"]
    assert batch.tables["metric_summary"].num_rows == truth["metric_series"]
    assert batch.load_points(batch.tables.run_ids).num_rows == truth["points"]
    ours = {"mlflow.artifact_uri", "mlflow.deleted_time"}  # of meta.yaml, kept as tags
    tags = [row for row in batch.tables["tag"].to_pylist() if row["key"] not in ours]
    assert len(tags) == truth["tags"]
    statuses: Counter[str] = Counter()
    for row in runs:
        stage = "/deleted" if row["lifecycle_stage"] == "deleted" else ""
        statuses[row["status"].upper() + stage] += 1
    assert statuses == truth["status"]
    assert sum(row["end_time"] is None for row in runs) == truth.get("runs_without_end_time", 0)
    assert [row for row in batch.tables["problem"].to_pylist() if row["severity"] == "error"] == []


def test_deleted_runs_are_left_out_and_that_is_said(corpus: Path) -> None:
    batch = read(corpus / "real" / "mlflow_file" / "14ayush__MlFlow-Pipeline")
    assert len(batch.tables.run_ids) == 43
    (problem,) = batch.tables["problem"].to_pylist()
    assert problem["message"].startswith("3 deleted runs are left out")


@pytest.fixture(scope="module")
def hostile(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mlflow")
    unpack(corpus / "hostile" / "mlflow.tar.gz", folder, trust="fully_trusted")
    for packed in (folder / "mlflow").glob("*.tar.gz"):
        unpack(packed, folder / "mlflow", trust="fully_trusted")
    return folder / "mlflow"


def test_every_hostile_store_keeps_its_good_runs(hostile: Path) -> None:
    cases = json.loads((hostile / "cases.json").read_text("utf-8"))
    assert len(cases) == 29
    for case in cases:
        started = time.process_time()
        batch = read(hostile / case["case"])
        assert len(batch.tables.run_ids) >= case["runs_readable_at_least"], case["case"]
        batch.load_points(batch.tables.run_ids)
        for name in batch.tables:  # every text can be written out
            json.dumps(batch.tables[name].to_pylist()).encode()
        assert time.process_time() - started < 30, case["case"]


def points_of(batch: Batch, key: str) -> list[dict[str, Any]]:
    points = batch.load_points(batch.tables.run_ids).to_pylist()
    return [row for row in points if row["key"] == key]


def problems_of(batch: Batch) -> list[tuple[str, int | None, str]]:
    rows = batch.tables["problem"].to_pylist()
    return [(row["location"].rpartition("/")[2], row["line"], row["message"]) for row in rows]


def test_torn_lines_are_listed_with_their_line(hostile: Path) -> None:
    problems = problems_of(read(hostile / "truncated_metric_lines"))
    assert ("cut", 3, "'170000000' is no metric point; left out") in problems
    assert ("cut", None, "the last line has no end; its number may be cut off") in problems


def test_non_finite_values_are_values_and_hexadecimal_is_none(hostile: Path) -> None:
    batch = read(hostile / "nonfinite")
    values = [row["value"] for row in points_of(batch, "v")]
    assert sum(math.isnan(value) for value in values) >= 2
    assert math.inf in values
    assert -math.inf in values
    assert any("'1700000000000 0x10 10' is no metric point" in row[2] for row in problems_of(batch))


def test_links_are_not_followed(hostile: Path) -> None:
    batch = read(hostile / "symlinks")
    assert any("5 symbolic links, not followed" in message for *_, message in problems_of(batch))
    hostname = Path("/etc/hostname").read_text("utf-8").strip() or "no name"
    assert hostname not in json.dumps(batch.tables["param"].to_pylist())


def test_ids_are_those_of_the_folders(hostile: Path) -> None:
    batch = read(hostile / "numeric_ids")
    assert "00000000000000000000000000000007" in batch.tables.run_ids
    assert "11111111111111111111111111111111" in batch.tables.run_ids
    traversal = read(hostile / "path_traversal")
    assert not any("/" in run_id for run_id in traversal.tables.run_ids)


def test_one_id_in_two_experiments_gives_two_runs(hostile: Path) -> None:
    ids = read(hostile / "duplicate_run_ids").tables.run_ids
    assert {"b" * 32, f"{'b' * 32}~2"} <= set(ids)


def test_unreadable_meta_leaves_a_damaged_run(hostile: Path) -> None:
    runs = read(hostile / "empty_meta").tables["run"].to_pylist()
    assert Counter(row["state"] for row in runs)["damaged"] == 4
