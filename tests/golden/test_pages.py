"""Golden pages: each case as a readable dump of its views and as HTML.

A difference then tells which of the two moved. Version and bundles are replaced by placeholders.
``pytest tests/golden --update`` rewrites the files; a failure writes ``*.actual.*`` beside them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rundiff import __version__
from rundiff.comparison import Comparison
from rundiff.render.html import render_html
from rundiff.render.page import compose_page

from tests.factories import Recorded, make_comparison

HERE = Path(__file__).parent / "pages"


def two_runs() -> Comparison:
    """A baseline and one candidate, as a reviewer meets them."""
    return make_comparison(
        Recorded(
            name="baseline",
            params={"lr": "0.1", "seed": "0", "model": "sgd"},
            metrics={"train/loss": [1.0, 0.5, 0.25], "accuracy": 0.9301, "fit_seconds": 1.2},
            tags={"team": "tabular"},
            run={"note": "A **note** with a [link](https://a.example)."},
        ),
        Recorded(
            name="wide",
            params={"lr": "0.3", "seed": "0", "model": "sgd", "depth": "3"},
            metrics={"train/loss": [0.9, 0.4, 0.125], "accuracy": 0.9650, "fit_seconds": 1.8},
            tags={"team": "tabular"},
        ),
    )


def typed_values() -> Comparison:
    """Every kind of value beside every other, and what cannot be seen."""
    values = [1, "1", 1.0, True, "true", None, "", "–", float("nan"), "a\u202eb"]
    return make_comparison(
        *(Recorded(name=f"r{index}", params={"k": value}) for index, value in enumerate(values)),
        problems=[("runs/x.json", "something could not be read")],
        columns=10,
    )


def nothing_logged() -> Comparison:
    """One run without anything."""
    return make_comparison(Recorded(name="empty"))


CASES = {case.__name__: case for case in (two_runs, typed_values, nothing_logged)}


@pytest.mark.parametrize("name", CASES)
def test_page(name: str, request: pytest.FixtureRequest) -> None:
    comparison = CASES[name]()
    check(
        HERE / f"{name}.views.txt", "\n".join(dump(compose_page(comparison).page)) + "\n", request
    )
    check(HERE / f"{name}.html", scrubbed(render_html(comparison)), request)


def check(file: Path, actual: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(actual, encoding="utf-8")
    expected = file.read_text(encoding="utf-8") if file.exists() else ""
    beside = file.with_name(f"{file.stem}.actual{file.suffix}")
    if actual == expected:
        beside.unlink(missing_ok=True)
        return
    beside.write_text(actual, encoding="utf-8")
    assert actual.splitlines() == expected.splitlines(), f"see {beside.name}; --update accepts it"


def scrubbed(html: str) -> str:
    """Replace what changes with every build of the bundles."""
    html = re.sub(r"sha256-[A-Za-z0-9+/]{43}=", "sha256-HASH", html)
    html = re.sub(r"<style>.*?</style>", "<style>STYLE</style>", html, flags=re.DOTALL)
    html = re.sub(r'(<script type="text/plain"[^>]*>).*?</script>', r"\1BUNDLE</script>", html)
    html = re.sub(r"<script>.*?</script>", "<script>SCRIPT</script>", html, flags=re.DOTALL)
    return html.replace(f"rundiff {__version__}", "rundiff VERSION")


def dump(value: object, name: str = "page", depth: int = 0) -> Iterator[str]:
    """Yield one line for each field of a view, nested by indentation; markup only by its size."""
    indent = "  " * depth
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield f"{indent}{name}: {type(value).__name__}"
        for field in dataclasses.fields(value):
            yield from dump(getattr(value, field.name), field.name, depth + 1)
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        yield f"{indent}{name}: {len(value)}"
        for index, item in enumerate(value):
            yield from dump(item, f"[{index}]", depth + 1)
    elif hasattr(value, "__html__"):
        yield f"{indent}{name}: markup"
    else:
        yield f"{indent}{name}: {_version_free(value)}"


def _version_free(value: object) -> str:
    return repr(value).replace(__version__, "VERSION")
