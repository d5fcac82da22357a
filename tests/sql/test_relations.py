"""Each relation against its cases: the tables it reads in, the rows that come out.

A case is a folder ``<relation>/<case>`` with ``input.json`` (table → rows) and ``expect.json`` (the
rows), both in texts: ``coding`` numbers them as a load does and reads the numbers of the outcome.
An expected row names the columns that the case is about. JSON has no NaN: the words "NaN",
"Infinity" and "-Infinity" stand for the doubles in number columns.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from rundiff.records.schemas import SCHEMAS
from rundiff.relation import OF_CHOSEN_RUNS, relation_text
from rundiff.relation.rows import INPUTS
from rundiff.store import Store

from tests.sql.coding import Coding

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/input.json"))
SQL = HERE.parents[1] / "generator" / "rundiff" / "sql"
_TABLES = {*SCHEMAS, *INPUTS, "cell"} - {"run"}  # which is a column


def plain(cell: object) -> object:
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else "Infinity" if cell > 0 else "-Infinity"
    return cell


def tables_read(relation: str) -> set[str]:
    words = set(re.findall(r"[a-z_]+", relation_text(relation)))
    return (words & _TABLES) - {relation}


def read(relation: str, coding: Coding) -> list[dict[str, object]]:
    """Return the rows that come out, of the comparison as a report gets it."""
    store = Store()
    if relation == "comparison":
        store.load("cell", coding.table("cell"))
        return coding.compared(store)
    for name in sorted(tables_read(relation)):
        store.load(name, coding.table(name), *[OF_CHOSEN_RUNS] * (name == "metric_point"))
    return coding.read(relation, store.fetch(relation_text(relation), **coding.parameters()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path) -> None:
    relation = case.parent.name
    given = json.loads((case / "input.json").read_text(encoding="utf-8"))
    found = read(relation, Coding(given))
    expected = json.loads((case / "expect.json").read_text(encoding="utf-8"))
    if "ORDER BY" not in relation_text(relation):
        asked = list(expected[0])
        found.sort(key=lambda row: repr([plain(row[name]) for name in asked]))
        expected.sort(key=lambda row: repr([row[name] for name in asked]))
    assert len(found) == len(expected)
    rows = [
        {name: plain(row[name]) for name in wanted}
        for row, wanted in zip(found, expected, strict=True)
    ]
    assert rows == expected


def test_every_relation_has_cases() -> None:
    assert {case.parent.name for case in CASES} == {path.stem for path in SQL.glob("*.sql")}


@pytest.mark.parametrize("path", sorted(SQL.glob("*.sql")), ids=lambda path: path.stem)
def test_a_relation_says_what_it_is_and_keeps_to_the_portable_subset(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head = text.split("\n")
    assert head[0] == f"-- relation: {path.stem}"
    assert head[1].startswith("-- grain: one row per ")
    assert head[2].startswith("-- reads: ")
    code = re.sub(r"--.*", "", text)
    assert not re.search(r"\b(QUALIFY|PIVOT|DISTINCT ON|ILIKE|read_\w+|json\w*)\b|::|//|~|->", code)
    assert code.count(";") == 0
    for order in re.findall(r"ORDER BY(.*)", code, re.DOTALL):
        nullable = [part for part in order.split(",") if re.search(r"\b(time|seq|step)\b", part)]
        assert all("NULLS LAST" in part for part in nullable)
