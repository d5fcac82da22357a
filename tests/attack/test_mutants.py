"""Every security control, taken out in turn, fails a test; see `mutants.py`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attack.mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_control_is_where_the_list_says(mutant: Mutant, repository: Path) -> None:
    text = (repository / "generator" / "rundiff" / mutant.file).read_text("utf-8")
    assert text.count(mutant.control) >= 1
    assert mutant.instead != mutant.control


@pytest.mark.all
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_missing_control_is_noticed(mutant: Mutant, repository: Path, tmp_path: Path) -> None:
    package = tmp_path / "generator" / "rundiff"
    shutil.copytree(
        repository / "generator" / "rundiff",
        package,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("templates", "assets"):
        (tmp_path / name).symlink_to(repository / name)
    file = package / mutant.file
    file.write_text(file.read_text("utf-8").replace(mutant.control, mutant.instead), "utf-8")
    found = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"),
            *mutant.tests.split(),
        ],
        cwd=repository,
        env={
            **os.environ,
            "PYTHONPATH": str(package.parent),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1, found.stdout[-2_000:] + found.stderr[-1_000:]
    assert " failed" in found.stdout or " error" in found.stdout
