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

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rundiff.relation.codes import Codes

_INT = pa.int32()
_TYPED = ("type", "value", "numeric")
CELL = pa.schema(
    [("run", _INT), ("key", _INT), ("value", _INT), ("number", pa.float64()), ("numeric", _INT)]
)
SUMMARY = pa.schema([("run", _INT), ("key", _INT), ("last", pa.float64()), ("exact", _INT)])


class _Numbers(NamedTuple):
    """A column of a batch: the rows' indices into numbers."""

    indices: pa.Array
    numbers: Sequence[int | None]

    def array(self, *, is_plain: bool) -> pa.Array:
        if is_plain:
            return self.indices
        return pa.DictionaryArray.from_arrays(self.indices, column_of(self.numbers, _INT))

    def is_plain(self) -> bool:
        """Tell whether each index is its number."""
        plain = range(len(self.numbers))
        return self.numbers == plain or self.numbers == list(plain)


class Numbering:
    """Numbers the tables of one load; remembers the dictionaries that several of them share.

    ``run_ids`` are those that were numbered first, in the order of their numbers.
    """

    def __init__(self, codes: Codes, run_ids: pa.ChunkedArray | None = None) -> None:
        self._codes, self._run_ids = codes, run_ids
        self._texts: dict[tuple[int, ...], list[str | None]] = {}
        self._numbered: dict[tuple[str, tuple[int, ...]], Sequence[int | None]] = {}

    def keyed(self, table: pa.Table) -> pa.Table:
        """Return ``param``, ``tag`` or ``environment`` with the columns of ``CELL``."""
        return _table(CELL, [self._keyed(batch) for batch in table.to_batches()])

    def summaries(self, table: pa.Table) -> pa.Table:
        """Return ``metric_summary`` with the columns of ``SUMMARY``."""
        batches: list[list[_Numbers | pa.Array]] = []
        for batch in table.to_batches():
            exact = batch.column("exact")
            numbers = (
                pa.nulls(len(exact), _INT)
                if exact.null_count == len(exact)
                else column_of([self._codes.exact(text) for text in exact.to_pylist()], _INT)
            )
            batches.append([*self._names(batch), batch.column("last"), numbers])
        return _table(SUMMARY, batches)

    def artifacts(self, table: pa.Table) -> pa.Table:
        """Return ``artifact`` with the columns of ``CELL``.

        The value is the digest, or the size where no digest is known. A digest is no number, even
        if it looks like one.
        """
        names = ("run_id", "path", "size", "sha256")
        rows = zip(*(cells_of(table.column(name)) for name in names), strict=True)
        return self.rows(
            (run_id, path, "int", str(size), float(size), None)
            if size is not None and not sha256
            else (run_id, path, "text", sha256 or "present", None, None)
            for run_id, path, size, sha256 in rows
        )

    def rows(self, rows: Iterable[tuple[str, str, str, str, float | None, str | None]]) -> pa.Table:
        """Return (run id, key, type, value, number, numeric) with the columns of ``CELL``."""
        codes = self._codes
        numbered = [
            (codes.runs[run_id], codes.keys[key], codes.value(kind, text), number,
             codes.numeric(kind, numeric))
            for run_id, key, kind, text, number, numeric in rows
        ]  # fmt: skip
        return table_of(CELL, numbered)

    def points(self, table: pa.Table) -> pa.Table:
        """Return ``metric_point`` with a number in place of the run's id."""
        batches = [
            [self._numbers(batch.column("run_id"), "run"),
             *batch.columns[1:]]
            for batch in table.to_batches()
        ]  # fmt: skip
        return _table(table.schema.set(0, pa.field("run", _INT)), batches)

    def _keyed(self, batch: pa.RecordBatch) -> list[_Numbers | pa.Array]:
        codes = self._codes
        indices, entries = self._entries([batch.column(name) for name in _TYPED])
        values = [codes.value(kind or "", text or "") for kind, text, _ in entries]
        numerics = [codes.numeric(kind or "", numeric) for kind, _, numeric in entries]
        return [
            *self._names(batch),
            _Numbers(indices, list(values)),
            batch.column("number"),
            _Numbers(indices, numerics),
        ]

    def _names(self, batch: pa.RecordBatch) -> list[_Numbers]:
        return [
            self._numbers(batch.column("run_id"), "run"),
            self._numbers(batch.column("key"), "key"),
        ]

    def _numbers(self, column: pa.DictionaryArray, of: Literal["run", "key"]) -> _Numbers:
        at = (of, _where(column.dictionary))
        found = self._numbered.get(at)
        if found is None:
            found = self._numbered[at] = self._number_all(column, of)
        return _Numbers(column.indices, found)

    def _number_all(
        self, column: pa.DictionaryArray, of: Literal["run", "key"]
    ) -> Sequence[int | None]:
        known = column.dictionary
        if of == "run" and self._run_ids is not None:
            is_same = len(known) == len(self._run_ids) and self._run_ids.type == known.type
            if is_same and self._run_ids.equals(pa.chunked_array([known])):
                return range(len(known))
        numbered = self._codes.runs if of == "run" else self._codes.keys
        return [numbered[text or ""] for text in self._known(column)]

    def _entries(
        self, columns: Sequence[pa.DictionaryArray]
    ) -> tuple[pa.Array, list[tuple[str | None, ...]]]:
        """Return what the rows of several columns hold together, and each row's index into it."""
        first = columns[0].indices
        known = [self._known(column) for column in columns]
        are_alike = len(set(map(len, known))) == 1  # not where one was made anew, as by masking
        if are_alike and all(first.equals(column.indices) for column in columns[1:]):
            return first, list(zip(*known, strict=True))
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
