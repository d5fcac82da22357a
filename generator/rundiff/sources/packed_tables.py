"""The tables of packs, as much of them as is asked for (``packed_runs``)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import array_of, text_column
from rundiff.records.schemas import KEYED, SCHEMAS
from rundiff.records.tables import coded_table, empty_table
from rundiff.sources.own_parquet import EVERYTHING, Part, decode_extracts
from rundiff.sources.packed import ROW, TABLES, packed_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.sources.own_parquet import Extract
    from rundiff.sources.packed import Pack

Asked = frozenset[tuple[str, str]]
# What a filter looks at, and what is counted.
_FACTS = ("run", "key", "type", "value", "number")
_SUMMARY = ("run", "key", "last", "points", "exact")


def load_packs(
    packs: Sequence[Pack], asked: Asked | None
) -> Iterator[tuple[Pack, Mapping[str, pa.Table] | RecordError]]:
    """Yield packs with their tables as far as they are asked for, or why they cannot be read.

    A few rows of each of many packs are decoded together, which takes a third of the time.
    """
    together = _load_together(packs, asked) if asked is not None else {}
    for pack in packs:
        try:
            yield pack, _checked(pack, together[pack]) if pack in together else _load(pack, asked)
        except RecordError as error:
            yield pack, error


def _load_together(packs: Sequence[Pack], asked: Asked) -> Mapping[Pack, Mapping[str, pa.Table]]:
    """Return the tables of packs; nothing of a pack, or of all, where anything is wrong."""
    parts = {name: _part(name, asked) for name in TABLES}
    extracts: dict[Pack, Mapping[str, Extract]] = {}
    for pack in packs:
        with suppress(RecordError):  # who loads it alone says what is wrong
            extracts[pack] = dict(_extracts(pack, parts))
    found: dict[Pack, dict[str, pa.Table]] = {pack: {} for pack in extracts}
    for name, part in parts.items():
        if part is not None:
            some = [each[name] for each in extracts.values()]
            try:
                tables = decode_extracts(some, packed_schema(name), part)
            except ValueError:
                return {}
            for each, table in zip(found.values(), tables, strict=True):
                each[name] = table
    return found


def _extracts(pack: Pack, parts: Mapping[str, Part | None]) -> Iterator[tuple[str, Extract]]:
    for name, part in parts.items():
        if part is None:
            pack.check_table(name)
        else:
            yield name, pack.extract_table(name, part)


def _checked(pack: Pack, tables: Mapping[str, pa.Table]) -> Mapping[str, pa.Table]:
    for name, table in tables.items():
        pack.check_rows(name, table)
    return tables


def _load(pack: Pack, asked: Asked | None) -> Mapping[str, pa.Table]:
    """Return the tables of one pack. Raises RecordError."""
    tables: dict[str, pa.Table] = {}
    for name in TABLES:
        part = _part(name, asked)
        if part is None:
            pack.check_table(name)
            continue
        table = pack.load_table(name, part)
        tables[name] = table.sort_by(ROW.name) if ROW.name in table.column_names else table
    return tables


def _part(name: str, asked: Asked | None) -> Part | None:
    """Return what is read of a table before runs are chosen; None: nothing."""
    if asked is None or name in ("run", "problem"):
        return EVERYTHING
    keys = sorted(key for table, key in asked if table == name)
    if not keys:
        return None
    if name == "dataset":
        return EVERYTHING
    columns = _FACTS if name in KEYED else _SUMMARY
    return Part(columns=columns, keys=keys)


def canonical_runs(packed: Sequence[pa.Table], shown: Sequence[str]) -> pa.Table:
    """Return the runs of packs as canonical ones, which say where they are: below what is shown."""
    import pyarrow.compute as pc

    locations = []
    for table, place in zip(packed, shown, strict=True):
        homes = array_of(table.column("location"))
        folders = text_column([place + name for name in homes.dictionary.to_pylist()])
        folders = folders.take(homes.indices)
        locations.append(
            pc.binary_join_element_wise(folders, array_of(table.column("run_id")), "/")
        )
    runs = pa.concat_tables(packed)
    schema = SCHEMAS["run"]
    arrays = [
        pa.concat_arrays(locations)
        if each.name == "location"
        else _as_canonical(array_of(runs.column(each.name)), each.type)
        for each in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def are_different(ids: Sequence[pa.ChunkedArray]) -> bool:
    """Tell whether no id of some packs is there twice.

    As a rule each pack has its own in order, and all of them before or after those of another.
    """
    import pyarrow.compute as pc

    packs = sorted((array_of(each) for each in ids if len(each)), key=lambda each: each[0].as_py())
    bounds = pa.concat_arrays([each.slice(at, 1) for each in packs for at in (0, len(each) - 1)])
    if all(pc.all(pc.less(each[:-1], each[1:])).as_py() for each in (*packs, bounds)):
        return True
    found = pa.concat_arrays(packs)
    return len(found.unique()) == len(found)


def canonical_rows(name: str, ids: pa.Array, parts: Sequence[tuple[int, pa.Table]]) -> pa.Table:
    """Return the rows of several packs as one canonical table: each dictionary is then made once.

    Parts are (the place of a pack's first run among the ids of all, its rows).
    """
    import pyarrow.compute as pc

    if not sum(part.num_rows for _, part in parts):
        return empty_table(name)
    codes = pa.concat_arrays(
        [
            pc.add(array_of(part.column("run")), pa.scalar(first, pa.int32()))
            for first, part in parts
        ]
    )
    table = pa.concat_tables([part for _, part in parts])
    columns = {
        each.name: _as_canonical(array_of(table.column(each.name)), each.type)
        for each in SCHEMAS[name]
        if each.name in table.column_names
    }
    return coded_table(name, ids, codes, columns)


def _as_canonical(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    return values if values.type == kind else values.cast(kind)
