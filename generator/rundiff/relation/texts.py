"""The comparison relation with its texts: numbers as indices into dictionaries of Arrow columns.

The engine gives each row its place, position and value as numbers, and every text of a row follows
from one of the three. So one column of indices serves several columns of texts, nothing is copied,
and 800,000 rows take the memory of 800,000 rows of numbers. The text of a metric the engine makes
from its double: those of one batch are a dictionary of their own, in the order of the rows.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.records.arrays import text_column
from rundiff.records.values import float_value
from rundiff.relation.codes import DOUBLE, METRICS, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rundiff.relation.codes import Codes
    from rundiff.relation.rows import RowMeaning, SelectedRun

_BY_PLACE = ("section", "key", "direction", "unit")
_BY_POSITION = ("run_id", "run_name", "role")
_COLUMNS = (
    *("section", "key", "run_id", "run_name", "position", "role", "type", "value", "number"),
    *("is_present", "differs", "delta", "relative_change", "is_best", "is_worst"),
    *("direction", "unit"),
)


class RowTexts:
    """What places, positions and values stand for in one comparison."""

    def __init__(
        self, selected: Sequence[SelectedRun], meanings: Sequence[RowMeaning], codes: Codes
    ) -> None:
        kinds, self._values = zip(*codes.values(), strict=True)
        metrics = [row.place for row in meanings if row.section == SECTIONS[METRICS]]
        self._metrics = (min(metrics), max(metrics) + 1) if metrics else (0, 0)
        rows = sorted(meanings, key=attrgetter("place"))
        runs = sorted(selected, key=attrgetter("position"))
        self._texts = {
            **{name: text_column([*map(attrgetter(name), rows)]) for name in _BY_PLACE},
            **{name: text_column([*map(attrgetter(name), runs)]) for name in _BY_POSITION},
            "type": text_column(kinds),
            "value": text_column(self._values),
        }

    def table(self, fetched: pa.Table) -> pa.Table:
        """Return fetched rows, sorted by place, as rows of the comparison relation."""
        parts = [part for batch in fetched.to_batches() for part in self._parts(batch)]
        if not parts:
            parts = [self._batch(pa.RecordBatch.from_pylist([], schema=fetched.schema))]
        return pa.Table.from_batches(parts)

    def _parts(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Yield a batch in at most three parts, one of which holds the metrics."""
        places = batch.column("place")
        numbers = memoryview(places.buffers()[1]).cast("i")[places.offset :]
        first, last = (bisect_left(numbers, at, 0, len(places)) for at in self._metrics)
        for start, stop in ((0, first), (first, last), (last, len(places))):
            if start < stop:
                part = batch.slice(start, stop - start)
                yield self._batch(part, is_metrics=(start, stop) == (first, last))

    def _batch(self, batch: pa.RecordBatch, *, is_metrics: bool = False) -> pa.RecordBatch:
        def texts(name: str, number: str) -> pa.Array:
            return pa.DictionaryArray.from_arrays(batch.column(number), self._texts[name])

        columns = {
            **{name: batch.column(name) for name in batch.schema.names},
            **{name: texts(name, "place") for name in _BY_PLACE},
            **{name: texts(name, "position") for name in _BY_POSITION},
            "type": texts("type", "value"),
            "value": self._metric_texts(batch) if is_metrics else texts("value", "value"),
        }
        return pa.RecordBatch.from_arrays([columns[name] for name in _COLUMNS], names=_COLUMNS)

    def _metric_texts(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the texts that the engine made, and those of all but finite doubles."""
        found = batch.column("digits")
        if found.null_count:
            values, numbers = (batch.column(name).to_pylist() for name in ("value", "number"))
            rows = zip(found.to_pylist(), values, numbers, strict=True)
            found = text_column([
                text if text is not None else
                float_value(number).value if value == DOUBLE else self._values[value]
                for text, value, number in rows
            ])  # fmt: skip
        order = pa.py_buffer(array("i", range(len(found))))
        indices = pa.Array.from_buffers(pa.int32(), len(found), [None, order])
        return pa.DictionaryArray.from_arrays(indices, found)
