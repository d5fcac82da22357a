"""Records that people write: the shapes of design.md, and what goes wrong in them."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.errors import SourceError
from rundiff.sources import exports, records
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import MergedRuns, merge_batches

ONE = {"run_id": "a", "params": {"lr": 0.1}, "metrics": {"acc": 0.9}}
TWO = {"run_id": "b", "params": {"lr": 0.2}, "metrics": {"acc": [0.5, 0.8]}}

EXAMPLE = """
{"runs": [
  {"run_uuid": "a1b2c3d4e5f678901234567890abcdef",
   "info": {"experiment_id": "1234567890", "run_name": "experiment_v1", "start_time": 1678886400000,
            "end_time": 1678886500000, "lifecycle_stage": "active"},
   "data": {"params": {"learning_rate": "0.01", "num_epochs": "100"},
            "metrics": {"accuracy": "0.85", "precision": "0.88"},
            "tags": {"model_type": "random_forest"}},
   "inputs": {"dataset": [{"destination_path": "data/raw", "path": "s3://my-bucket/data/raw.csv"}]},
   "artifacts": {"model_path": "model/model.pkl"}},
  {"run_uuid": "f0e9d8c7b6a543210fedcba987654321",
   "info": {"experiment_id": "1234567890", "run_name": "experiment_v2", "start_time": 1678887000000,
            "end_time": 1678887100000, "lifecycle_stage": "active"},
   "data": {"params": {"learning_rate": "0.005", "num_epochs": "120"},
            "metrics": {"accuracy": "0.87", "precision": "0.90"},
            "tags": {"model_type": "random_forest"}},
   "inputs": {"dataset": [{"destination_path": "data/raw", "path": "s3://my-bucket/data/raw.csv"}]},
   "artifacts": {"model_path": "model/model_v2.pkl"}}]}
