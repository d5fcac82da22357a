"""Columns in which nearly every run has a double of its own are in the page as doubles."""

from __future__ import annotations

import base64
import json
import re
from array import array
from typing import Any

import pytest
from rundiff.render.html import render_html
from rundiff.render.island import pack_doubles
from rundiff.selected import SelectedCell

from tests.factories import Recorded, make_comparison

COUNT = 600


def cells(texts: list[str | None], kind: str = "float") -> list[SelectedCell | None]:
    return [None if text is None else SelectedCell(kind, text, None) for text in texts]


def unpacked(packed: Any) -> list[str | None]:
    words = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    texts: list[str | None] = [
        words.get(repr(number), repr(number))
        for number in array("d", base64.b64decode(packed["f"]))
    ]
    for place in packed.get("gaps", ()):
        texts[place] = None
    return texts


def test_every_text_and_gap_comes_back() -> None:
    texts: list[str | None] = [repr(place / 7) for place in range(COUNT)]
    texts += ["NaN", "Infinity", "-Infinity", "-0.0", "1e-05", "5e-324", "1e+16", None]
    packed = pack_doubles(cells(texts))
    assert packed is not None
    assert unpacked(packed) == texts


@pytest.mark.parametrize(
    "texts",
    [
        [repr(place / 7) for place in range(400)],  # few runs: the data stay readable
        [repr(float(place % 3)) for place in range(COUNT)],  # few values
        [*(repr(place / 7) for place in range(COUNT)), "0.10"],  # not as Python writes it
    ],
)
def test_what_would_lose_or_gain_nothing_stays_text(texts: list[str | None]) -> None:
    assert pack_doubles(cells(texts)) is None


def test_only_doubles_are_packed() -> None:
    assert pack_doubles(cells([str(place) for place in range(COUNT)], "int")) is None
    assert pack_doubles(cells([repr(place / 7) for place in range(COUNT)], "text")) is None


def test_a_page_of_many_runs_has_its_metrics_packed() -> None:
    runs = [
        Recorded(name=f"r{place}", params={"lr": place / 7}, metrics={"loss": 1 / (place + 3)})
        for place in range(COUNT)
    ]
    html = render_html(make_comparison(*runs))
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html)
    assert found
    columns = {column["key"]: column for column in json.loads(found[1])["columns"]}
    assert unpacked(columns["loss"]) == [repr(1 / (place + 3)) for place in range(COUNT)]
    assert unpacked(columns["lr"]) == [repr(place / 7) for place in range(COUNT)]
