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
from rundiff.relation import LoadedRuns, compare_runs, fetch_row_keys
from rundiff.relation.codes import DOUBLE, SECTIONS, Codes
from rundiff.relation.numbering import CELL, Numbering, table_of
from rundiff.relation.rows import INPUTS, RowMeaning, SelectedRun
from rundiff.store import Store

Rows = Sequence[Mapping[str, Any]]

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Coding:
    """What one case's numbers stand for."""

    def __init__(self, given: Mapping[str, Rows]) -> None:
        self._given = given
        self.codes = Codes(self._run_ids())
        self._numbering = Numbering(self.codes)

    def _run_ids(self) -> Sequence[str]:
        """Return the selected runs in their order; all in that of their cells if none is."""
        selected = self._given.get("selected_run")
        if selected is None:
            return list(dict.fromkeys(row["run_id"] for row in self._given["cell"]))
        return [row["run_id"] for row in sorted(selected, key=lambda row: row["position"])]

    def parameters(self) -> dict[str, Any]:
        """Return the numbers that a case asks a relation about: a row, a run, or rows and runs."""
        found: dict[str, Any] = {}
        if "run" in self._given:
            (found["run"],) = (self._number("run", row) for row in self._given["run"])
        if "rows" in self._given:
            found["rows"] = [self._number("row", row) for row in self._given["rows"]]
            found["runs"] = [self._number("run", row) for row in self._given["runs"]]
        if "row" in self._given:
            (found["row"],) = (self._number("row", row) for row in self._given["row"])
        return found

    def table(self, name: str) -> pa.Table:
        """Return a table of the case as the engine gets it."""
        rows = self._rows(name)
        if name == "metric_point":
            return self._numbering.points(_canonical(name, rows))
        schema = CELL if name == "cell" else INPUTS[name]
        return table_of(schema, [[self._number(column, row) for column in schema.names]
                                 for row in rows])  # fmt: skip

    def _rows(self, name: str) -> list[dict[str, Any]]:
        if name == "column_run":
            return [dict(row) for row in self._given["selected_run"] if row["role"] != "other"]
        return [_with_numbers(row) for row in self._given.get(name, [])]

    def read(self, relation: str, found: pa.Table) -> list[dict[str, Any]]:
        """Return what a relation gave, with its texts."""
        if relation == "recipe":
            return self._recipes(found)
        return [self._texts(row) for row in found.to_pylist()]

    def compared(self, store: Store) -> list[dict[str, Any]]:
        """Return the comparison of a case whose cells are loaded, as a report gets it."""
        loaded = LoadedRuns(store, self.codes, self._numbering)
        known = {(row.section, row.key): row._asdict() for row in fetch_row_keys(loaded)}
        meanings = [
            RowMeaning(**{**known[row["section"], row["key"]], **row})
            for row in self._given["row_meaning"]
        ]
        selected = [SelectedRun(**row) for row in self._given["selected_run"]]
        rows: list[dict[str, Any]] = compare_runs(loaded, selected, meanings).to_pylist()
        return rows

    def _recipes(self, found: pa.Table) -> list[dict[str, Any]]:
        """Return a number for each run, equal where its parts are."""
        parts: dict[str, list[object]] = {row["run_id"]: [] for row in self._given["runs"]}
        for row in found.to_pylist():
            parts[list(self.codes.runs)[row["run"]]].append(row["part"])
        numbers: dict[str, int] = {}
        return [
            {"run_id": run_id, "recipe": numbers.setdefault(repr(each), len(numbers))}
            for run_id, each in parts.items()
        ]

    def _number(self, column: str, row: Mapping[str, Any]) -> object:
        """Return the cell of a numbered column for a row of texts."""
        codes = self.codes
        section, numeric = row.get("section"), row.get("numeric")
        numbers: Mapping[str, Callable[[], object]] = {
            "row": lambda: codes.row(SECTIONS.index(row["section"]), row["key"]),
            "run": lambda: codes.runs[row["run_id"]],
            "numeric": lambda: (
                None if section == "metrics" else codes.numeric(row.get("type", ""), numeric)
            ),
        }
        if column == "value" and "type" in row:
            is_double = section == "metrics" and numeric is None
            return DOUBLE if is_double else codes.value(row["type"], row["value"])
        return numbers[column]() if column in numbers else row.get(column)

    def _texts(self, row: Mapping[str, Any]) -> dict[str, Any]:
        codes, texts = self.codes, dict(row)
        if "row" in row:
            ((texts["section"], texts["key"]),) = codes.rows([row["row"]])
        if "run" in row:
            texts["run_id"] = list(codes.runs)[row["run"]]
        if isinstance(row.get("key"), int):
            texts["key"] = list(codes.keys)[row["key"]]
        if "value" in row and "number" in row:
            texts["type"], texts["value"] = codes.values()[row["value"]]
            if row["value"] == DOUBLE:
                texts["value"] = float_value(row["number"]).value
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
