"""What runs have for the keys that filters and orders ask about, out of the canonical tables.

Column by column: of 100,000 runs those that are not chosen never become Python objects, and texts
that many runs share stay in their dictionaries. An engine that holds the tables answers the same,
but starting and filling it took longer than all the rest (2026-11), and runs are chosen without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rundiff.errors import KeyNotFoundError
from rundiff.records.arrays import array_of, column_of, scalar_of
from rundiff.records.values import float_value
from rundiff.selection.grammar import TABLES, Entity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rundiff.records.tables import Tables
    from rundiff.selection.grammar import Key

_KINDS: Mapping[Entity, str] = {
    Entity.METRIC: "metric", Entity.PARAM: "param", Entity.TAG: "tag",
    Entity.ENVIRONMENT: "environment entry",
}  # fmt: skip
_PLACE = pa.int32()


class KeyFacts(NamedTuple):
    """What runs have for one key, fact by fact.

    A run is its place in the table of runs (int32); numbers are doubles, null where there is none.
    ``texts`` makes the exact texts, which a test of numbers does without: some texts, among them
    those that there are, and the place of each fact's text among these.
    """

    runs: pa.Array
    numbers: pa.Array
    texts: Callable[[], tuple[Sequence[str], pa.Array]]

    def is_of_all(self, count: int) -> bool:
        """Tell whether it has one fact for each of so many runs, in their order."""
        if len(self.runs) != count:
            return False
        return not count or bool(
            self.runs[0].as_py() == 0
            and self.runs[-1].as_py() == count - 1
            and pc.all(pc.less(self.runs[:-1], self.runs[1:])).as_py()
        )

    def among(self, places: Sequence[int]) -> KeyFacts:
        """Return the facts of some runs; of a run with several in their order."""
        wanted = column_of(places, _PLACE)
        if self.is_of_all(len(self.runs)):
            at = wanted.filter(pc.less(wanted, scalar_of(len(self.runs), _PLACE)))
        else:
            at = pc.indices_nonzero(pc.is_in(self.runs, value_set=wanted))

        def texts() -> tuple[Sequence[str], pa.Array]:
            known, each = self.texts()
            return known, each.take(at)

        return KeyFacts(self.runs.take(at), self.numbers.take(at), texts)


Facts = dict[tuple[Entity, str], KeyFacts]


class FactsOfRuns:
    """The facts of all runs; a key is looked up once."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._ids = array_of(tables["run"].column("run_id"))
        self._known: Facts = {}

    def of(self, keys: Iterable[tuple[Key, bool]]) -> Facts:
        """Return the facts that keys ask about.

        Raises KeyNotFoundError for a key that no run has, unless its absence may be meant.
        """
        asked = list(keys)
        for key, may_be_absent in asked:
            at = (key.entity, key.name)
            if at not in self._known:
                self._known[at] = self._fetch(*at)
            if not len(self._known[at].runs) and not may_be_absent and key.entity in _KINDS:
                raise KeyNotFoundError(_KINDS[key.entity], key.name, self._keys(key.entity))
        return {(key.entity, key.name): self._known[key.entity, key.name] for key, _ in asked}

    def _fetch(self, entity: Entity, name: str) -> KeyFacts:
        if entity is Entity.ATTRIBUTE:
            cells = array_of(self._tables["run"].column(name))
            if name == "name":  # a run without one is called by its id, here as everywhere
                cells = pc.if_else(_is_there(cells), cells, self._ids)
            return _attributes(cells)
        if entity is Entity.DATASET:
            return self._datasets(name)
        rows = self._rows(entity)
        texts, codes = _coded(rows.column("key"))
        is_meant = pc.equal(texts, scalar_of(name, texts.type)).take(codes)
        if not pc.all(is_meant).as_py():  # as where nothing else was read
            rows = rows.filter(is_meant)
        runs = self._places(rows.column("run_id"))
        if entity is Entity.METRIC:
            return KeyFacts(runs, array_of(rows.column("last")), lambda: _texts_of_metrics(rows))
        numbers, codes = _coded(rows.column("number"))
        return KeyFacts(runs, numbers.take(codes), lambda: _texts(rows.column("value")))

    def _rows(self, entity: Entity) -> pa.Table:
        """Return the rows of all keys; a metric without a last value is none."""
        rows = self._tables[TABLES[entity]]
        if entity is Entity.METRIC and rows.column("last").null_count:
            rows = rows.filter(rows.column("last").is_valid())
        return rows

    def _keys(self, entity: Entity) -> list[str]:
        texts, codes = _coded(self._rows(entity).column("key"))
        return sorted(set(texts.take(codes.unique()).to_pylist()))

    def _places(self, run_ids: pa.ChunkedArray) -> pa.Array:
        """Return the places of the runs that rows are of."""
        texts, codes = _coded(run_ids)
        if texts.equals(self._ids):
            return codes
        return pc.index_in(texts, value_set=self._ids).take(codes)

    def _datasets(self, field: str) -> KeyFacts:
        rows = self._tables["dataset"]
        rows = rows.filter(_is_there(rows.column(field)))
        return _of_texts(self._places(rows.column("run_id")), array_of(rows.column(field)))


def _attributes(cells: pa.Array) -> KeyFacts:
    """Return what runs have in a column of theirs; times count in milliseconds, as in MLflow."""
    is_there = _is_there(cells)
    runs, cells = pc.indices_nonzero(is_there).cast(_PLACE), cells.filter(is_there)
    if pa.types.is_string(cells.type):
        return _of_texts(runs, cells)
    numbers = column_of([cell / 1_000 for cell in cells.to_pylist()], pa.float64())
    return KeyFacts(runs, numbers, lambda: _each([str(cell) for cell in cells.to_pylist()]))


def _is_there(cells: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Tell which cells hold anything; the empty text is nothing."""
    if not pa.types.is_string(cells.type):
        return cells.is_valid()
    is_there = pc.not_equal(cells, scalar_of("", cells.type))
    return is_there.fill_null(scalar_of(False, pa.bool_()))


def _of_texts(runs: pa.Array, cells: pa.Array) -> KeyFacts:
    return KeyFacts(
        runs, pa.nulls(len(runs), pa.float64()), lambda: _texts(cells.dictionary_encode())
    )


def _texts_of_metrics(rows: pa.Table) -> tuple[list[str], pa.Array]:
    cells = (rows.column(name).to_pylist() for name in ("exact", "last"))
    return _each([exact or float_value(last).value for exact, last in zip(*cells, strict=True)])


def _each(texts: list[str]) -> tuple[list[str], pa.Array]:
    return texts, column_of(range(len(texts)), _PLACE)


def _texts(column: pa.Array | pa.ChunkedArray) -> tuple[list[str], pa.Array]:
    texts, codes = _coded(pa.chunked_array([column]) if isinstance(column, pa.Array) else column)
    return [*(text or "" for text in texts.to_pylist()), ""], codes.fill_null(
        scalar_of(len(texts), _PLACE)
    )


def _coded(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return the dictionaries of a column one after the other, and each cell's index into them."""
    known = [pa.nulls(0, column.type.value_type)]
    codes, start = [pa.nulls(0, _PLACE)], 0
    for chunk in column.chunks:
        if len(chunk):
            known.append(chunk.dictionary)
            codes.append(pc.add(chunk.indices, scalar_of(start, _PLACE)))
            start += len(chunk.dictionary)
    return pa.concat_arrays(known), pa.concat_arrays(codes)
