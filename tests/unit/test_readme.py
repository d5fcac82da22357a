"""The README says what the command does: every option, as `--help` has it, and examples that run.

``pytest tests/unit/test_readme.py --update`` rewrites the options between their markers.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rundiff.cli import build_parser, main

START, END = "<!-- options: written by tests/unit/test_readme.py --update -->", "<!-- /options -->"
Command = tuple[str, argparse.ArgumentParser]
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def commands(parser: argparse.ArgumentParser, name: str = "rundiff") -> Iterator[Command]:
    """Yield the commands that do something, those below others included."""
    below = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for action in below:
        for word, child in action.choices.items():
            yield from commands(child, f"{name} {word}")
    if not below:
        yield name, parser


def options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    formatter = parser._get_formatter()
    for action in parser._actions:
        if action.dest == "help" or not action.help:
            continue
        names = ", ".join(f"`{name}`" for name in action.option_strings)
        value = formatter._format_args(action, str(action.metavar or action.dest.upper()))
        shown = f"{names} `{value}`" if names and value else names or f"`{value}`"
        expanded = (action.help % {**vars(action), "prog": "rundiff"}).replace("|", "\\|")
        yield shown.replace("|", "\\|"), expanded


def expected() -> str:
    """Return one table a command; an option that an earlier command has is only named again."""
    parts: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for name, parser in commands(build_parser()):
        rows, again = [], []
        for option in options(parser):
            if option in seen:
                again.append(option[0])
            else:
                seen[option] = name
                rows.append(f"| {option[0]} | {option[1]} |")
        summary = str(parser.description).partition("\n\n")[0]
        summary = re.sub(r"^`[^:]*`: ", "", " ".join(summary.split()))
        parts.append(f"**`{name}`**: {summary}")
        if rows:
            parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
        if again:
            parts.append(f"Also as above: {', '.join(again)}.")
    return "\n\n".join(parts)


def test_the_readme_has_every_option(repository: Path, request: pytest.FixtureRequest) -> None:
    readme = repository / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    assert after, "the README has lost its markers"
    if request.config.getoption("--update"):
        readme.write_text(f"{before}{START}\n\n{expected()}\n\n{END}{after}", encoding="utf-8")
        return
    assert rest.partition(END)[0].strip() == expected()


def test_the_readmes_records_are_read(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    records = [body for language, body in FENCE.findall(text) if language == "json"]
    assert len(records) == 2
    monkeypatch.chdir(tmp_path)
    for number, body in enumerate(records):
        json.loads(body)
        Path(f"{number}.json").write_text(body, encoding="utf-8")
        assert main(["report", f"{number}.json", "-o", f"{number}.html", "--strict"]) == 0


def test_the_readmes_python_runs(repository: Path, tmp_path: Path) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    logging, comparing = (body for language, body in FENCE.findall(text) if language == "python")
    for program in (logging, comparing):
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    assert (tmp_path / "report.html").stat().st_size > 100_000


def test_the_readmes_first_commands_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (repository / "README.md").read_text(encoding="utf-8")
    lines = [
        line.partition("#")[0].strip()
        for language, body in FENCE.findall(text)
        if language == "bash"
        for line in body.splitlines()
        if "sample_runs" in line and line.startswith("rundiff ")
    ]
    assert len(lines) >= 3
    (tmp_path / "sample_runs").symlink_to(repository / "sample_runs")
    monkeypatch.chdir(tmp_path)
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, line