"""


def load(path: Path) -> MergedRuns:
    return merge_batches(load_sources([str(path)], ReadOptions()))


def values(merged: MergedRuns, table: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in merged.tables[table].to_pylist()]


def test_the_example_of_mlflow_users_reads_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "example.json").write_text(EXAMPLE)
    merged = load(tmp_path / "example.json")
    assert merged.problems == ()
    assert values(merged, "run", "name", "experiment", "start_time", "end_time") == [
        ("experiment_v1", "1234567890", 1678886400000000, 1678886500000000),
        ("experiment_v2", "1234567890", 1678887000000000, 1678887100000000),
    ]
    assert values(merged, "param", "key", "type", "value") == [
        ("learning_rate", "text", "0.01"), ("num_epochs", "text", "100"),
        ("learning_rate", "text", "0.005"), ("num_epochs", "text", "120"),
    ]  # fmt: skip
    assert values(merged, "metric_summary", "key", "last") == [
        ("accuracy", 0.85), ("precision", 0.88), ("accuracy", 0.87), ("precision", 0.9),
    ]  # fmt: skip
    assert values(merged, "artifact", "path") == [("model/model.pkl",), ("model/model_v2.pkl",)]
    (source, extra), _ = values(merged, "dataset", "source", "extra")
    assert source == "s3://my-bucket/data/raw.csv"
    assert json.loads(extra)["destination_path"] == "data/raw"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("runs.json", json.dumps({"runs": [ONE, TWO]})),
        ("list.json", json.dumps([ONE, TWO])),
        ("lines.jsonl", f"{json.dumps(ONE)}\n\n{json.dumps(TWO)}\n"),
        ("lines.ndjson", f"{json.dumps(ONE)}\r\n{json.dumps(TWO)}"),
        ("lines.json", f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n"),
        ("bom.json", "\ufeff" + json.dumps([ONE, TWO])),
    ],
)
def test_every_json_shape(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    for given in (tmp_path, tmp_path / name):
        merged = load(given)
        assert values(merged, "param", "run_id", "value") == [("a", "0.1"), ("b", "0.2")]
        assert values(merged, "metric_summary", "run_id", "last") == [("a", 0.9), ("b", 0.8)]
        assert merged.load_points(["a", "b"])[0].column("value").to_pylist() == [0.5, 0.8]
        assert merged.problems == ()


def test_one_run_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "trial-7.json").write_text('{"params": {"x": 1}, "metrics": {"y": NaN}}')
    merged = load(tmp_path)
    assert values(merged, "run", "run_id") == [("trial-7",)]
    assert "as a bare word" in merged.problems[0].message
    assert merged.problems[0].severity == "notice"


@pytest.mark.parametrize("is_nested", [False, True])
def test_parquet_with_one_row_a_run(is_nested: bool, tmp_path: Path) -> None:
    ids = pa.array(["a", "b"])
    if is_nested:
        table = pa.table({
            "run_id": ids,
            "params": pa.array([{"lr": 0.1}, {"lr": None}]),
            "metrics": pa.array(
                [[("acc", 0.9)], [("acc", 0.8)]], pa.map_(pa.string(), pa.float64())),
        })  # fmt: skip
    else:
        table = pa.table({
            "run_id": ids, "status": ["FINISHED", "FAILED"], "params.lr": [0.1, None],
            "metrics.acc": [0.9, 0.8], "tags.mlflow.runName": ["one", "two"],
            "start_time": pa.array([0, 1_000_000_000_000], pa.timestamp("ms", "UTC")),
        })  # fmt: skip
    pq.write_table(table, tmp_path / "runs.parquet")
    merged = load(tmp_path)
    assert values(merged, "param", "run_id", "key", "value") == [("a", "lr", "0.1")]
    assert values(merged, "metric_summary", "key", "last") == [("acc", 0.9), ("acc", 0.8)]
    if not is_nested:
        assert values(merged, "run", "name", "status", "start_time") == [
            ("one", "finished", 0), ("two", "failed", 1_000_000_000_000_000)]  # fmt: skip


def test_other_json_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text(json.dumps([ONE]))
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1"}')
    (tmp_path / "broken.json").write_text("{")
    merged = load(tmp_path)
    assert values(merged, "run", "run_id") == [("a",)]
    assert merged.problems == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x.json: empty file"),
        (b'{"runs": [', "x.json:1: not JSON"),
        (b'{"params": {}, "metrics": {}, "run_id": "\xff"}', "x.json:1: not UTF-8"),
        (b'{"params": {}, "params": {}, "metrics": {}}', "x.json:1: the key 'params' occurs twice"),
        (b'{"a": 1}', "x.json: not a run: expected an object with 'run_id'"),
        (b"[]", "x.json: holds no runs"),
        (b"3", "x.json: not a run"),
        (b"[1, 2]", "x.json: not a run: expected a JSON object"),
    ],
)
def test_a_file_that_was_named_says_what_is_wrong(
    content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        load(tmp_path / "x.json")
    assert message in str(caught.value)


def test_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    lines = [json.dumps(ONE), '{"run_id": "broken', "[1]", json.dumps(TWO)]
    (tmp_path / "runs.jsonl").write_text("\n".join(lines))
    merged = load(tmp_path)
    assert values(merged, "run", "run_id") == [("a",), ("b",)]
    assert [(problem.location.rpartition("/")[2], problem.line) for problem in merged.problems] == [
        ("runs.jsonl", 2), ("runs.jsonl", 3)]  # fmt: skip


def test_equal_copies_are_one_run_and_different_ones_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([ONE]))
    (tmp_path / "b.json").write_text(json.dumps([ONE, ONE | {"params": {"lr": 9}}]))
    merged = load(tmp_path)
    assert values(merged, "run", "run_id", "state") == [("a", "conflict"), ("a~2", "conflict")]
    assert sorted(problem.severity for problem in merged.problems) == ["error", "notice"]


def test_what_stands_beside_the_runs_is_kept(tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text(json.dumps({"runs": [ONE], "exported_by": "me"}))
    assert values(load(tmp_path), "environment", "key", "value") == [
        ("record.file\\.exported_by", "me")
    ]


def test_a_parquet_file_that_holds_no_runs_says_so(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="its columns are no run's: 'x'"):
        load_sources([str(tmp_path / "x.parquet")], ReadOptions(), formats=(records.FORMAT,))
    (tmp_path / "y.parquet").write_bytes(b"PAR1junk")
    with pytest.raises(SourceError, match="torn Parquet file"):
        load(tmp_path / "y.parquet")


def test_runs_of_one_id_are_not_compared_with_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6,000 runs of one id took 16 s, and 100,000 would have taken an hour."""
    looked: list[object] = []
    monkeypatch.setattr(exports, "is_export", lambda *each: looked.append(each))
    runs = [{"run_id": "a", "params": {"x": number // 2}} for number in range(2_000)]
    (tmp_path / "runs.json").write_text(json.dumps({"runs": runs}))
    merged = load(tmp_path)
    ids = merged.tables["run"].column("run_id").to_pylist()
    assert ids == ["a", *(f"a~{number}" for number in range(2, 1_001))]
    assert not looked
