"""Imports point to the left only.

records → sources → store → relation → comparison → views + charts → render → outputs
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# From left to right. A part may import the parts of the rows above its own and, inside a package,
# its own modules. Parts of one row do not know each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "frozen", "garbage", "natural", "own_files", "resources"),
    ("records",),
    ("tracking", "sources"),
    ("store",),
    ("relation",),
    ("selection",),
    ("judgement", "budgets"),
    ("comparison",),
    ("format", "selected", "ranking", "recipe_keys", "ci"),
    ("stats",),
    ("gates",),
    ("assembly",),
    ("charts",),
    ("views",),
    ("render",),
    ("api",),
    ("cli",),
    ("__init__", "__main__"),
)
# A training loop that logs must not pay for reading, comparing or drawing.
TRACKING_MAY_IMPORT = {"tracking", "records", "errors", "frozen"}

RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}


def package_folder(repository: Path) -> Path:
    return repository / "generator" / "rundiff"


def part_of(module: Path, package: Path) -> str:
    """Return the first step below the package: `records` for `records/journal.py`."""
    return module.relative_to(package).parts[0].removesuffix(".py")


def imported_parts(module: Path, package: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, part) for each import from rundiff, at the top or inside a function."""
    own = ("rundiff", *module.relative_to(package).parts[:-1])
    for node in ast.walk(ast.parse(module.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(own[: len(own) - node.level + 1]) if node.level else []
            base += (node.module or "").split(".") if node.module else []
            # `from rundiff import store` names the part last; the version is a mere constant.
            names = [[*base, alias.name] for alias in node.names if alias.name != "__version__"]
        else:
            continue
        for name in names:
            if name[0] == "rundiff":
                yield node.lineno, name[1] if len(name) > 1 and name[1] in RANK else "__init__"


def modules(repository: Path) -> list[Path]:
    return sorted(package_folder(repository).rglob("*.py"))


def test_every_part_has_its_place(repository: Path) -> None:
    package = package_folder(repository)
    unknown = {part_of(module, package) for module in modules(repository)} - RANK.keys()
    assert not unknown, "give them a place in LAYERS, and keep to the flow"


def test_imports_point_to_the_left(repository: Path) -> None:
    package = package_folder(repository)
    wrong = []
    for module in modules(repository):
        part = part_of(module, package)
        for line, other in imported_parts(module, package):
            if other != part and RANK[other] >= RANK[part]:
                wrong.append(f"{module.relative_to(repository)}:{line}: {part} imports {other}")
    assert wrong == []


def test_tracking_imports_only_what_logging_needs(repository: Path) -> None:
    package = package_folder(repository)
    wrong = [
        f"{module.relative_to(repository)}:{line}: {other}"
        for module in modules(repository)
        if part_of(module, package) == "tracking"
        for line, other in imported_parts(module, package)
        if other not in TRACKING_MAY_IMPORT
    ]
    assert wrong == []


HEAVY = {"duckdb", "numpy", "pyarrow", "plotly", "jinja2", "pandas", "scipy", "rich", "yaml"}
QUICK = {
    "--help": ["-m", "rundiff", "--help"],
    "--version": ["-m", "rundiff", "--version"],
    "logging": ["-c", "import rundiff.tracking"],
    "import": ["-c", "import rundiff; rundiff.start_run"],
}


@pytest.mark.parametrize("name", QUICK)
def test_quick_paths_import_nothing_heavy(name: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-X", "importtime", *QUICK[name]],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    report = [line.rsplit("|", 1) for line in result.stderr.splitlines() if "|" in line]
    imported = {module.strip().split(".")[0] for _, module in report}
    assert "rundiff" in imported
    assert not HEAVY & imported
    assert "orjson" not in imported or not name.startswith("--")  # which read no records
