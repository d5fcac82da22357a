"""The canonical tables (``records.schemas``) of one source, collected column by column."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.frozen import dataclass
from rundiff.records.arrays import column_of, text_column
from rundiff.records.keyed_columns import KeyedColumns, Numbered, SingleColumns, ValueCodes
from rundiff.records.run_ids import TakenIds, free_id
from rundiff.records.schemas import KEYED, SCHEMAS
from rundiff.records.values import Value

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

_NAMES: Mapping[str, Mapping[str, int]] = {
    name: {column: place for place, column in enumerate(schema.names)}
    for name, schema in SCHEMAS.items()
}
_NUMBERED: Mapping[str, frozenset[str]] = {
    name: frozenset(each.name for each in schema if pa.types.is_dictionary(each.type))
    for name, schema in SCHEMAS.items()
}


_RUN: Mapping[str, object] = dict.fromkeys(SCHEMAS["run"].names) | {
    "status": "",
    "state": "complete",
    "lifecycle_stage": "active",
}


class TableBuilder:
    """Collects the canonical rows of one source column by column; makes Arrow tables once.

    ``taken`` are ids that other runs have.
    """

    def __init__(self, taken: Container[str] = ()) -> None:
        self._columns: dict[str, list[list[object]]] = {
            name: [[] for _ in schema] for name, schema in SCHEMAS.items() if name != "run"
        }
        self._rows: list[tuple[object, ...]] = []  # of ``run``
        self._values = ValueCodes()
        self._ids, self._keys = Numbered(), Numbered()
        self._numbers = {"run_id": self._ids, "key": self._keys}
        self._keyed = {name: KeyedColumns(self._keys, self._values) for name in KEYED}
        self._singles = SingleColumns(self._keys)
        self._chunks: dict[str, list[tuple[pa.Array, Mapping[str, pa.Array]]]] = {}
        self._taken = TakenIds(self._ids, taken)
        self._renamed: dict[str, str] = {}
        self._id_texts = text_column(())

    def add(self, table: str, row: Mapping[str, object]) -> None:
        """Append one row.

        Columns that are not named are null. A column that does not exist is a KeyError.
        """
        names = _NAMES[table]
        unknown = row.keys() - names.keys()
        if unknown:
            raise KeyError(f"{table} has no column {sorted(unknown)}")
        if table in KEYED:
            value = Value(*(row.get(column) for column in Value._fields))  # type: ignore[arg-type]
            self.add_values(table, str(row["run_id"]), [(str(row["key"]), value)])
            return
        numbered = _NUMBERED[table]
        for name, column in zip(names, self._columns[table], strict=True):
            cell = row.get(name)
            column.append(self._numbers[name][str(cell)] if name in numbered else cell)

    def add_run(self, run_id: str, **columns: object) -> str:
        """Append one run and return the id for its further rows.

        It is ``run_id`` unless an earlier run has that; then ``run_id~2``, ``~3``, … Whether the
        two are one run is settled when everything is read (``sources.merge``). ``status``,
        ``state`` and ``lifecycle_stage`` have the usual defaults.
        """
        unique = free_id(run_id, self._taken)
        if unique != run_id:
            self._renamed[unique] = run_id
        self._taken.add(unique)
        row = {**_RUN, "run_id": unique, **columns}
        if len(row) > len(_RUN):
            raise KeyError(f"run has no column {sorted(row.keys() - _RUN.keys())}")
        self._rows.append(tuple(row.values()))
        return unique

    def add_values(self, table: str, run_id: str, values: Iterable[tuple[str, Value]]) -> None:
        """Append typed values to ``param``, ``tag`` or ``environment``."""
        self._keyed[table].add(self.index(run_id), values)

    def add_recorded(self, table: str, run_id: str, values: Mapping[str, object]) -> None:
        """Append params, tags or environment entries as JSON gives them, nested ones by leaf."""
        self._keyed[table].add_recorded(self.index(run_id), values)

    def extend(self, table: str, run_id: str, columns: Mapping[str, Sequence[object]]) -> None:
        """Append many rows of one run at once.

        Every sequence has the same length, unnamed columns are null.
        """
        count = len(next(iter(columns.values())))
        numbered = _NUMBERED[table]
        for name, column in zip(_NAMES[table], self._columns[table], strict=True):
            if name == "run_id":
                column.extend([self.index(run_id)] * count)
            elif name in numbered:
                numbers = self._numbers[name]
                column.extend(numbers[str(cell)] for cell in columns[name])
            else:
                column.extend(columns.get(name) or [None] * count)

    def add_numbers(self, run_id: str, numbers: Mapping[str, float]) -> None:
        """Append metrics of which one double is known and no history."""
        if not self._columns["metric_summary"][0]:
            self._singles.add(self._ids[run_id], numbers)
            return
        lasts, counts = list(numbers.values()), [0] * len(numbers)  # rows stay in the order read
        self.extend(
            "metric_summary", run_id, {"key": list(numbers), "last": lasts, "points": counts}
        )

    def add_columns(self, table: str, codes: pa.Array, columns: Mapping[str, pa.Array]) -> None:
        """Append rows that are Arrow columns already; ``codes`` are int32, as ``index`` gives them.

        Columns that are not named are null.
        """
        if len(codes):
            self._chunks.setdefault(table, []).append((codes, columns))

    def add_problem(
        self, location: str, message: str, *, line: int | None = None, severity: str = "error"
    ) -> None:
        """List something that could not be read (``error``) or is worth knowing (``notice``)."""
        self.add(
            "problem",
            {"location": location, "line": line, "severity": severity, "message": message},
        )

    def index(self, run_id: str) -> int:
        """Return the dictionary code of a run id."""
        return self._ids[run_id]

    def build_ids(self) -> list[str]:
        """Return the run ids by their code."""
        return list(self._ids)

    def build(self) -> Tables:
        """Return the tables; the builder can go on collecting afterwards."""
        for keyed in self._keyed.values():
            keyed.settle()
        texts = {"run_id": self._id_column(), "key": text_column(list(self._keys))}
        ids = texts["run_id"]
        values = self._values.columns()
        tables: dict[str, pa.Table] = {}
        for name, schema in SCHEMAS.items():
            if name in KEYED:
                arrays = self._keyed[name].columns(ids, texts["key"], values)
            else:
                columns: Sequence[Sequence[object]] = (
                    self._columns[name]
                    if name != "run"
                    else list(zip(*self._rows, strict=True)) or [()] * len(schema)
                )
                arrays = [
                    _array(column, kind, texts.get(kind.name))
                    for column, kind in zip(columns, schema, strict=True)
                ]
            parts = [pa.Table.from_arrays(arrays, schema=schema)]
            if name == "metric_summary":
                parts.insert(0, coded_table(name, ids, *self._singles.columns(texts["key"])))
            parts += [coded_table(name, ids, *chunk) for chunk in self._chunks.get(name, ())]
            parts = [part for part in parts if part.num_rows] or parts[:1]
            tables[name] = parts[0] if len(parts) == 1 else pa.concat_tables(parts)
        places = self._ids.copy() if self._taken.are_in_order else None
        return Tables(by_name=tables, recorded_ids=dict(self._renamed), places=places)

    def _id_column(self) -> pa.Array:
        """Return the run ids by their code."""
        if len(self._id_texts) != len(self._ids):
            self._id_texts = text_column(list(self._ids))
        return self._id_texts


def _array(column: Sequence[object], kind: pa.Field, texts: pa.Array | None) -> pa.Array:
    if pa.types.is_dictionary(kind.type):
        return pa.DictionaryArray.from_arrays(column_of(column, pa.int32()), texts)
    return column_of(column, kind.type)


def coded_table(
    name: str, ids: pa.Array, codes: pa.Array, columns: Mapping[str, pa.Array]
) -> pa.Table:
    """Return a canonical table of Arrow columns; ``codes`` are each row's place among run ids.

    Columns that are not named are null.
    """
    schema = SCHEMAS[name]
    arrays = [
        pa.DictionaryArray.from_arrays(codes, ids)
        if field.name == "run_id"
        else _encoded(columns[field.name], field.type)
        if field.name in columns
        else pa.nulls(len(codes), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _encoded(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column.dictionary_encode() if pa.types.is_dictionary(kind) else column


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A set of canonical tables; a table that nothing was added to is empty, never absent.

    ``recorded_ids`` maps an id that was made up ("a~2") to the recorded one ("a"), ``places`` each
    id to its row in ``run``, where that was known anyway.
    """

    by_name: Mapping[str, pa.Table] = field(default_factory=dict)
    recorded_ids: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, int] | None = None

    def __getitem__(self, name: str) -> pa.Table:
        found = self.by_name.get(name)
        return found if found is not None else empty_table(name)

    def __iter__(self) -> Iterator[str]:
        return iter(SCHEMAS)

    @property
    def run_ids(self) -> list[str]:
        """Ids of the runs, in the order read."""
        if self.places is not None:
            return list(self.places)
        ids: list[str] = self["run"].column("run_id").to_pylist()
        return ids


def empty_table(name: str) -> pa.Table:
    """Return a canonical table without rows.

    ``Schema.empty_table`` makes its columns with ``pyarrow.array``, see ``records.arrays``.
    """
    return pa.Table.from_batches([], schema=SCHEMAS[name])
