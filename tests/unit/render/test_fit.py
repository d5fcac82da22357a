"""What a page leaves out is counted, and its file is never larger than it was promised to be."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from rundiff.budgets import Budgets
from rundiff.comparison import Comparison
from rundiff.errors import OutputError
from rundiff.render.html import render_html
from rundiff.render.page import Composed, compose_page
from rundiff.selected import load_selected

from tests.factories import Recorded, make_comparison

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
RUNS, LENGTH = 24, 300


def comparison_of(**budgets: int) -> Comparison:
    recorded = [
        Recorded(
            name=f"run-{place:03}",
            params={f"p{key}": place * key for key in range(30)}
            | {"same": "x", f"only-{place % 10}": "rare"},
            metrics={
                "loss": [
                    math.exp(-step / 50) + math.sin(place + step * step) for step in range(LENGTH)
                ],
                "accuracy": [step / LENGTH + place / 1_000 for step in range(LENGTH)],
                "seconds": float(place),
            },
            tags={"team": "a"},
            artifacts=[
                {"path": "plot.png", "size": len(PNG)},
                {"path": "large.png", "size": 5_000_000},
                {"path": "notes.txt", "size": 6},
            ],
            contents={"plot.png": PNG + bytes([place]), "notes.txt": b"notes\n"},
        )
        for place in range(RUNS)
    ]
    return make_comparison(
        *recorded,
        budgets=Budgets(**budgets),  # type: ignore[arg-type]
        command="rundiff report runs",
    )


@cache
def page_of(**budgets: int) -> str:
    return render_html(comparison_of(**budgets))


def listed(html: str) -> dict[str, tuple[int, int, str]]:
    """Return kind → (shown, left out, command) as About lists them."""
    pattern = (
        r'<p data-left-out="([^"]*)" data-shown="(\d+)" data-left="(\d+)">.*?<code>(.*?)</code></p>'
    )
    return {kind: (int(a), int(b), code) for kind, a, b, code in re.findall(pattern, html)}


def island_of(html: str) -> Mapping[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html)
    assert found
    island: Mapping[str, Any] = json.loads(found[1])
    return island


def in_page(html: str) -> dict[str, int]:
    """Count what is in a page, from nothing but the page."""
    island = island_of(html)
    packed = island["series"]
    items = json.loads(gzip.decompress(base64.b64decode(packed["items"]))) if packed else []
    return {
        "points": sum(item["n"] for item in items),
        "curves": len(items),
        "previews": len(re.findall(r'<figure class="preview (?:image|text|table)"', html)),
        "keys": len(island["columns"]),
        "cells": sum(code >= 0 for column in island["columns"] for code in column["i"]),
        "charts": len(re.findall(r'data-kind="(?:line|bar)"', html)),
    }


def everything(comparison: Comparison) -> dict[str, int]:
    selected = load_selected(comparison)
    compared = len(comparison.compared)
    return {
        "points": RUNS * 2 * LENGTH,
        "curves": RUNS * 2,
        "previews": compared * 3,
        "keys": len(selected),
        "cells": sum(map(len, selected.values())),
        "charts": 3,
    }


CASES: dict[str, dict[str, int]] = {
    "default": {},
    "few points": {"points": 900},
    "no point": {"points": 1},
    "few cells": {"cells": 200},
    "a small file": {"bytes": 1_000_000},
    "a smaller file": {"bytes": 800_000},
    "a tiny file": {"bytes": 640_000},
    "all at once": {"bytes": 800_000, "cells": 500, "points": 2_000},
}


@pytest.mark.parametrize("name", CASES)
def test_shown_plus_listed_is_everything(name: str) -> None:
    comparison = comparison_of(**CASES[name])
    html = page_of(**CASES[name])
    left_out = listed(html)
    shown = in_page(html)
    for kind, total in everything(comparison).items():
        said, left, command = left_out.get(kind, (shown[kind], 0, ""))
        assert said == shown[kind], kind
        assert shown[kind] + left == total, kind
        assert not left or command.startswith("rundiff report runs --max-"), kind


@pytest.mark.parametrize("name", CASES)
def test_the_command_brings_everything_back(name: str) -> None:
    budgets: dict[str, int] = dict(CASES[name])
    for _ in range(4):  # what one option brings back another may have to make room for
        left_out = listed(page_of(**budgets))
        if not left_out:
            break
        for _, _, command in left_out.values():
            for kind, number in re.findall(r"--max-(\w+) (\d+)", command):
                budgets[kind] = max(budgets.get(kind, 0), int(number))
    # A preview whose content nobody has stays out: the record only says how large it is.
    assert set(left_out) <= {"previews"}


@pytest.mark.parametrize("most", [1_050_000, 900_000, 700_000, 640_000])
def test_the_file_is_never_larger_and_drawn_few_times(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Comparison] = []

    def counted(comparison: Comparison) -> Composed:
        drawn.append(comparison)
        return compose_page(comparison)

    monkeypatch.setattr("rundiff.render.html.compose_page", counted)
    comparison = comparison_of(bytes=most)
    html = render_html(comparison)
    assert len(html.encode()) <= most
    assert len(drawn) <= 4
    assert html == render_html(comparison)


def test_a_smaller_file_keeps_what_was_declared_to_stay_longest() -> None:
    whole = len(page_of(bytes=10_000_000))
    kinds = [set(listed(page_of(bytes=most))) for most in (whole - 20_000, 640_000)]
    assert "points" in kinds[0]
    assert "keys" not in kinds[0]
    assert {"points", "curves", "previews", "keys", "cells"} <= kinds[1]


def test_what_no_page_fits_is_refused_with_the_size_that_would_do() -> None:
    with pytest.raises(OutputError, match="cannot be made to fit 100,000 bytes") as refused:
        render_html(comparison_of(bytes=100_000))
    (size,) = re.findall(r"--max-bytes (\d+)", str(refused.value))
    assert len(render_html(comparison_of(bytes=int(size))).encode()) <= int(size)


def test_keys_go_in_the_declared_order() -> None:
    html = page_of(cells=300)
    kept = [column["key"] for column in island_of(html)["columns"]]
    assert not [key for key in kept if key.startswith("only-")]
    assert "same" not in kept
    assert set(kept) <= {"loss", "accuracy", "seconds", *(f"p{key}" for key in range(1, 30))}
    assert 'data-key="same"' not in html


def test_rows_beyond_the_usual_stay_in_the_data() -> None:
    many = {f"k{index:05}": index for index in range(2_100)}
    runs = [Recorded(name=name, params=many) for name in ("a", "b")]
    html = render_html(make_comparison(*runs, command="rundiff report runs"))
    assert listed(html)["rows"][:2] == (2_000, 100)
    assert len(island_of(html)["columns"]) == 2_100
    assert "100 more rows are left out" in html
    whole = render_html(make_comparison(*runs, budgets=Budgets(cells=4_200)))
    assert len(re.findall(r'<tr data-section="params"', whole)) == 2_100
    assert listed(whole) == {}
