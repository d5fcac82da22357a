"""What rundiff writes into the folder that it reads is no run of the next time."""

import json
from pathlib import Path

import pytest
from rundiff.cli import main
from rundiff.render.outputs import WRITERS
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources


def test_outputs_and_baselines_beside_the_runs_are_no_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were: a second ``rundiff report .`` had each run twice, in conflict with itself."""
    monkeypatch.chdir(tmp_path)
    runs = [
        {"run_id": name, "params": {"lr": lr}, "metrics": {"acc": lr / 2}, "tags": {"a": "b"}}
        for name, lr in (("a", 0.1), ("b", 0.2))
    ]
    Path("runs.json").write_text(json.dumps(runs))
    outputs = [word for suffix in WRITERS for word in ("-o", f"out{suffix}")]
    for _ in range(2):
        assert main(["report", ".", *outputs]) == 0
        assert main(["baseline", "set", "."]) == 0
        loaded = load_sources(["."], ReadOptions())
        assert [batch.tables.run_ids for batch in loaded.batches] == [["a", "b"]]
        assert loaded.problems == ()
    named = load_sources(["rundiff-baseline.json"], ReadOptions())
    assert [batch.tables.run_ids for batch in named.batches] == [["baseline-a"]]
