"""A store of its own for each test, and a way to read back what was logged."""

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rundiff
from rundiff.records.journal import read_segments
from rundiff.records.run import RunRecord

Load = Callable[[], list[RunRecord]]
Script = Callable[..., subprocess.CompletedProcess[str]]


def journal_of(folder: Path) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.jsonl"))]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    rundiff.set_store(tmp_path / "runs")
    rundiff.set_experiment("Default")
    yield tmp_path / "runs"
    while rundiff.active_run():
        rundiff.end_run()


@pytest.fixture
def load(store: Path) -> Load:
    """Read every run of the store from its journal, in the order in which they were started."""

    def read() -> list[RunRecord]:
        folders = sorted((path.parent for path in store.glob("*/*/*.jsonl")), key=lambda p: p.name)
        return [
            record
            for folder in dict.fromkeys(folders)
            for record in read_segments(journal_of(folder), run_id=folder.name)
        ]

    return read


@pytest.fixture
def script(store: Path) -> Script:
    """Run a training script of its own process in the test's folder."""

    def run(text: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        path = store.parent / "train.py"
        path.write_text(textwrap.dedent(text))
        return subprocess.run(
            [sys.executable, "-W", "error::DeprecationWarning", str(path), *arguments],
            cwd=store.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=check,
        )

    return run
