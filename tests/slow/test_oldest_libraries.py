"""The oldest libraries that pyproject.toml allows are enough."""

import re
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest

LOWER = re.compile(r"([\w-]+)>=([\d.]+)")
# What of the suite meets the libraries: engine, Arrow and Parquet, templates, Markdown, YAML.
TESTED = (
    "tests/sql", "tests/golden", "tests/unit/relation", "tests/unit/selection",
    "tests/unit/assembly", "tests/unit/records", "tests/unit/render", "tests/unit/views",
    "tests/unit/test_store.py", "tests/unit/test_importing.py",
    *(f"tests/unit/sources/test_{name}.py" for name in ("packing", "own_parquet", "parquet")),
)  # fmt: skip


@pytest.mark.all
def test_the_oldest_libraries_that_are_allowed(repository: Path, tmp_path: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = [
        f"{found[1]}=={found[2]}.*"
        for each in project["dependencies"]
        if (found := LOWER.match(each))
    ]
    assert len(oldest) == len(project["dependencies"])
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, str(repository), *oldest, "numpy<2"], check=True)
    subprocess.run([*install, "pytest", "hypothesis", "playwright", "scipy"], check=True)
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTED],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4_000:]
