"""How values look: the cases shared with the browser's port, and what must hold for all values."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff import format as shown
from rundiff.format.text import COMBINING, INVISIBLE
from rundiff.records.values import value_of

CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "golden" / "format_cases.json").read_text(encoding="utf-8")
)


def number(text: str | None) -> float | None:
    return None if text is None else float(text)


@pytest.mark.parametrize("case", CASES["show_text"], ids=lambda case: ascii(case["in"])[:30])
def test_texts(case: dict[str, str]) -> None:
    assert shown.show_text(case["in"]) == case["out"]


@pytest.mark.parametrize("case", CASES["format_typed_row"], ids=str)
def test_typed_rows(case: dict[str, Any]) -> None:
    cells = [(kind, value) for kind, value in case["cells"]]
    assert list(shown.format_typed_row(cells)) == case["out"]


@pytest.mark.parametrize("case", CASES["format_numbers"], ids=lambda case: str(case["values"]))
def test_number_rows(case: dict[str, Any]) -> None:
    values = [number(text) for text in case["values"]]
    row = shown.format_numbers(values, baseline=case["baseline"])
    assert list(row.shown) == case["shown"]
    assert row.decimals == case["decimals"]
    base = None if case["baseline"] is None else values[case["baseline"]]
    deltas = [None if value is None or base is None else value - base for value in values]
    assert [shown.format_delta(delta, row.decimals) for delta in deltas] == case["deltas"]


def test_a_row_wider_than_its_place_is_in_scientific_notation() -> None:
    row = shown.format_numbers([8_044_822_699.0, 8_044_822_700.0, 1.0], widest=10)
    assert row.decimals is None
    assert len(set(row.shown)) == 3
    assert shown.format_numbers([124_439.0], widest=10).shown == ("124,439",)


def test_relative_changes() -> None:
    for case in CASES["format_relative"]:
        assert shown.format_relative(number(case["in"])) == case["out"], case


def test_quantities_and_ticks() -> None:
    for case in CASES["format_bytes"]:
        assert shown.format_bytes(case["in"]) == case["out"], case
    for case in CASES["format_count"]:
        assert shown.format_count(case["in"]) == case["out"], case
    for case in CASES["format_duration"]:
        assert shown.format_duration(case["in"]) == case["out"], case
    for case in CASES["format_tick"]:
        assert shown.format_tick(float(case["in"])) == case["out"], case
    for case in CASES["align_decimals"]:
        assert list(shown.align_decimals(case["in"])) == case["out"], case


def test_times() -> None:
    for case in CASES["format_time"]:
        assert shown.format_time(case["in"]) == case["long"]
        assert shown.format_time_short(case["in"]) == case["short"]


def test_the_port_knows_the_same_invisible_characters() -> None:
    assert CASES["invisible"] == [list(pair) for pair in INVISIBLE]
    assert CASES["combining"] == [list(pair) for pair in COMBINING]


texts = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["", "–", '""', "1", "1.0", "true", "null", "NaN", " a", "a ", "\\u{202e}", "\u202e", "e\u0301"]
)
scalars = st.one_of(
    texts, st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from([1, 1.0, "1"])
)


@given(st.lists(scalars, min_size=2, max_size=5))
def test_unequal_cells_never_look_the_same(values: list[object]) -> None:
    cells = [(found.type, found.value) for found in map(value_of, values)]
    looks = shown.format_typed_row(cells)
    for one, look in zip(cells, looks, strict=True):
        for other, other_look in zip(cells, looks, strict=True):
            assert (one == other) == (look == other_look)


@given(st.lists(st.floats(allow_nan=False) | st.floats(0, 1), min_size=2, max_size=6))
def test_unequal_numbers_never_look_the_same(values: list[float]) -> None:
    looks = shown.format_numbers(values, baseline=0).shown
    for one, look in zip(values, looks, strict=True):
        for other, other_look in zip(values, looks, strict=True):
            assert (one == other) == (look == other_look), (one, other, look)


@given(texts)
def test_nothing_unseen_is_left(text: str) -> None:
    for character in shown.show_text(text):
        point = ord(character)
        is_sign = character in "↵⇥"
        assert is_sign or not any(first <= point <= last for first, last in INVISIBLE)


@given(st.floats(0.5, 1.0), st.floats(0.5, 1.0))
def test_a_shown_delta_is_never_zero_nor_hundred_percent_by_rounding(
    one: float, two: float
) -> None:
    row = shown.format_numbers((one, two), baseline=0)
    delta = shown.format_delta(two - one, row.decimals)
    assert (one == two) == (delta == "±0")
    relative = shown.format_relative((two - one) / one)
    assert relative not in ("+0 %", "+0.0 %", "−0.0 %")
    assert math.isclose(one, two) or relative
