"""Canonical tables as the numbers that the engine gets (``relation.codes``).

What is in a dictionary of a table is numbered entry by entry, and the rows are handed on as indices
into a dictionary of numbers, which the engine unfolds; where the numbers are the indices, as in a
store that was read in one go, the indices are the column. Only the rows of artifacts, and of
metrics that no double holds, are looked at one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import pyarrow as pa

from rundiff.records.arrays import cells_of, column_of, scalar_of
from rundiff.relation.codes import (
    ARTIFACTS,
    DATASETS,
    DOUBLE,
    ENVIRONMENT,
    METRICS,
    PARAMS,
    TAGS,
    row_number,
)
from rundiff.relation.datasets import dataset_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.records.tables import Tables
    from rundiff.relation.codes import Codes

CellValue = tuple[str, str, str, str, float | None, str | None]
"""Run id, key, type, value, number, numeric."""

_INT = pa.int32()
_TYPED = ("type", "value", "numeric")
_KEYED = {"param": PARAMS, "tag": TAGS, "environment": ENVIRONMENT}
CELL = pa.schema(
    [("row", _INT), ("run", _INT), ("value", _INT), ("number", pa.float64()), ("numeric", _INT)]
)


class _Numbers(NamedTuple):
    """A column of a batch: the rows' indices into numbers."""

    indices: pa.Array
    numbers: Sequence[int | None]

    def array(self, *, is_plain: bool) -> pa.Array:
        if is_plain:
            return self.indices
        return pa.DictionaryArray.from_arrays(self.indices, column_of(self.numbers, _INT))

    def taken(self, places: Sequence[int]) -> _Numbers:
        """Return the column with some of its rows."""
        indices = self.indices.to_pylist()
        return self._replace(indices=column_of([indices[at] for at in places], _INT))

    def is_plain(self) -> bool:
        """Tell whether each index is its number."""
        plain = range(len(self.numbers))
        return self.numbers == plain or self.numbers == list(plain)


class Numbering:
    """Numbers the tables of one load; remembers the dictionaries that several of them share."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._typed_values: dict[tuple[int, ...], tuple[list[int], list[int | None]]] = {}
        self._texts: dict[tuple[int, ...], list[str | None]] = {}
        self._numbered: dict[tuple[str, tuple[int, ...]], Sequence[int | None]] = {}

    def cells(self, tables: Tables) -> pa.Table:
        """Return what is recorded with the columns of ``CELL``; a run not chosen has no number.

        Histories are not among it, nor is a metric of which no value is known.
        """
        batches = [
            self._keyed(batch, section)
            for name, section in _KEYED.items()
            for batch in _filled(tables[name])
        ]
        batches += map(self._summaries, _filled(tables["metric_summary"]))
        runs = self._codes.runs
        for section, values in (
            (DATASETS, list(dataset_values(tables["dataset"], runs))),
            (ARTIFACTS, [each for each in _artifact_values(tables["artifact"]) if each[0] in runs]),
        ):
            if values:
                batches.append(self._rows(section, values))
        return _table(CELL, batches)

    def points(self, table: pa.Table) -> pa.Table:
        """Return ``metric_point`` with a number in place of the run's id."""
        batches = [
            [self._numbers(batch.column("run_id"), "run"),
             *batch.columns[1:]]
            for batch in table.to_batches()
        ]  # fmt: skip
        return _table(table.schema.set(0, pa.field("run", _INT)), batches)

    def _keyed(self, batch: pa.RecordBatch, section: int) -> list[_Numbers | pa.Array]:
        indices, values, numerics = self._typed([batch.column(name) for name in _TYPED])
        return [
            *self._names(batch, section),
            _Numbers(indices, values),
            batch.column("number"),
            _Numbers(indices, numerics),
        ]

    def _summaries(self, batch: pa.RecordBatch) -> list[_Numbers | pa.Array]:
        rows, runs = self._names(batch, METRICS)
        exact, last = batch.column("exact"), batch.column("last")
        if exact.null_count == len(exact):
            values = _same(DOUBLE, len(exact))
        else:
            values = _each([self._codes.exact(text) for text in exact.to_pylist()])
        if last.null_count:
            numbers = last.to_pylist()
            known = [at for at, number in enumerate(numbers) if number is not None]
            rows, runs, values = (each.taken(known) for each in (rows, runs, values))
            last = column_of([numbers[at] for at in known], pa.float64())
        return [rows, runs, values, _entry_each(last), _same(None, len(last))]

    def _rows(self, section: int, rows: Iterable[CellValue]) -> list[_Numbers | pa.Array]:
        codes = self._codes
        numbered = [
            (codes.row(section, key), codes.runs[run_id], codes.value(kind, text), number,
             codes.numeric(kind, numeric))
            for run_id, key, kind, text, number, numeric in rows
        ]  # fmt: skip
        keys, runs, values, numbers, numerics = zip(*numbered, strict=True)
        known = _entry_each(column_of(numbers, pa.float64()))
        return [_each(keys), _each(runs), _each(values), known, _each(numerics)]

    def _names(self, batch: pa.RecordBatch, section: int) -> list[_Numbers]:
        keys = self._numbers(batch.column("key"), "key")
        rows = [row_number(section, key or 0) for key in keys.numbers]
        return [_Numbers(keys.indices, rows), self._numbers(batch.column("run_id"), "run")]

    def _numbers(self, column: pa.DictionaryArray, of: Literal["run", "key"]) -> _Numbers:
        at = (of, _where(column.dictionary))
        found = self._numbered.get(at)
        if found is None:
            texts, codes = self._known(column), self._codes
            found = self._numbered[at] = (
                [codes.keys[text or ""] for text in texts]
                if of == "key"
                else [codes.runs.get(text or "") for text in texts]
            )
        return _Numbers(column.indices, found)

    def _typed(
        self, columns: Sequence[pa.DictionaryArray]
    ) -> tuple[pa.Array, Sequence[int], Sequence[int | None]]:
        """Return each row's index into the numbers of its values, and of their exact decimals."""
        first = columns[0].indices
        sizes = {len(column.dictionary) for column in columns}
        are_alike = len(sizes) == 1  # not where one was made anew, as by masking
        if are_alike and all(first.equals(column.indices) for column in columns[1:]):
            where = tuple(at for column in columns for at in _where(column.dictionary))
            if where not in self._typed_values:
                known = [self._known(column) for column in columns]
                self._typed_values[where] = self._number_values(zip(*known, strict=True))
            return first, *self._typed_values[where]
        indices, entries = self._entries(columns)
        return indices, *self._number_values(entries)

    def _number_values(
        self, entries: Iterable[tuple[str | None, ...]]
    ) -> tuple[list[int], list[int | None]]:
        codes = self._codes
        values, numerics = [], []
        for kind, text, numeric in entries:
            values.append(codes.value(kind or "", text or ""))
            numerics.append(codes.numeric(kind or "", numeric))
        return values, numerics

    def _entries(
        self, columns: Sequence[pa.DictionaryArray]
    ) -> tuple[pa.Array, list[tuple[str | None, ...]]]:
        """Return what the rows of several columns hold together, and each row's index into it."""
        first = columns[0].indices
        known = [self._known(column) for column in columns]
        import pyarrow.compute as pc  # only where a source gave its columns one by one

        wide = pa.int64()
        joint = pa.nulls(len(first), wide).fill_null(scalar_of(0, wide))
        for column, texts in zip(columns, known, strict=True):
            texts.append(None)
            places = column.indices.cast(wide).fill_null(scalar_of(len(texts) - 1, wide))
            joint = pc.add(pc.multiply(joint, scalar_of(len(texts), wide)), places)
        encoded = joint.dictionary_encode()
        return encoded.indices, [_apart(each, known) for each in encoded.dictionary.to_pylist()]

    def _known(self, column: pa.DictionaryArray) -> list[str | None]:
        """Return the texts of a dictionary, which are made once for all columns that share it."""
        dictionary = column.dictionary
        where = _where(dictionary)
        found = self._texts.get(where)
        if found is None:
            found = self._texts[where] = dictionary.to_pylist()
        return list(found)


