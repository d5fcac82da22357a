"""Metric points of many runs, held column by column until the comparison asks for them.

Files that must be read whole to know their last values (event files, CSV, JSON) are read once.
Their points stay here as packed arrays, 24 bytes each, and become an Arrow table for the selected
runs only. Which point is the *last* follows MLflow: the highest step, then the latest time, then
the latest in the file, so that a restarted run that steps back does not lose its last value.
"""

from __future__ import annotations

import math
from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.records.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.records.tables import TableBuilder

NO_TIME = -(1 << 63)
_FEW = 64  # below it plain Python is quicker than calling Arrow's kernels
_SPECIAL = {"nan": math.nan, "inf": math.inf, "infinity": math.inf, "-inf": -math.inf,
            "-infinity": -math.inf, "+inf": math.inf, "+infinity": math.inf}  # fmt: skip


class Number(NamedTuple):
    """A metric value; ``exact`` is its text where a double cannot hold it."""

    value: float
    exact: str | None = None


def number_of(raw: object) -> Number | None:
    """Return a JSON value as a metric value, or None if it is no number.

    Texts count where they spell NaN or an infinity, as strict JSON writers put them.
    """
    if isinstance(raw, bool):
        return None
    if isinstance(raw, float):
        return Number(raw)
    if isinstance(raw, int):
        try:
            value = float(raw)
        except OverflowError:
            value = math.inf if raw > 0 else -math.inf
        is_exact = math.isfinite(value) and int(value) == raw
        return Number(value, None if is_exact else str(raw))
    if isinstance(raw, str):
        special = _SPECIAL.get(raw.lower()) if len(raw) <= 9 else None
        return None if special is None else Number(special)
    return None


class Series:
    """The points of one metric of one run, in the order of the source."""

    __slots__ = ("exact", "steps", "times", "values")

    def __init__(self) -> None:
        self.steps = array("d")
        self.times = array("q")
        self.values = array("d")
        self.exact: dict[int, str] = {}

    def add(self, step: float, number: Number, time: int | None = None) -> None:
        """Append a point; ``time`` is in microseconds since the epoch."""
        if number.exact is not None:
            self.exact[len(self.values)] = number.exact
        self.steps.append(step)
        self.times.append(NO_TIME if time is None else time)
        self.values.append(number.value)

    def last_index(self) -> int:
        """Return the place of the point that counts as the last."""
        steps, times = self.steps, self.times
        if len(steps) <= _FEW:
            return max(range(len(steps)), key=lambda place: (steps[place], times[place], place))
        column = _floats(steps)
        highest: list[int] = pc.indices_nonzero(pc.equal(column, pc.max(column))).to_pylist()
        return max(highest, key=lambda place: (times[place], place))

    def take_back(self, step: float, end: int) -> int:
        """Drop those of the first ``end`` points that are at or after a step; return how many."""
        steps = self.steps
        if not end or max(steps[:end]) < step:
            return 0
        kept = [place for place in range(len(steps)) if place >= end or steps[place] < step]
        dropped = len(steps) - len(kept)
        self.exact = {now: self.exact[was] for now, was in enumerate(kept) if was in self.exact}
        self.steps = array("d", [steps[place] for place in kept])
        self.times = array("q", [self.times[place] for place in kept])
        self.values = array("d", [self.values[place] for place in kept])
        return dropped

    def restarts(self) -> int:
        """Return how often the steps fall back to where they began."""
        steps = self.steps
        if len(steps) <= _FEW:
            return sum(step < before and step <= steps[0] for before, step in pairwise(steps))
        column = _floats(steps)
        falls = pc.less(column[1:], column[:-1])
        begins = pc.less_equal(column[1:], column[0])
        found: int | None = pc.sum(pc.and_(falls, begins)).as_py()
        return found or 0

    def extent(self) -> tuple[float | None, float | None]:
        """Return the least and the greatest finite value."""
        if len(self.values) <= _FEW:
            finite = [value for value in self.values if math.isfinite(value)]
            return (min(finite), max(finite)) if finite else (None, None)
        column = _floats(self.values)
        found = pc.min_max(column.filter(pc.is_finite(column))).as_py()
        return found["min"], found["max"]


class History:
    """The series of many runs."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, Series]] = {}

    def series(self, run_id: str, key: str) -> Series:
        """Return a series, a new one where there is none yet."""
        run = self._runs.setdefault(run_id, {})
        found = run.get(key)
        if found is None:
            found = run[key] = Series()
        return found

    def adopt(self, run_id: str, key: str, series: Series) -> None:
        """Take over a series that was filled elsewhere."""
        self._runs.setdefault(run_id, {})[key] = series

    def of_run(self, run_id: str) -> dict[str, Series]:
        """Return the series of a run by key."""
        return self._runs.get(run_id, {})

    def runs(self) -> Iterable[str]:
        """Return the ids of the runs that have series."""
        return self._runs

    def add_summaries(self, builder: TableBuilder) -> None:
        """Add a ``metric_summary`` row for every series that has a point."""
        for run_id, run in self._runs.items():
            for key, series in run.items():
                if series.values:
                    builder.add("metric_summary", _summary(run_id, key, series))

    def load_points(self, run_ids: Sequence[str]) -> pa.Table:
        """Return the ``metric_point`` rows of some runs, in the order asked for."""
        steps, times, values, seqs = array("d"), array("q"), array("d"), array("q")
        runs, keys, lengths = array("i"), list[str](), list[int]()
        for place, key, series in self._selected(run_ids):
            count = len(series.values)
            steps.extend(series.steps)
            times.extend(series.times)
            values.extend(series.values)
            seqs.extend(range(count))
            runs.extend([place] * count)
            keys.append(key)
            lengths.append(count)
        time = _integers(times)
        ids = pa.DictionaryArray.from_arrays(
            pa.array(runs, pa.int32()), pa.array(list(run_ids), pa.string())
        )
        columns = {
            "run_id": ids,
            "key": _repeated(keys, lengths),
            "step": _floats(steps),
            "time": pc.if_else(pc.equal(time, NO_TIME), pa.scalar(None, pa.int64()), time),
            "value": _floats(values),
            "seq": _integers(seqs),
        }
        return pa.table(columns, schema=SCHEMAS["metric_point"])

    def _selected(self, run_ids: Sequence[str]) -> Iterator[tuple[int, str, Series]]:
        for place, run_id in enumerate(run_ids):
            for key, series in self._runs.get(run_id, {}).items():
                yield place, key, series


def _summary(run_id: str, key: str, series: Series) -> dict[str, object]:
    last = series.last_index()
    least, greatest = series.extent()
    return {
        "run_id": run_id,
        "key": key,
        "last": series.values[last],
        "last_step": series.steps[last],
        "min": least,
        "max": greatest,
        "points": len(series.values),
        "exact": series.exact.get(last),
    }


def _repeated(keys: list[str], lengths: list[int]) -> pa.Array:
    places = array("i")
    for place, length in enumerate(lengths):
        places.extend([place] * length)
    return pa.array(keys, pa.string()).take(pa.array(places, pa.int32()))


def _floats(column: array[float]) -> pa.Array:
    return pa.Array.from_buffers(pa.float64(), len(column), [None, pa.py_buffer(column)])


def _integers(column: array[int]) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(column), [None, pa.py_buffer(column)])
