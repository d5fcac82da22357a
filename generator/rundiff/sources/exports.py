"""One run met twice: in a tracker's store, and in a table that was exported from it.

``search_runs.csv`` beside ``mlflow.db`` never equals the database: a table has no types, no
histories, no names of experiments, and blanks where NaN was. It is the same run all the same when
each of its params and metrics is what the store says, too; the store, which knows more, counts
then. One other value makes it a different run with the same id, as an edited table would be.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rundiff.sources.base import Batch

KIND = "table"
_VALUES = {"param": "value", "metric_summary": "last"}
Facts = dict[tuple[str, str], str]


def facts_of(batch: Batch, run_ids: Collection[str]) -> dict[str, Facts]:
    """Return params and metrics of some runs as text, by run; a table's header is stripped."""
    found: dict[str, Facts] = {run_id: {} for run_id in run_ids}
    for table, column in _VALUES.items():
        for row in batch.tables[table].select(["run_id", "key", column]).to_pylist():
            if row["run_id"] in found:
                found[row["run_id"]][table, row["key"].strip()] = str(row[column])
    return found


def is_export(exported: Mapping[tuple[str, str], str], kept: Mapping[tuple[str, str], str]) -> bool:
    """Tell whether a table's facts of a run are all among those of a store."""
    return all(key in kept and _is_same(text, kept[key]) for key, text in exported.items())


def _is_same(one: str, other: str) -> bool:
    return one.lower() == other.lower() or _number(one) == _number(other) is not None


def _number(text: str) -> float | None:
    """Return a number; MLflow's databases write an infinity as the largest double."""
    try:
        number = float(text)
    except ValueError:
        return None
    if math.isnan(number):
        return None  # "nan" is equal as text
    return math.copysign(math.inf, number) if abs(number) == sys.float_info.max else number
