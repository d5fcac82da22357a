"""A table exported from a store is no second run; one that says something else is."""

from pathlib import Path

import pytest
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import MergedRuns, merge_batches

RUN = """{"run_id": "a1", "params": {"lr": "1e-05", "opt": "adam", "deep": "True", "pad ": "v"},
 "metrics": {"loss": 0.25, "bad": "NaN", "top": "Infinity"}, "tags": {"team": "x"}}"""
HEADER = (
    "run_id,experiment_id,status,params.lr,params.opt,params.deep,params.pad ,"
    "metrics.loss,metrics.top"
)


def merged(folder: Path, row: str) -> MergedRuns:
    (folder / "store.json").write_text(RUN)
    (folder / "runs.csv").write_text(f"{HEADER}\n{row}\n")
    return merge_batches(load_sources([str(folder)], ReadOptions()))


@pytest.mark.parametrize("is_first", [False, True])
def test_an_export_beside_its_store_is_the_same_run(tmp_path: Path, is_first: bool) -> None:
    merged(tmp_path, "a1,7,FINISHED,0.00001,adam,true,v,0.25,1.7976931348623157e308")
    names = ["runs.csv", "store.json"] if is_first else ["store.json", "runs.csv"]
    both = merge_batches(load_sources([str(tmp_path / name) for name in names], ReadOptions()))
    (run,) = both.tables["run"].to_pylist()
    assert (run["run_id"], run["source"]) == ("a1", "records")
    (notice,) = both.problems
    assert notice.severity == "notice"
    assert notice.message == "run 'a1' is also in store.json, which knows more; taken once"


@pytest.mark.parametrize(
    "row",
    [
        "a1,7,FINISHED,0.00001,sgd,true,v,0.25,inf",
        "a1,7,FINISHED,0.00001,adam,true,v,0.2500001,inf",
        "a1,7,FINISHED,0.00001,adam,true,w,0.25,inf",
    ],
    ids=["param", "metric", "padded key"],
)
def test_one_other_value_makes_it_another_run(tmp_path: Path, row: str) -> None:
    both = merged(tmp_path, row)
    assert [run["state"] for run in both.tables["run"].to_pylist()] == ["conflict", "conflict"]
    assert any("also that of a different run" in row.message for row in both.problems)
