"""Options, markers and fixtures that every folder of tests shares."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).parent.parent
pytest_plugins = ["tests.browser_fixtures"]

# Deadlines measure the machine; a derandomised run finds the same on the build server and at home.
settings.register_profile("rundiff", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("rundiff")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rundiff")
    group.addoption("--all", action="store_true", help="also run what is marked `all`")
    group.addoption("--bench", action="store_true", help="also run what is marked `bench`")
    group.addoption("--update", action="store_true", help="rewrite the golden files")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long corpora and the benchmarks unless they were asked for."""
    unwanted = {name for name in ("all", "bench") if not config.getoption(f"--{name}")}
    dropped = [item for item in items if any(item.get_closest_marker(name) for name in unwanted)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in set(dropped)]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings out of a test."""
    for name in [*os.environ]:
        if name.startswith(("RUNDIFF_", "MLFLOW_")) or name in {"SOURCE_DATE_EPOCH", "COLUMNS"}:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def sample_runs() -> Path:
    """The committed sample runs."""
    return REPOSITORY / "sample_runs"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The shared test data beside the checkout; skips where it is absent."""
    folder = REPOSITORY.parent / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the shared corpus is not here")
    return folder


class RunCommand(Protocol):
    """Calls `rundiff` as a user does."""

    def __call__(
        self, *arguments: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Return what the command printed and its exit code."""


@pytest.fixture
def run_command(tmp_path: Path) -> RunCommand:
    """Run `python -m rundiff …` in a process of its own, in an empty folder unless told."""

    def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command: Sequence[str | Path] = [sys.executable, "-m", "rundiff", *arguments]
        return subprocess.run(
            command,
            cwd=cwd or tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
