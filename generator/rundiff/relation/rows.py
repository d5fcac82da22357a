"""What goes into the relations beside the tables of a load, and what comes out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping

_INT, _TEXT, _FLAG = pa.int32(), pa.string(), pa.bool_()

INPUTS: Mapping[str, pa.Schema] = {
    "column_run": pa.schema([("run", _INT)]),
    "metric_choice": pa.schema([("row", _INT), ("run", _INT), ("value", pa.float64())]),
    "row_meaning": pa.schema(
        [
            ("place", _INT),
            ("row", _INT),
            ("direction", _TEXT),
            ("is_numeric_text", _FLAG),
            ("lowest", pa.float64()),
            ("highest", pa.float64()),
            *(("value", _INT), ("number", pa.float64()), ("numeric", _INT)),  # of the baseline
        ]
    ),
}


class SelectedRun(NamedTuple):
    """A run of the selection. ``role``: baseline, candidate, or other (it is no column)."""

    run_id: str
    run_name: str
    position: int
    role: str


class RowKey(NamedTuple):
    """A key that any run of the selection has; the bounds are of its finite numbers."""

    section: str
    key: str
    runs: int
    is_numeric_text: bool
    lowest: float | None
    highest: float | None


class RowMeaning(NamedTuple):
    """Where a row stands, what is known of its key, and the direction and unit of a metric."""

    place: int
    section: str
    key: str
    direction: str
    unit: str
    runs: int
    is_numeric_text: bool
    lowest: float | None
    highest: float | None


class FetchedSeries(NamedTuple):
    """One metric of one run, in order."""

    key: str
    run_id: str
    steps: array[float]
    times: array[int]
    values: array[float]
