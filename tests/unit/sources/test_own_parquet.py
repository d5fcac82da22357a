"""Files of rundiff's own form are decoded without a child: what they take is known beforehand."""

from __future__ import annotations

import io
import random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.records.parquet_layout import (
    DICTIONARY,
    PLAIN,
    Unread,
    layout_of,
    pages_of,
    read_group,
    row_groups_of,
)
from rundiff.sources import own_parquet
from rundiff.sources.own_parquet import (
    EVERYTHING,
    Part,
    check_own,
    decode_extracts,
    extract_own,
)

TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema([("run", pa.int32()), ("key", TEXT), ("name", pa.string())])
PLAIN_SCHEMA = SCHEMA.set(1, pa.field("key", pa.string()))


def encoded(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    used: dict[str, Any] = {
        "compression": "zstd", "use_dictionary": ["key"], "row_group_size": 3,
        "column_encoding": {"run": "DELTA_BINARY_PACKED"}, "write_page_checksum": True,
    }  # fmt: skip
    pq.write_table(table, sink, **used | options)
    return sink.getvalue()


def decode(content: bytes, schema: pa.Schema, part: Part = EVERYTHING) -> pa.Table:
    return decode_extracts([extract_own(content, schema, part)], schema, part)[0]


def rows(count: int = 9) -> pa.Table:
    keys = [("a", "b", None)[at * 3 // count] for at in range(count)]
    names = [f"name {at}" for at in range(count)]
    return pa.table([list(range(count)), keys, names], schema=PLAIN_SCHEMA)


def test_a_file_gives_its_table_with_texts_in_dictionaries() -> None:
    found = decode(encoded(rows()), SCHEMA)
    assert found.schema.equals(SCHEMA)
    assert found.cast(PLAIN_SCHEMA).equals(rows())


def test_rows_and_columns_that_are_wanted_come_alone() -> None:
    content = encoded(rows())
    found = decode(content, SCHEMA, Part(columns=("run", "key"), keys=["b", "z"]))
    assert found.to_pydict() == {"run": [3, 4, 5], "key": ["b", "b", "b"]}
    assert decode(content, SCHEMA, Part(groups=[2])).column("run").to_pylist() == [6, 7, 8]
    assert not decode(content, SCHEMA, Part(columns=["key"], keys=["z"])).num_rows
    assert not decode(content, SCHEMA, Part(groups=[3])).num_rows


def test_many_row_groups_are_passed_over_and_found_by_their_bounds() -> None:
    keys = [f"key {at // 30:02}" for at in range(1_200)]
    table = pa.table([list(range(1_200)), keys, ["n"] * 1_200], schema=PLAIN_SCHEMA)
    content = encoded(table, row_group_size=20, write_statistics=["key"])
    groups = layout_of(content, bounded=1).groups
    assert [type(group) for group in groups] == [Unread] * 60
    assert [read_group(content, group) for group in groups] == row_groups_of(content)
    bounds = [group.seen[2:] for group in groups if isinstance(group, Unread)]
    assert bounds[6:8] == [(b"key 04", b"key 04"), (b"key 04", b"key 05")]
    found = decode(content, SCHEMA, Part(keys=["key 05", "key 39", "none"]))
    assert found.column("run").to_pylist() == [*range(150, 180), *range(1_170, 1_200)]
    assert layout_of(content, bounded=0).groups == row_groups_of(content), (
        "bounds of another column"
    )


def test_a_glance_takes_no_row_group_for_another_than_reading_does() -> None:
    """Arrow must find each row group where it was seen, whatever is wrong with those before."""
    table = pa.table([list(range(90)), ["k"] * 90, ["n"] * 90], schema=PLAIN_SCHEMA)
    content = encoded(table, row_group_size=9, write_statistics=["key"])
    end = len(content) - 8
    chance = random.Random(5)
    same = 0
    for at in range(end - int.from_bytes(content[end : end + 4], "little"), end):
        for value in chance.sample(range(256), 8):
            changed = content[:at] + bytes([value]) + content[at + 1 :]
            try:
                groups = layout_of(changed, bounded=1).groups
                expected = row_groups_of(changed)
            except ValueError:
                continue
            assert [read_group(changed, group) for group in groups] == expected
            same += any(isinstance(group, Unread) for group in groups)
    assert same > 1_000


def test_other_columns_are_refused() -> None:
    content = encoded(rows().drop_columns(["name"]), use_dictionary=["key"])
    for read in (decode, check_own):
        with pytest.raises(ValueError, match="columns"):
            read(content, SCHEMA)
        with pytest.raises(ValueError, match="not a Parquet file"):
            read(b"PAR1 not a table PAR1", SCHEMA)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
def test_what_pages_unpack_to_is_added_up(compression: str) -> None:
    table = pa.table({"a": ["x" * 1_000] * 2_000, "b": list(range(2_000))})
    content = encoded(table, compression=compression, use_dictionary=["a"], column_encoding=None,
                      row_group_size=None, data_page_size=1_000)  # fmt: skip
    group = pq.ParquetFile(pa.BufferReader(content)).metadata.row_group(0)
    for place, encodings in enumerate([{DICTIONARY}, {PLAIN}]):
        found = pages_of(content, row_groups_of(content)[0].columns[place])
        assert found.encodings == encodings
        headers = group.column(place).total_uncompressed_size - found.unpacked
        assert 0 < headers < 4_000  # which the footer counts, too
        assert found.unpacked > (1_000, 16_000)[place]


def test_a_page_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table([[1], ["a"], ["x" * 2_000_000]], schema=PLAIN_SCHEMA)
    content = encoded(table)
    assert len(content) < 4_000
    assert decode(content, SCHEMA).num_rows == 1
    monkeypatch.setattr(own_parquet, "MOST_BYTES", 1_000_000)
    with pytest.raises(ValueError, match="MiB when decoded"):
        decode(content, SCHEMA)


def test_a_text_that_stands_for_many_is_refused_where_it_would_be_repeated() -> None:
    names = pa.array(["x" * 1_000_000] * 50)
    table = pa.table([list(range(50)), ["k"] * 50, names], schema=PLAIN_SCHEMA)
    for options in (
        {"use_dictionary": ["key", "name"]},
        {"column_encoding": {"name": "DELTA_BYTE_ARRAY"}},
        {"column_encoding": {"name": "DELTA_LENGTH_BYTE_ARRAY"}},
    ):
        with pytest.raises(ValueError, match="not encoded as rundiff writes it"):
            decode(encoded(table, row_group_size=None, **options), SCHEMA)
    # In a column that is read as a dictionary it stays one text.
    table = pa.table([list(range(50)), names, ["n"] * 50], schema=PLAIN_SCHEMA)
    (chunk,) = decode(encoded(table, row_group_size=None), SCHEMA).column("key").chunks
    assert len(chunk.dictionary) == 1


def test_pages_of_another_version_are_refused() -> None:
    with pytest.raises(ValueError, match="page of another kind"):
        decode(encoded(rows(), data_page_version="2.0"), SCHEMA)


def test_text_that_is_none_is_refused() -> None:
    content = encoded(rows(), compression="none")
    assert b"name 4" in content
    with pytest.raises(ValueError, match="UTF"):
        decode(content.replace(b"name 4", b"name \xff"), SCHEMA)


@pytest.mark.parametrize("compression", ["zstd", "none"])
def test_changed_bytes_give_a_table_or_a_refusal(compression: str) -> None:
    content = encoded(rows(300), compression=compression, row_group_size=100)
    chance = random.Random(7)
    refused = 0
    for _ in range(1_500):
        changed = bytearray(content)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            found = decode(bytes(changed), SCHEMA)
        except ValueError:
            refused += 1
        else:
            assert found.schema.equals(SCHEMA)
            found.to_pydict()
    assert refused > 100
