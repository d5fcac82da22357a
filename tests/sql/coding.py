"""The cases' texts as the numbers that relations are made of, and back.

A case is written in texts, for people. The engine sees numbers only, so a case's tables are
numbered as a load numbers them, and what comes out is read back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from rundiff.records.arrays import column_of
from rundiff.records.schemas import SCHEMAS
from rundiff.records.values import float_value
from rundiff.relation.codes import DOUBLE, SECTIONS, Codes
from rundiff.relation.numbering import CELL, Numbering, table_of
from rundiff.relation.rows import INPUTS, RowMeaning, SelectedRun
from rundiff.relation.texts import RowTexts

Rows = Sequence[Mapping[str, Any]]

_INT, _DOUBLE = pa.int32(), pa.float64()
RELATIONS: Mapping[str, pa.Schema] = {
    "metric_value": pa.schema(
        [("run", _INT), ("key", _INT), ("value", _DOUBLE), ("exact", _INT)]
    ),
    "cell": CELL.insert(0, pa.field("section", _INT)),
    "selected_cell": CELL.set(0, pa.field("position", _INT)).insert(0, pa.field("section", _INT)),
}  # fmt: skip
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Coding:
    """What one case's numbers stand for."""

    def __init__(self, given: Mapping[str, Rows]) -> None:
        self.codes = Codes()
        self._numbering = Numbering(self.codes)
        self._given = given
        named = given.get("selected_run") or given.get("asked_run") or []
        self._positions = {row["run_id"]: place for place, row in enumerate(named)}

    def table(self, name: str) -> pa.Table:
        """Return a table of the case as the engine gets it."""
        rows = [_with_numbers(row) for row in self._given.get(name, [])]
        if name in ("param", "tag", "environment"):
            return self._numbering.keyed(_canonical(name, rows))
        if name == "metric_summary":
            return self._numbering.summaries(_canonical(name, rows))
        if name == "artifact":
            return self._numbering.artifacts(_canonical(name, rows))
        if name == "metric_point":
            return self._numbering.points(_canonical(name, rows))
        schema = INPUTS[name] if name in INPUTS else RELATIONS[name]
        return table_of(schema, [[self._number(column, row) for column in schema.names]
                                 for row in rows])  # fmt: skip

    def read(self, relation: str, found: pa.Table) -> list[dict[str, Any]]:
        """Return what a relation gave, with its texts."""
        if relation == "comparison":
            runs = [SelectedRun(**row) for row in self._given["selected_run"]]
            meanings = [RowMeaning(**row) for row in self._given["row_meaning"]]
            rows: list[dict[str, Any]] = (
                RowTexts(runs, meanings, self.codes).table(found).to_pylist()
            )
            return rows
        return [self._texts(row, is_cell="section" in row) for row in found.to_pylist()]

    def _number(self, column: str, row: Mapping[str, Any]) -> object:
        """Return the cell of a numbered column for a row of texts."""
        codes = self.codes
        section, role, numeric = row.get("section"), row.get("role"), row.get("numeric")
        numbers: Mapping[str, Callable[[], object]] = {
            "section": lambda: SECTIONS.index(row["section"]),
            "key": lambda: codes.keys[row["key"]],
            "run": lambda: codes.runs[row["run_id"]],
            "position": lambda: row.get("position", self._position(row["run_id"])),
            "numeric": lambda: (
                None if section == "metrics" else codes.numeric(row["type"], numeric)
            ),
            "exact": lambda: codes.exact(row.get("exact")),
            "is_column": lambda: role in ("baseline", "candidate"),
            "is_baseline": lambda: role == "baseline",
        }
        if column == "value" and "type" in row:
            is_double = section == "metrics" and numeric is None
            return DOUBLE if is_double else codes.value(row["type"], row["value"])
        return numbers[column]() if column in numbers else row.get(column)

    def _position(self, run_id: str) -> int:
        return self._positions.setdefault(run_id, len(self._positions))

    def _texts(self, row: Mapping[str, Any], *, is_cell: bool) -> dict[str, Any]:
        codes, texts = self.codes, dict(row)
        if is_cell:
            texts["section"] = SECTIONS[row["section"]]
        if "run" in row:
            texts["run_id"] = list(codes.runs)[row["run"]]
        if "position" in row:
            texts["run_id"] = {at: run_id for run_id, at in self._positions.items()}[
                row["position"]
            ]
        if isinstance(row.get("key"), int):
            texts["key"] = list(codes.keys)[row["key"]]
        if is_cell and "value" in row:
            texts["type"], texts["value"] = codes.values()[row["value"]]
            if row["value"] == DOUBLE:
                texts["value"] = float_value(row["number"]).value
        if row.get("exact") is not None:
            texts["exact"] = codes.values()[row["exact"]][1]
        return texts


def _canonical(name: str, rows: Rows) -> pa.Table:
    schema = SCHEMAS[name]
    arrays = []
    for column in schema:
        is_dictionary = pa.types.is_dictionary(column.type)
        kind = column.type.value_type if is_dictionary else column.type
        array = column_of([row.get(column.name) for row in rows], kind)
        arrays.append(array.dictionary_encode() if is_dictionary else array)
    return pa.Table.from_arrays(arrays, schema=schema)


def _with_numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the doubles that JSON has no token for."""
    return {
        name: _WORDS.get(cell, cell)
        if name in ("number", "last") or (name == "value" and "type" not in row)
        else cell
        for name, cell in row.items()
    }
