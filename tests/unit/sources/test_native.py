"""The store as a source: live, finished, crashed, edited, packed."""

import hashlib
import json
import math
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rundiff
from rundiff.assembly.parts import build_series
from rundiff.records.metrics_parquet import decode_series, encode_table
from rundiff.relation import load_runs
from rundiff.sources import native_points
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import MergedRuns, merge_batches


def load(*given: Path) -> MergedRuns:
    return merge_batches(load_sources([str(path) for path in given], ReadOptions()))


def rows(merged: MergedRuns, table: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = merged.tables[table].to_pylist()
    return found


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A finished run with a history of 30 points."""
    with rundiff.start_run(name="one", experiment="e", store=tmp_path / "runs") as run:
        rundiff.log_param("lr", 0.1)
        for step in range(30):
            rundiff.log_metric("loss", 1 / (step + 1), step=step)
        rundiff.log_text("hello", "notes/a.txt")
    return run.folder


def test_a_finished_run_comes_from_its_record(run_folder: Path) -> None:
    merged = load(run_folder.parents[1])
    (run,) = rows(merged, "run")
    assert run["location"] == f"runs/e/{run_folder.name}"
    assert (run["name"], run["status"], run["state"], run["source"]) == (
        "one", "finished", "complete", "rundiff")  # fmt: skip
    (summary,) = rows(merged, "metric_summary")
    assert (summary["last"], summary["last_step"], summary["points"]) == (1 / 30, 29, 30)
    points, problems = merged.load_points([run_folder.name])
    assert points.column("value").to_pylist() == [1 / (step + 1) for step in range(30)]
    assert problems == ()
    assert merged.problems == ()
    assert merged.load_artifact(run_folder.name, "notes/a.txt", 1_000) == b"hello"
    assert merged.load_artifact(run_folder.name, "notes/a.txt", 2) is None
    assert merged.load_artifact(run_folder.name, "../run.json", 10_000) is None


def test_a_run_folder_and_a_single_file_can_be_named(run_folder: Path) -> None:
    for given in (
        run_folder,
        run_folder.parent,
        run_folder / "run.json",
        next(run_folder.glob("*.jsonl")),
    ):
        (param,) = rows(load(given), "param")
        assert (param["key"], param["value"]) == ("lr", "0.1")


def test_without_its_record_a_run_comes_from_the_journal(run_folder: Path) -> None:
    before = load(run_folder)
    (run_folder / "run.json").unlink()
    after = load(run_folder)
    assert rows(after, "metric_summary") == rows(before, "metric_summary")
    assert rows(after, "run") == rows(before, "run")
    assert after.load_points([run_folder.name])[0].equals(before.load_points([run_folder.name])[0])


def test_without_its_journal_a_run_comes_from_its_records(run_folder: Path) -> None:
    before = load(run_folder).load_points([run_folder.name])[0]
    for segment in run_folder.glob("*.jsonl"):
        segment.unlink()
    merged = load(run_folder)
    points, problems = merged.load_points([run_folder.name])
    assert problems == ()
    assert points.equals(before)


def test_an_edited_record_is_not_believed_against_the_journal(run_folder: Path) -> None:
    record = run_folder / "run.json"
    record.write_text(record.read_text().replace('"lr":0.1', '"lr":0.2'))
    merged = load(run_folder)
    assert rows(merged, "param")[0]["value"] == "0.1"
    (problem,) = merged.problems
    assert problem.severity == "notice"
    assert "checksum is wrong; the journal is read instead" in problem.message
    for segment in run_folder.glob("*.jsonl"):
        segment.unlink()
    merged = load(run_folder)
    assert rows(merged, "param")[0]["value"] == "0.2"
    assert "was changed since rundiff wrote it" in merged.problems[0].message


def test_a_damaged_history_is_a_problem_not_a_curve(run_folder: Path) -> None:
    for segment in run_folder.glob("*.jsonl"):
        segment.unlink()
    data = bytearray((run_folder / "metrics.parquet").read_bytes())
    data[len(data) // 3] ^= 1
    (run_folder / "metrics.parquet").write_bytes(bytes(data))
    merged = load(run_folder)
    points, problems = merged.load_points([run_folder.name])
    assert points.num_rows == 0
    assert "is not the file that run.json names" in problems[0].message


def test_without_a_sound_history_the_journal_is_read(run_folder: Path) -> None:
    (run_folder / "metrics.parquet").write_bytes(b"PAR1 PAR1")
    merged = load(run_folder)
    points, problems = merged.load_points([run_folder.name])
    assert points.num_rows == 30
    (problem,) = problems
    assert problem.severity == "notice"
    assert "is not the file that run.json names; the journal is read instead" in problem.message


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_histories_written_otherwise_are_read_all_the_same(
    run_folder: Path, compression: str
) -> None:
    before = load(run_folder).load_points([run_folder.name])[0]
    for segment in run_folder.glob("*.jsonl"):
        segment.unlink()
    path = run_folder / "metrics.parquet"
    old = path.read_bytes()
    pq.write_table(pq.read_table(path), path, compression=compression)
    new = path.read_bytes()
    record = json.loads((run_folder / "run.json").read_bytes())
    del record["crc32"]
    digest = ["metrics.parquet", len(new), hashlib.sha256(new).hexdigest()]
    assert record["rundiff"]["metrics"][2] == hashlib.sha256(old).hexdigest()
    record["rundiff"]["metrics"] = digest
    (run_folder / "run.json").write_text(json.dumps(record))
    points, problems = load(run_folder).load_points([run_folder.name])
    assert points.equals(before)
    assert problems == ()


@pytest.mark.parametrize("counts", [{"loss": 29}, {"loss": 31, "x": -1}, {"loss": 1 << 50}])
def test_counts_that_the_file_does_not_bear_out_are_not_believed(
    run_folder: Path, counts: dict[str, int]
) -> None:
    before = load(run_folder).load_points([run_folder.name])[0]
    for segment in run_folder.glob("*.jsonl"):
        segment.unlink()
    record = json.loads((run_folder / "run.json").read_bytes())
    del record["crc32"]
    for key, count in counts.items():
        record["summary"].setdefault(key, {"last": 1.0})["points"] = count
        record["data"]["metrics"].setdefault(key, 1.0)
    (run_folder / "run.json").write_text(json.dumps(record))
    points, problems = load(run_folder).load_points([run_folder.name])
    assert points.equals(before)
    assert problems == ()


def test_points_of_many_metrics_come_under_their_own_keys(tmp_path: Path) -> None:
    keys = ["z", "é", "a/b", "\U0001f600", "a", "\uffff", "B"]
    with rundiff.start_run(store=tmp_path / "runs") as run:
        for step in range(3):
            run.log_metrics({key: at + step / 10 for at, key in enumerate(keys)}, step=step)
    points, problems = load(tmp_path / "runs").load_points([run.run_id])
    found = set(zip(*(points.column(n).to_pylist() for n in ("key", "step", "value")), strict=True))
    assert found == {(key, s, at + s / 10) for at, key in enumerate(keys) for s in range(3)}
    assert problems == ()


def histories(
    merged: MergedRuns,
) -> dict[str, list[tuple[str, list[float], list[int], list[float]]]]:
    """What charts get: by metric, the run with its steps, times and values."""
    ids = merged.tables.run_ids
    ordered, points, _ = merged.load_series(ids)
    with closing(load_runs(merged.tables, ids)) as store:
        found = build_series(store, points, ids, ordered=ordered)
    return {
        key: [(one.run_id, [*one.steps], [*one.times], [*one.values]) for one in many]
        for key, many in found.items()
    }


def test_long_histories_are_those_that_the_relation_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        with rundiff.start_run(store=tmp_path / "runs", run_id=f"run-{number}") as run:
            for step in (3, 1, 2.5, 0):  # sorted by the record
                run.log_metric("é", step / 3, step=step)
                run.log_metric("b/loss", math.nan if step == 1 else -step, step=step)
            if number:
                run.log_metric("é", 7.0, step=2.5)  # a step that repeats, which the relation orders
    expected = histories(load(tmp_path / "runs"))
    assert [one[1] for one in expected["é"]] == [[0, 1, 2.5, 3], [0, 1, 2.5, 2.5, 3]]
    monkeypatch.setattr(native_points, "_LONG_HISTORIES", 0)
    merged = load(tmp_path / "runs")
    assert [(one.run_id, one.key) for one in merged.load_series(["run-1", "run-0"])[0]] == [
        ("run-0", "b/loss"),
        ("run-0", "é"),
    ]
    assert repr(histories(merged)) == repr(expected)  # NaN is NaN


def test_a_long_history_without_times_or_sound_bytes(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run_folder / "metrics.parquet"
    table = pq.read_table(path)
    table = table.set_column(2, "time", pa.nulls(30, pa.int64()))
    points = decode_series(run_folder.name, encode_table(table), {"loss": 30})
    assert points is not None
    assert [*points[0].times] == [-1] * 30
    assert decode_series(run_folder.name, encode_table(table), {"loss": 29}) is None
    monkeypatch.setattr(native_points, "_LONG_HISTORIES", 0)
    path.write_bytes(encode_table(table))  # not what run.json names: the journal is read instead
    ordered, rest, problems = load(run_folder).load_series([run_folder.name])
    assert ordered == []
    assert rest.num_rows == 30
    assert [problem.severity for problem in problems] == ["notice"]


def test_a_killed_run_is_interrupted_and_a_living_one_runs(tmp_path: Path) -> None:
    text = (
        "import rundiff, os, signal, sys\n"
        "run = rundiff.start_run(name='child', store=sys.argv[1])\n"
        "rundiff.log_metric('loss', 0.5, step=1)\n"
        "print(run.run_id, flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", text, str(tmp_path / "runs")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    run_id = child.stdout.readline().strip()
    (run,) = rows(load(tmp_path / "runs"), "run")
    assert (run["state"], run["status"]) == ("running", "running")
    child.kill()
    child.communicate()
    merged = load(tmp_path / "runs")
    (run,) = rows(merged, "run")
    assert (run["run_id"], run["state"], run["status"]) == (run_id, "interrupted", "")
    assert merged.load_points([run_id])[0].column("value").to_pylist() == [0.5]


def test_two_runs_with_one_id_are_told_apart(run_folder: Path, tmp_path: Path) -> None:
    with rundiff.start_run(run_id=run_folder.name, store=tmp_path / "other"):
        rundiff.log_param("lr", 0.2)
    for segment in (tmp_path / "other").rglob("*.jsonl"):
        (run_folder / segment.name).write_bytes(segment.read_bytes())
    merged = load(run_folder)
    assert [run["state"] for run in rows(merged, "run")] == ["conflict", "conflict"]
    assert sorted(str(param["value"]) for param in rows(merged, "param")) == ["0.1", "0.2"]
    assert any("two different runs" in problem.message for problem in merged.problems)


def test_one_broken_run_costs_the_others_nothing(run_folder: Path) -> None:
    whole = rows(load(run_folder), "param")
    broken = run_folder.parent / "broken"
    broken.mkdir()
    (broken / "run.json").write_text('{"run_uuid": "x", "data": {')
    os.mkfifo(run_folder.parent / "pipe.jsonl")
    merged = load(run_folder.parent)
    assert rows(merged, "param") == whole
    assert [problem.location for problem in merged.problems] == ["e/broken/run.json"]
    assert "not JSON" in merged.problems[0].message


@pytest.mark.parametrize("has_record", [True, False])
def test_a_journal_that_lost_its_beginning_is_named(run_folder: Path, *, has_record: bool) -> None:
    """A journal is known by its name, too: it must not be passed over for what its bytes say."""
    with rundiff.start_run(store=run_folder.parents[1], experiment="e"):
        rundiff.log_param("lr", 0.2)
    (journal,) = run_folder.glob("*.jsonl")
    if not has_record:
        (run_folder / "run.json").unlink()
    whole = journal.read_bytes()
    wrong = [whole[:size] for size in range(20)]
    wrong += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(20)]
    wrong += [whole[at:] for at in (1, 20)]
    for content in wrong:
        journal.write_bytes(content)
        merged = load(run_folder.parents[1])
        states = [run["state"] for run in rows(merged, "run") if run["run_id"] == run_folder.name]
        assert states in ([], ["interrupted"], ["damaged"])
        assert any(problem.location.endswith(journal.name) for problem in merged.problems)
        assert "0.2" in [param["value"] for param in rows(merged, "param")]


def test_a_link_out_of_the_store_is_not_followed(run_folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(next(run_folder.glob("*.jsonl")).read_bytes())
    outside = tmp_path / "outside"
    (tmp_path / "runs" / "f" / "r").mkdir(parents=True)
    outside.mkdir()
    (tmp_path / "runs" / "f" / "r" / "a.jsonl").symlink_to(secret)
    (tmp_path / "runs" / "g").symlink_to(run_folder.parent)
    assert len(rows(load(tmp_path / "runs"), "run")) == 1


def test_a_record_as_json_has_no_bare_words(run_folder: Path) -> None:
    assert json.loads((run_folder / "run.json").read_bytes(), parse_constant=pytest.fail)
