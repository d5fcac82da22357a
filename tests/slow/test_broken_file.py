"""One broken file in a store of 1,000 runs: the other 999 are reported as if it were not there."""

import difflib
import shutil
from pathlib import Path

import pytest
import rundiff
from rundiff.records.run import Artifact, RunRecord, RunState, SegmentDigest, Summary
from rundiff.records.run_json import encode_run


def write_runs(store: Path, count: int) -> None:
    for number in range(count):
        folder = store / "Default" / f"run-{number:04}"
        folder.mkdir(parents=True)
        record = RunRecord(
            run_id=folder.name,
            nonce=f"{number:024}",
            experiment="Default",
            name=f"run {number}",
            status="finished",
            state=RunState.COMPLETE,
            start_time=1_763_000_000_000 + number,
            end_time=1_763_000_001_000 + number,
            params={"lr": number / 7, "model": f"m{number % 3}"},
            summaries={"loss": Summary(last=1 / (number + 1), points=0)},
            artifacts=(Artifact(path="model.pkl", size=number),),
            segments=(SegmentDigest("x.jsonl", 1, "0" * 64),),
        )
        (folder / "run.json").write_bytes(encode_run(record))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["truncated", "flipped", "empty", "binary"])
@pytest.mark.parametrize("count", [60, pytest.param(1_000, marks=pytest.mark.all)])
def test_the_other_runs_are_reported_byte_for_byte_the_same(
    kind: str, count: int, tmp_path: Path
) -> None:
    store = tmp_path / "runs"
    write_runs(store, count)
    broken = store / "Default" / f"run-{count // 2:04}"
    whole = (broken / "run.json").read_bytes()
    shutil.rmtree(broken)
    without = outputs(store, tmp_path / "without")
    broken.mkdir()
    (broken / "run.json").write_bytes(
        {
            "truncated": whole[: len(whole) // 2],
            "flipped": whole.replace(b'"params":{', b'"params":[', 1),
            "empty": b"",
            "binary": bytes(range(256)) * 8,
        }[kind]
    )
    beside = outputs(store, tmp_path / "beside")
    assert beside["relation"] == without["relation"]
    changed = [
        line
        for line in difflib.unified_diff(
            without["html"].splitlines(), beside["html"].splitlines(), n=0, lineterm=""
        )
        if line.startswith("+") and not line.startswith("+++")
    ]
    assert len(changed) < 25
    assert [line for line in changed if f"{broken.name}/run.json" in line], changed


def outputs(store: Path, target: Path) -> dict[str, str]:
    target.mkdir()
    comparison = rundiff.compare(store)
    comparison.to_html(target / "r.html")
    return {
        "html": (target / "r.html").read_text(),
        "relation": repr(comparison.to_arrow().to_pylist()),
    }