def _where(dictionary: pa.Array) -> tuple[int, ...]:
    """Return what tells a dictionary from all others that are there at the same time."""
    return (len(dictionary), *(each.address if each else 0 for each in dictionary.buffers()))


def _apart(joint: int, known: Sequence[Sequence[str | None]]) -> tuple[str | None, ...]:
    """Return the texts whose places make up one number, the last one counting fastest."""
    entry: list[str | None] = []
    for texts in reversed(known):
        joint, place = divmod(joint, len(texts))
        entry.append(texts[place])
    return tuple(reversed(entry))


def _each(numbers: Sequence[int | None]) -> _Numbers:
    """Return a column of numbers that were looked up row by row."""
    return _Numbers(_counted(len(numbers)), numbers)


def _entry_each(numbers: pa.Array) -> pa.DictionaryArray:
    """Return a column in which each cell has an entry of its own, as beside columns of values."""
    return pa.DictionaryArray.from_arrays(_counted(len(numbers)), numbers)


def _counted(count: int) -> pa.Array:
    return column_of(range(count), _INT)


def _same(number: int | None, count: int) -> _Numbers:
    """Return a column of one number."""
    indices = pa.Array.from_buffers(_INT, count, [None, pa.py_buffer(bytes(4 * count))])
    return _Numbers(indices, [number])


def _filled(table: pa.Table) -> list[pa.RecordBatch]:
    return [batch for batch in table.to_batches() if batch.num_rows]


def _artifact_values(table: pa.Table) -> Iterator[CellValue]:
    """Yield the digest of each artifact, or the size where no digest is known.

    A digest is no number, even if it looks like one.
    """
    names = ("run_id", "path", "size", "sha256")
    for run_id, path, size, sha256 in zip(
        *(cells_of(table.column(name)) for name in names), strict=True
    ):
        if size is not None and not sha256:
            yield run_id, path, "int", str(size), float(size), None
        else:
            yield run_id, path, "text", sha256 or "present", None, None


def table_of(schema: pa.Schema, rows: Sequence[Sequence[object]]) -> pa.Table:
    """Return rows as a table."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [column_of(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _table(schema: pa.Schema, batches: list[list[_Numbers | pa.Array]]) -> pa.Table:
    """Return batches as one table; a column is plain numbers only if it is so in every batch."""
    if not batches:
        return pa.Table.from_batches([], schema=schema)
    columns = []
    for parts in zip(*batches, strict=True):
        is_plain = all(part.is_plain() for part in parts if isinstance(part, _Numbers))
        columns.append(
            pa.chunked_array(
                [
                    part.array(is_plain=is_plain) if isinstance(part, _Numbers) else part
                    for part in parts
                ]
            )
        )
    return pa.Table.from_arrays(columns, names=schema.names)
