"""What goes into the relations beside the tables of a load, and what comes out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.relation.numbering import CELL

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping

_INT, _TEXT, _FLAG = pa.int32(), pa.string(), pa.bool_()

INPUTS: Mapping[str, pa.Schema] = {
    "selected_run": pa.schema(
        [("run", _INT), ("position", _INT), ("is_column", _FLAG), ("is_baseline", _FLAG)]
    ),
    "metric_choice": pa.schema([("run", _INT), ("key", _INT), ("value", pa.float64())]),
    "dataset_value": CELL,
    "wanted_key": pa.schema([("section", _INT), ("key", _INT)]),
    "asked_run": pa.schema([("position", _INT)]),
    "ignored_key": pa.schema([("section", _INT), ("key", _INT)]),
    "row_meaning": pa.schema(
        [("place", _INT), ("section", _INT), ("key", _INT), ("direction", _TEXT)]
    ),
}


class SelectedRun(NamedTuple):
    """A run of the selection. ``role``: baseline, candidate, or other (it is no column)."""

    run_id: str
    run_name: str
    position: int
    role: str


class RowKey(NamedTuple):
    """A key that any run of the selection has."""

    section: str
    key: str
    runs: int
    is_numeric_text: bool


class RowMeaning(NamedTuple):
    """Where a row stands, and the direction and unit of a metric."""

    place: int
    section: str
    key: str
    direction: str
    unit: str


class FetchedSeries(NamedTuple):
    """One metric of one run, in order."""

    key: str
    run_id: str
    steps: array[float]
    times: array[int]
    values: array[float]
