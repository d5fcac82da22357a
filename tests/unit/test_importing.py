"""`rundiff import` copies runs exactly, adds only what is new, and touches nobody else's folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from rundiff.cli import main
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches

from tests.kills import in_a_child_killed_at

RUN = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
META = """artifact_uri: file:///gone/{run}/artifacts
end_time: null
entry_point_name: ''
experiment_id: '0'
lifecycle_stage: active
run_id: {run}
run_name: first
run_uuid: {run}
source_name: ''
source_type: 4
source_version: ''
start_time: {start}
status: {status}
tags: []
user_id: ada
"""
EXPERIMENT = """artifact_location: file:///gone/0
experiment_id: '0'
lifecycle_stage: active
name: Digits & more
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def write_run(
    store: Path, run: str = RUN, *, status: int = 3, start: int = 1_700_000_000_000
) -> Path:
    write(store / "0" / "meta.yaml", EXPERIMENT)
    folder = store / "0" / run
    write(folder / "meta.yaml", META.format(run=run, status=status, start=start))
    write(folder / "params" / "lr", "0.10")
    write(folder / "params" / "net", '{"depth": [1, null, true, 0.5, "x"]}')
    write(folder / "tags" / "mlflow.note.content", "a *note*")
    write(folder / "metrics" / "val" / "loss", "1700000000001 0.1 0\n1700000000002 nan 1\n")
    write(folder / "metrics" / "top", "1700000000003 inf 5\n1700000000003 -0.0 -3\n")
    write(folder / "artifacts" / "plots" / "a.txt", "hello")
    return folder


@pytest.fixture
def mlruns(tmp_path: Path) -> Path:
    store = tmp_path / "mlruns"
    write_run(store)
    return store


def run_import(capsys: pytest.CaptureFixture[str], *arguments: Path | str) -> tuple[int, str]:
    code = main(["import", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.err


def counts(text: str) -> tuple[int, int, int]:
    found = re.search(r"(\d+) added, (\d+) updated, (\d+) unchanged", text)
    assert found is not None, text
    added, updated, unchanged = map(int, found.groups())
    return added, updated, unchanged


def contents(path: Path) -> dict[str, list[str]]:
    merged = merge_batches(load_sources([str(path)], ReadOptions(include_deleted=True)))
    found: dict[str, list[dict[str, Any]]] = {
        name: merged.tables[name].to_pylist() for name in merged.tables if name != "problem"
    }
    points, _ = merged.load_points(merged.tables.run_ids)
    found["metric_point"] = points.to_pylist()
    left_out = {"source", "location", "origin", "seq"}
    return {
        name: sorted(
            repr(
                {
                    key: None if cell == "" else cell
                    for key, cell in row.items()
                    if key not in left_out
                }
            )  # an empty note is none
            for row in rows
            if row.get("key") != "imported.source"
        )
        for name, rows in found.items()
    }


def test_a_copy_says_what_its_source_says(
    mlruns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run_import(capsys, mlruns, tmp_path / "store")
    assert (code, counts(said)) == (0, (1, 0, 0))
    source, copy = contents(mlruns), contents(tmp_path / "store")
    for name, rows in source.items():
        assert copy[name] == rows, name
    artifact = tmp_path / "store" / "Digits-more-8dbc1f66" / RUN / "artifacts" / "plots" / "a.txt"
    (found,) = (tmp_path / "store").rglob("a.txt")
    assert found.read_text("utf-8") == "hello"
    assert found.relative_to(tmp_path).parts[-3:] == artifact.parts[-3:]


def test_an_artifact_with_an_impossible_name_costs_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path / "mlruns")
    write(folder / "artifacts" / f"{'x' * 250}", "hello")  # as long as a name can be
    write_run(tmp_path / "mlruns", OTHER)
    assert main(["import", str(tmp_path / "mlruns"), str(tmp_path / "store")]) == 0
    said = capsys.readouterr().err
    assert "was not copied: File name too long" in said
    assert "2 added, 0 updated, 0 unchanged" in said
    assert len(list((tmp_path / "store").rglob("a.txt"))) == 2


def test_a_text_that_looks_like_json_stays_one_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        tmp_path / "bench.json",
        '{"machine_info": {}, "version": "5.3.1", "benchmarks": [{"fullname": "t.py::test_a",'
        ' "stats": {"min": 0.5, "iqr_outliers": 3, "q1": 0.25}}]}',
    )
    run_import(capsys, tmp_path / "bench.json", tmp_path / "store")
    source, copy = contents(tmp_path / "bench.json"), contents(tmp_path / "store")
    assert any("iqr_outliers" in row for row in source["tag"])
    assert copy["tag"] == source["tag"]


def test_importing_again_adds_only_what_is_new(
    mlruns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    run_import(capsys, mlruns, store)
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}
    assert counts(run_import(capsys, mlruns, store)[1]) == (0, 0, 1)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    write_run(mlruns, OTHER)
    assert counts(run_import(capsys, mlruns, store)[1]) == (1, 0, 1)
    with (mlruns / "0" / RUN / "metrics" / "top").open("a", encoding="utf-8") as file:
        file.write("1700000000009 2.5 6\n")
    assert counts(run_import(capsys, mlruns, store)[1]) == (0, 1, 1)
    assert contents(store)["metric_point"] == contents(mlruns)["metric_point"]


def test_a_folder_that_was_not_imported_is_left_alone(
    mlruns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    run_import(capsys, mlruns, store)
    (record,) = store.rglob("run.json")
    logged = record.with_name("20260101T000000000000Z-1-0123456789abcdef.jsonl")
    logged.write_text('{"n":0,"head":{}}\n', "utf-8")
    before = record.read_bytes()
    write(mlruns / "0" / RUN / "params" / "lr", "0.2")
    code, said = run_import(capsys, "--strict", mlruns, store)
    assert code == 1
    assert "left alone" in said
    assert record.read_bytes() == before


def test_another_run_of_that_id_is_left_alone(
    mlruns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    run_import(capsys, mlruns, store)
    shutil.rmtree(mlruns)
    write_run(mlruns, start=1_600_000_000_000)
    assert "left alone" in run_import(capsys, mlruns, store)[1]


@pytest.mark.slow
def test_an_import_that_was_killed_at_any_moment_is_finished_by_the_next(
    mlruns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    expected = contents(mlruns)
    at, is_killed = 0, True
    while is_killed:
        at += 1
        shutil.rmtree(store, ignore_errors=True)
        is_killed = in_a_child_killed_at(at, lambda: main(["import", str(mlruns), str(store)]))
        assert sum(counts(run_import(capsys, "--strict", mlruns, store)[1])) == 1, at
        assert contents(store) == expected, at
        (artifact,) = store.rglob("a.txt")
        assert artifact.read_text("utf-8") == "hello", at
    assert at > 8


def test_runs_can_be_chosen(
    mlruns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(mlruns, OTHER)
    said = run_import(capsys, mlruns, tmp_path / "store", "--run", OTHER)[1]
    assert counts(said) == (1, 0, 0)


def test_a_real_tracker_survives_the_copy(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = corpus / "mlflow_real" / "sqlite" / "mlflow.db"
    store = tmp_path / "store"
    assert counts(run_import(capsys, "--deleted", database, store)[1]) == (36, 0, 0)
    assert counts(run_import(capsys, "--deleted", database, store)[1]) == (0, 0, 36)
    source, copy = contents(database), contents(store)
    for name in ("run", "param", "metric_point", "dataset", "environment"):
        assert copy[name] == source[name], name
