"""The tables of packs, as much of them as is asked for (``packed_runs``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.records.arrays import array_of, scalar_of, text_column
from rundiff.records.schemas import KEYED, SCHEMAS
from rundiff.records.tables import coded_table, empty_table
from rundiff.sources.own_parquet import EVERYTHING, Part
from rundiff.sources.pack_pieces import (
    MOST_OF_RUNS,
    decode_piece,
    decode_pieces,
    fit_together,
)
from rundiff.sources.packed import ROW, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.sources.pack_pieces import Piece
    from rundiff.sources.packed import Pack

Asked = frozenset[tuple[str, str]]
# What a filter looks at, and what is counted.
_FACTS = ("run", "key", "type", "value", "number")
_SUMMARY = ("run", "key", "last", "points", "exact")


class _Packed(NamedTuple):
    """What is asked for of a pack's tables, still packed."""

    location: str
    pieces: Mapping[str, Piece]

    @property
    def unpacked(self) -> int:
        """How many bytes it takes when it is decoded."""
        return sum(piece.unpacked for piece in self.pieces.values())


def load_packs(
    packs: Sequence[Pack], asked: Asked | None
) -> list[tuple[Pack, Mapping[str, pa.Table] | RecordError]]:
    """Return packs with their tables as far as they are asked for, or why they cannot be read.

    The largest are not read if all of them together are too much.
    """
    parts = {name: EVERYTHING if asked is None else _part(name, asked) for name in TABLES}
    fitting = fit_together(((pack, _packed(pack, parts)) for pack in packs), MOST_OF_RUNS)
    found: dict[Pack, Mapping[str, pa.Table] | RecordError] = {}
    together: dict[Pack, Mapping[str, Piece]] = {}
    for pack, each in fitting:
        found[pack] = each if isinstance(each, RecordError) else {}
        if isinstance(each, _Packed):
            together[pack] = each.pieces
    if asked is None:  # of so many rows each pack costs the same alone
        found |= {pack: _in_order(_decoded(pack, pieces)) for pack, pieces in together.items()}
    else:
        found |= _decoded_together(together)
    return list(found.items())


def _packed(pack: Pack, parts: Mapping[str, Part | None]) -> _Packed | RecordError:
    pieces = {}
    try:
        for name, part in parts.items():
            if part is None:
                pack.check_table(name)
            else:
                pieces[name] = pack.table_piece(name, part)
    except RecordError as error:
        return error
    return _Packed(pack.location, pieces)


def _decoded(pack: Pack, pieces: Mapping[str, Piece]) -> Mapping[str, pa.Table] | RecordError:
    try:
        return {name: _checked(pack, name, decode_piece(piece)) for name, piece in pieces.items()}
    except RecordError as error:
        return error


def _decoded_together(
    packs: Mapping[Pack, Mapping[str, Piece]],
) -> Mapping[Pack, Mapping[str, pa.Table] | RecordError]:
    found: dict[Pack, dict[str, pa.Table] | RecordError] = {pack: {} for pack in packs}
    for name in next(iter(packs.values()), ()):  # of each pack the same tables are asked for
        tables = decode_pieces([pieces[name] for pieces in packs.values()])
        for pack, table in zip(packs, tables, strict=True):
            own = found[pack]
            if not isinstance(own, RecordError):
                try:
                    own[name] = _checked(pack, name, table)
                except RecordError as error:
                    found[pack] = error
    return found


def _checked(pack: Pack, name: str, table: pa.Table | RecordError) -> pa.Table:
    if isinstance(table, RecordError):
        raise table
    pack.check_rows(name, table)
    return table


def _in_order(
    tables: Mapping[str, pa.Table] | RecordError,
) -> Mapping[str, pa.Table] | RecordError:
    """Return tables that are sorted by key in the order of their runs."""
    if isinstance(tables, RecordError):
        return tables
    return {
        name: table.sort_by(ROW.name) if ROW.name in table.column_names else table
        for name, table in tables.items()
    }


def _part(name: str, asked: Asked) -> Part | None:
    """Return what is read of a table before runs are chosen; None: nothing."""
    if name in ("run", "problem"):
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

    locations, slash = [], scalar_of("/", pa.string())
    for table, place in zip(packed, shown, strict=True):
        homes = array_of(table.column("location"))
        folders = text_column([place + name for name in homes.dictionary.to_pylist()])
        folders = folders.take(homes.indices)
        locations.append(
            pc.binary_join_element_wise(folders, array_of(table.column("run_id")), slash)
        )
    runs = pa.concat_tables(packed)
    columns = dict(zip(runs.column_names, runs.columns, strict=True))
    columns["location"] = pa.chunked_array(locations)
    schema = SCHEMAS["run"]
    # Chunk by chunk: the texts of all packs together may be more than one array holds.
    arrays = [columns[each.name].cast(each.type) for each in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def are_different(ids: Sequence[pa.ChunkedArray]) -> bool:
    """Tell whether no id of some packs is there twice.

    As a rule each pack has its own in order, and all of them before or after those of another.
    """
    import pyarrow.compute as pc

    packs = sorted((array_of(each) for each in ids if len(each)), key=lambda each: each[0].as_py())
    bounds = [each.slice(at, 1) for each in packs for at in (0, len(each) - 1)]
    rising = [*packs, pa.concat_arrays(bounds)] if bounds else []
    if all(pc.all(pc.less(each[:-1], each[1:])).as_py() for each in rising):
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
            pc.add(array_of(part.column("run")), scalar_of(first, pa.int32()))
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
