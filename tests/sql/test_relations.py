"""Each relation against its cases: the tables it reads in, the rows that come out.

A case is a folder ``<relation>/<case>`` with ``input.json`` (table → rows) and ``expect.json`` (the
rows). An expected row names the columns that the case is about. JSON has no NaN: the words "NaN",
"Infinity" and "-Infinity" stand for the doubles in number columns.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from rundiff.records.arrays import column_of, mask_column
from rundiff.records.tables import SCHEMAS
from rundiff.relation import INPUTS, relation_text
from rundiff.store import Store

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/input.json"))
SQL = HERE.parents[1] / "generator" / "rundiff" / "sql"
_VALUE = [
    ("section", pa.string()), ("key", pa.string()), ("run_id", pa.string()), ("type", pa.string()),
    ("value", pa.string()), ("number", pa.float64()), ("numeric", pa.string()),
]  # fmt: skip
RELATIONS: Mapping[str, pa.Schema] = {
    "metric_value": pa.schema(
        [("run_id", pa.string()), ("key", pa.string()), ("value", pa.float64()),
         ("exact", pa.string())]
    ),
    "cell": pa.schema(_VALUE),
    "selected_cell": pa.schema(_VALUE),
    "row_key": pa.schema(
        [("section", pa.string()), ("key", pa.string()), ("runs", pa.int64()),
         ("is_numeric_text", pa.bool_()), ("lowest", pa.float64()), ("highest", pa.float64())]
    ),
}  # fmt: skip
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def table_of(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    arrays = []
    for column in schema:
        cells = [row.get(column.name) for row in rows]
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_boolean(kind):
            arrays.append(mask_column([bool(cell) for cell in cells]))
            continue
        if pa.types.is_floating(kind):
            cells = [_WORDS.get(cell, cell) if isinstance(cell, str) else cell for cell in cells]
        arrays.append(column_of(cells, kind))
    return pa.Table.from_arrays(arrays, names=schema.names)


def plain(cell: object) -> object:
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else "Infinity" if cell > 0 else "-Infinity"
    return cell


def tables_read(relation: str) -> set[str]:
    words = set(re.findall(r"[a-z_]+", relation_text(relation)))
    return words & (SCHEMAS.keys() | INPUTS.keys() | RELATIONS.keys()) - {relation}


def load(store: Store, relation: str, given: Mapping[str, Any]) -> None:
    """Load what a relation reads; what a case leaves out is made by its own SELECT, or is empty."""
    schemas = {**SCHEMAS, **INPUTS, **RELATIONS}
    for name in sorted(tables_read(relation)):
        if name == "row_key" and name not in given:
            load(store, name, given)
            store.create_view(name, relation_text(name))
        else:
            store.load(name, table_of(schemas[name], given.get(name, [])))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path) -> None:
    relation = case.parent.name
    given = json.loads((case / "input.json").read_text(encoding="utf-8"))
    store = Store()
    load(store, relation, given)
    found = store.fetch(relation_text(relation)).to_pylist()
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
