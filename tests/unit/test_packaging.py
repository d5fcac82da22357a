"""The wheel holds what a report needs, and makes one in an empty environment."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import rundiff

BUNDLE = {
    f"rundiff/assets/dist/{name}"
    for name in (
        "LICENSES.txt",
        "loader.js",
        "manifest.json",
        "plotly.min.js",
        "plotly.min.js.gz.b64",
        "rundiff.css",
        "rundiff.js",
        "rundiff.js.gz.b64",
    )
}


def build(target: str, source: Path, folder: Path) -> Path:
    """Build a wheel or an sdist without network and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [path] = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The wheel of this checkout."""
    return build("wheel", repository, tmp_path_factory.mktemp("wheel"))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_wheel_holds_package_templates_and_bundle(wheel: Path, repository: Path) -> None:
    names = set(contents(wheel))
    folders = {"rundiff": "generator/rundiff", "rundiff/templates": "templates"}
    expected = {
        f"{inside}/{path.relative_to(repository / folder).as_posix()}"
        for inside, folder in folders.items()
        for path in (repository / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    metadata = f"rundiff-{rundiff.__version__}.dist-info/"
    assert expected | BUNDLE == {name for name in names if not name.startswith(metadata)}
    assert "rundiff/py.typed" in names
    assert f"{metadata}licenses/LICENSE" in names
    assert f"{metadata}licenses/assets/dist/LICENSES.txt" in names


def test_sdist_builds_the_same_wheel(wheel: Path, repository: Path, tmp_path: Path) -> None:
    archive = build("sdist", repository, tmp_path / "sdist")
    subprocess.run(["tar", "-xf", str(archive), "-C", str(tmp_path)], check=True)
    unpacked = tmp_path / f"rundiff-{rundiff.__version__}"
    assert contents(build("wheel", unpacked, tmp_path / "wheel")) == contents(wheel)


@pytest.mark.slow
def test_wheel_makes_a_report_in_an_empty_environment(
    wheel: Path, sample_runs: Path, tmp_path: Path
) -> None:
    """What a user gets from `pip install`: nothing of the checkout is in reach."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([python, *options, wheel], check=True, cwd=tmp_path)
    command = tmp_path / "venv" / "bin" / "rundiff"
    report = tmp_path / "report.html"
    subprocess.run([command, "report", sample_runs, "-o", report], check=True, cwd=tmp_path)
    text = report.read_text(encoding="utf-8")
    assert text.lower().startswith("<!doctype html>")
    assert "Parameters" in text
    where = "import rundiff.resources as r; print(r.resource_root())"
    shown = subprocess.run([python, "-c", where], check=True, cwd=tmp_path, capture_output=True)
    assert Path(shown.stdout.decode().strip()).is_relative_to(tmp_path / "venv")
