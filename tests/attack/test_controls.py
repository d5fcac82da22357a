"""Controls that no other test would miss: see `mutants.py` for what is taken out."""

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.errors import RecordError
from rundiff.gates.file import parse_gates
from rundiff.records.strict_json import parse_json
from rundiff.render.annotations import render_annotations
from rundiff.render.environment import breakable_key, unbroken_flags
from rundiff.render.html import load_bundle
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.tree import Tree

from tests.factories import Recorded, make_comparison

TAG = "<img src=x onerror=alert(1)>"


def test_the_policy_leaves_no_way_out() -> None:
    directives = dict(part.split(" ", 1) for part in load_bundle().policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'none'"
    assert directives["img-src"] == "data:"
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["trusted-types"] == "rundiff"
    assert "unsafe" not in load_bundle().policy
    assert set(directives) - {"script-src", "style-src"} == {
        *("default-src", "base-uri", "form-action", "img-src"),
        *("require-trusted-types-for", "trusted-types"),
    }


def test_the_filters_of_the_templates_escape() -> None:
    assert "<img" not in str(breakable_key(f"a_long_key_of_a_metric_{TAG}"))
    assert "<img" not in str(breakable_key(TAG[:16]))
    assert "<img" not in str(unbroken_flags(f"train --flag value {TAG}"))
    assert "<img" not in str(unbroken_flags(TAG))


@pytest.mark.parametrize("value", [math.nan, -math.inf])
@pytest.mark.parametrize("rule", ["min = 0.5", 'must = "not-worse"\ntolerance = 0.01'])
def test_a_number_that_is_none_passes_no_gate(value: float, rule: str) -> None:
    gates = parse_gates(
        f'version = 1\n[metrics.accuracy]\ndirection = "higher"\n{rule}\n', name="g"
    )
    comparison = make_comparison(
        Recorded(name="base", metrics={"accuracy": 0.9}, goals={"accuracy": "max"}),
        Recorded(name="new", metrics={"accuracy": value}, goals={"accuracy": "max"}),
        gates=gates,
    )
    assert [gate.status.value for gate in comparison.judgement.gates] == ["failed"]


def test_a_file_that_grows_when_decoded_is_refused(tmp_path: Path) -> None:
    """One long text, a thousand times through the dictionary: small on disk, huge in memory."""
    table = pa.table({"a": pa.array(["x" * 300_000] * 1_000)})
    pq.write_table(table, tmp_path / "bomb.parquet", compression="zstd")
    content = (tmp_path / "bomb.parquet").read_bytes()
    assert len(content) < 200_000
    with ParquetReader() as reader, pytest.raises(RecordError, match=r"MiB when decoded|memory"):
        reader.read(Tree(tmp_path), "bomb.parquet")


def test_a_bare_word_for_a_number_is_read_and_said() -> None:
    for word in ("NaN", "Infinity", "-Infinity"):
        assert not parse_json(f'{{"loss": {word}}}'.encode()).is_plain
    assert parse_json(b'{"loss": 1.5}').is_plain


def test_no_record_commands_the_runner_through_an_annotation() -> None:
    gates = parse_gates("version = 1\n[metrics.accuracy]\nmin = 0.95\n", name="g")
    comparison = make_comparison(
        Recorded(name="base", metrics={"accuracy": 0.99}),
        Recorded(name="x\n::error::y##[error]z", metrics={"accuracy": 0.1}),
        gates=gates,
    )
    (line,) = render_annotations(comparison).splitlines()
    assert line.startswith("::error title=")
    assert "##[" not in line
    assert "##" in line


@pytest.mark.slow
def test_a_report_needs_no_network(sample_runs: Path, tmp_path: Path) -> None:
    """In a network namespace of its own, which has not even a loopback that is up."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can take the network away (unshare -n)")
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("this machine allows no network namespace")
    report = tmp_path / "report.html"
    command = [sys.executable, "-m", "rundiff", "report", str(sample_runs), "-o"]
    subprocess.run(["unshare", "-n", *command, str(report)], check=True, capture_output=True)
    other = tmp_path / "other.html"
    subprocess.run([*command, str(other)], check=True, capture_output=True)
    assert report.read_bytes() == other.read_bytes()


@pytest.mark.slow
def test_secrets_stay_out_of_store_and_report(tmp_path: Path) -> None:
    canary = "canary0123456789"
    home = tmp_path / f"home-{canary}"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    for words in (("init", "-q"), ("remote", "add", "origin", f"https://u:{canary}@example.org/r")):
        subprocess.run(["git", *words], cwd=work, check=True, capture_output=True)
    (work / "train.py").write_text(
        "import rundiff\n"
        "with rundiff.start_run(name='a'):\n"
        "    rundiff.log_params({'lr': 0.1})\n"
        "    rundiff.log_metrics({'loss': 0.5}, step=1)\n"
    )
    environment = {
        **os.environ,
        **dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "WANDB_API_KEY", "GITHUB_TOKEN", "X"), canary),
        "HOME": str(home),
    }
    arguments = ["--api-key", canary, f"--password={canary}", f"{home}/data.csv"]
    for command in (
        ["train.py", *arguments],
        ["train.py", *arguments],
        ["-m", "rundiff", "report", "runs", "-o", "report.html", "-o", "r.json", "-o", "r.md"],
    ):
        subprocess.run(
            [sys.executable, *command], cwd=work, env=environment, check=True, capture_output=True
        )
    files = [path for path in work.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert len(files) >= 6
    assert [path for path in files if canary.encode() in path.read_bytes()] == []
