"""Filters mean on the command line what they mean in the page (assets/test/filter.test.js)."""

import json
from functools import partial
from itertools import compress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from rundiff.errors import FilterError
from rundiff.records.arrays import column_of
from rundiff.selection.evaluate import matching
from rundiff.selection.facts import Facts, KeyFacts
from rundiff.selection.grammar import Condition, Group, Negation, keys_of, parse_where

CASES = json.loads(
    (Path(__file__).parents[2] / "golden" / "filter_cases.json").read_text(encoding="utf-8")
)


def plain(condition: Condition) -> dict[str, Any]:
    """Return a condition as the case file spells it."""
    if isinstance(condition, Negation):
        return {"not": plain(condition.part)}
    if isinstance(condition, Group):
        return {"any" if condition.is_any else "all": [plain(part) for part in condition.parts]}
    literals = [
        one if isinstance(one, str) else {"number": repr(one)} for one in condition.literals
    ]
    return {
        "test": condition.operator,
        "entity": condition.key.entity.value,
        "name": condition.key.name,
        "literals": literals,
        "is_negated": condition.is_negated,
    }


def _each(texts: list[str]) -> tuple[list[str], pa.Array]:
    return texts, column_of(range(len(texts)), pa.int32())


def facts_of(condition: Condition) -> Facts:
    facts: Facts = {}
    for key, _ in keys_of(condition):
        found = [
            (place, sections[key.entity.value][key.name])
            for place, sections in enumerate(CASES["runs"].values())
            if key.name in sections[key.entity.value]
        ]
        texts = [text for _, (text, _) in found]
        numbers = [None if number is None else float(number) for _, (_, number) in found]
        places = column_of([place for place, _ in found], pa.int32())
        facts[key.entity, key.name] = KeyFacts(
            places, column_of(numbers, pa.float64()), partial(_each, texts)
        )
    return facts


@pytest.mark.parametrize("case", CASES["expressions"], ids=lambda case: case["expression"])
def test_an_expression_means_what_the_case_says(case: dict[str, Any]) -> None:
    condition = parse_where(case["expression"])
    assert plain(condition) == case["condition"]
    found = matching(condition, len(CASES["runs"]), facts_of(condition)).to_pylist()
    assert list(compress(CASES["runs"], found)) == case["holds_for"]


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda case: case["expression"][:40])
def test_a_wrong_expression_is_wrong_at_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(FilterError) as raised:
        parse_where(case["expression"])
    assert raised.value.position == case["position"]
