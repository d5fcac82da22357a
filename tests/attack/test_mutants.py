"""Every security control, taken out in turn, fails a test: those of both lists of mutants."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attack.mutants import MUTANTS, Mutant
from tests.attack.script_mutants import SCRIPT_MUTANTS

PLACES = [(mutant, Path("generator", "rundiff")) for mutant in MUTANTS]
PLACES += [(mutant, Path("assets", "src")) for mutant in SCRIPT_MUTANTS]


@pytest.mark.parametrize(("mutant", "folder"), PLACES, ids=lambda found: getattr(found, "name", ""))
def test_the_control_is_where_the_list_says(mutant: Mutant, folder: Path, repository: Path) -> None:
    text = (repository / folder / mutant.file).read_text("utf-8")
    assert text.count(mutant.control) >= 1
    assert mutant.instead != mutant.control


@pytest.mark.all
@pytest.mark.parametrize("tests", sorted({mutant.tests for mutant in MUTANTS}))
def test_with_all_controls_the_tests_pass(tests: str, repository: Path, tmp_path: Path) -> None:
    copy_package(repository, tmp_path)
    found = run_tests(tests, tmp_path, repository)
    assert found.returncode == 0, found.stdout[-2_000:] + found.stderr[-1_000:]


@pytest.mark.all
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_missing_control_is_noticed(mutant: Mutant, repository: Path, tmp_path: Path) -> None:
    file = copy_package(repository, tmp_path) / mutant.file
    file.write_text(file.read_text("utf-8").replace(mutant.control, mutant.instead), "utf-8")
    found = run_tests(mutant.tests, tmp_path, repository)
    assert found.returncode == 1, found.stdout[-2_000:] + found.stderr[-1_000:]


@pytest.mark.all
@pytest.mark.browser
@pytest.mark.parametrize("tests", sorted({mutant.tests for mutant in SCRIPT_MUTANTS}))
def test_with_all_controls_of_the_script_the_tests_pass(
    tests: str, repository: Path, tmp_path: Path
) -> None:
    assets = copy_assets(repository, tmp_path)
    found = run_script_tests(tests, assets, repository)
    assert found.returncode == 0, found.stdout[-2_000:] + found.stderr[-1_000:]


@pytest.mark.all
@pytest.mark.browser
@pytest.mark.parametrize("mutant", SCRIPT_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_missing_control_of_the_script_is_noticed(
    mutant: Mutant, repository: Path, tmp_path: Path
) -> None:
    assets = copy_assets(repository, tmp_path)
    file = assets / "src" / mutant.file
    file.write_text(file.read_text("utf-8").replace(mutant.control, mutant.instead), "utf-8")
    found = run_script_tests(mutant.tests, assets, repository)
    assert found.returncode == 1, found.stdout[-2_000:] + found.stderr[-1_000:]


def run_script_tests(
    tests: str, assets: Path, repository: Path
) -> subprocess.CompletedProcess[str]:
    """Run tests against the script in a folder, in Node or in a browser with a bundle of it."""
    if tests.endswith(".js"):
        words = ["node", "--test", str(assets.parent / tests)]
        return subprocess.run(words, capture_output=True, text=True, check=False)
    subprocess.run(["node", "build.mjs"], cwd=assets, check=True, capture_output=True)
    return run_tests(tests, assets.parent, repository)


def copy_assets(repository: Path, folder: Path) -> Path:
    """Copy the package, and what the bundle is built from; return the latter's folder."""
    if not (repository / "assets" / "node_modules" / "esbuild").is_dir():
        pytest.skip("the bundle cannot be built here (npm is missing)")
    copy_package(repository, folder)
    assets = folder / "assets"
    assets.unlink()
    shutil.copytree(repository / "assets", assets, ignore=shutil.ignore_patterns("node_modules"))
    (assets / "node_modules").symlink_to(repository / "assets" / "node_modules")
    return assets


def copy_package(repository: Path, folder: Path) -> Path:
    """Copy the package, with links to what it finds beside itself; return its folder."""
    package = folder / "generator" / "rundiff"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "generator" / "rundiff", package, ignore=ignored)
    for name in ("templates", "assets"):
        (folder / name).symlink_to(repository / name)
    return package


def run_tests(tests: str, folder: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    """Run the checkout's tests against the package in the folder."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *tests.split()],
        cwd=repository,
        env={
            **os.environ,
            "PYTHONPATH": str(folder / "generator"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
