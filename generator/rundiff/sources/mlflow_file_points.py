"""Histories of selected runs out of an MLflow file store."""

from __future__ import annotations

from array import array
from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import column_of
from rundiff.records.schemas import SCHEMAS
from rundiff.sources.mlflow_lines import parse_metric_file
from rundiff.sources.mlflow_values import LATEST_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rundiff.sources.tree import Tree


class FilePoints:
    """Knows the metric files of runs and reads them when their points are asked for."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._problems: list[tuple[str, int | None, str, str]] = []

    def add(self, run_id: str, key: str, path: str) -> None:
        """Remember a metric file of a run."""
        self._files[run_id].append((key, path))

    def problems(self) -> Iterable[tuple[str, int | None, str, str]]:
        """Return what could not be read when points were last loaded."""
        return self._problems

    def load(self, run_ids: Sequence[str]) -> pa.Table:
        """Return the points of some runs, in the order asked for."""
        self._problems = []
        runs, keys, steps, times = array("i"), list[str](), list[float](), list[int | None]()
        values, order = list[float](), array("q")
        for place, run_id in enumerate(run_ids):
            for key, path in self._files.get(run_id, ()):
                try:
                    metric = parse_metric_file(self._tree.read(path))
                except RecordError as error:
                    self._problems.append((error.location, error.line, "error", error.message))
                    continue
                count = len(metric.values)
                runs.extend([place] * count)
                keys.extend([key] * count)
                steps.extend(metric.steps)
                times.extend(_micros(metric.times))
                values.extend(metric.values)
                order.extend(range(count))
        ids = pa.DictionaryArray.from_arrays(
            column_of(runs, pa.int32()), column_of(list(run_ids), pa.string())
        )
        columns = {
            "run_id": ids,
            "key": column_of(keys, pa.string()),
            "step": column_of(steps, pa.float64()),
            "time": column_of(times, pa.int64()),
            "value": column_of(values, pa.float64()),
            "seq": column_of(order, pa.int64()),
        }
        return pa.table(columns, schema=SCHEMAS["metric_point"])


def _micros(times: list[int | None]) -> Iterable[int | None]:
    return (time * 1_000 if time is not None and 0 < time < LATEST_MS else None for time in times)
