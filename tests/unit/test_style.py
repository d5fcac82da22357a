"""Rules of the house that no linter knows."""

import json
import re
from pathlib import Path

import pytest

VAGUE = re.compile(r"(^|_)(utils?|helpers?|manager|info|misc|common)(_|$)")
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|hwb)\(")


def test_module_names_say_what_they_hold(repository: Path) -> None:
    folders = [repository / "generator", repository / "tests", repository / "assets" / "src"]
    names = [p.stem for folder in folders for p in folder.rglob("*") if p.suffix in {".py", ".js"}]
    assert [name for name in names if VAGUE.search(name.replace("-", "_"))] == []


def test_only_the_tokens_name_a_colour(repository: Path) -> None:
    sheets = (repository / "assets" / "css").rglob("*.css")
    wrong = [
        f"{sheet.name}:{number}: {line.strip()}"
        for sheet in sheets
        if sheet.name != "tokens.css"
        for number, line in enumerate(sheet.read_text(encoding="utf-8").splitlines(), start=1)
        if COLOUR.search(line)
    ]
    assert wrong == []


def test_every_style_sheet_is_imported(repository: Path) -> None:
    folder = repository / "assets" / "css"
    main = (folder / "main.css").read_text(encoding="utf-8")
    sheets = {str(p.relative_to(folder)) for p in folder.rglob("*.css")} - {"main.css"}
    assert {name for name in sheets if name not in main} == set()


def test_templates_name_what_they_make(repository: Path) -> None:
    names = [p.name for p in (repository / "templates").rglob("*") if p.is_file()]
    assert [n for n in names if not re.fullmatch(r"[\w-]+\.[a-z]+\.jinja", n)] == []


def test_lock_file_names_no_registry(repository: Path) -> None:
    """An address would tie every user's `npm ci` to the machine that wrote the file."""
    lock = json.loads((repository / "assets" / "package-lock.json").read_text(encoding="utf-8"))
    assert [path for path, package in lock["packages"].items() if "resolved" in package] == []


def test_javascript_versions_are_exact(repository: Path) -> None:
    """A range would make `npm run build` depend on the day."""
    package = json.loads((repository / "assets" / "package.json").read_text(encoding="utf-8"))
    wanted = {**package.get("dependencies", {}), **package["devDependencies"]}
    assert [v for v in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", v)] == []


@pytest.mark.parametrize("script", ["demo", "test", "check", "bench", "lint", "setup", "assets"])
def test_scripts_can_be_run(script: str, repository: Path) -> None:
    file = repository / "scripts" / script
    assert file.stat().st_mode & 0o111
    assert file.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n# ")
