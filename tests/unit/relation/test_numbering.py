"""Tables become numbers that stand for their texts, however their columns are encoded."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.records.arrays import text_column
from rundiff.records.schemas import SCHEMAS
from rundiff.records.tables import TableBuilder, Tables
from rundiff.records.text_columns import text_columns
from rundiff.records.values import value_of
from rundiff.relation.codes import Codes
from rundiff.relation.numbering import Numbering

Row = tuple[str, str, object]  # run id, key, recorded value

RECORDED = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, -0.0, 1.0, 1e300]),
    st.sampled_from(["", "1", "1.0", "0.10", "1e-1", "nan", "null", "true", "x"]),
)  # fmt: skip
RUN_IDS = "abcr"
ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), RECORDED), max_size=8)


def by_builder(rows: Sequence[Row]) -> pa.Table:
    builder = TableBuilder()
    for run_id, key, recorded in rows:
        builder.add_recorded("param", run_id, {key: recorded})
    return builder.build()["param"]


def column_by_column(rows: Sequence[Row]) -> pa.Table:
    """Return a table whose columns each have a dictionary of their own, as of a pack."""
    table = by_builder(rows)
    plain = [column.combine_chunks().dictionary_decode() for column in table.columns]
    return pa.Table.from_arrays([each.dictionary_encode() for each in plain], schema=table.schema)


def cells(codes: Codes, name: str, table: pa.Table) -> pa.Table:
    return Numbering(codes).cells(Tables(by_name={name: table}))


def read_back(codes: Codes, table: pa.Table) -> list[tuple[object, ...]]:
    runs, values, numerics = list(codes.runs), codes.values(), [*codes.numerics]
    return [
        (
            runs[row["run"]],
            codes.rows([row["row"]])[0][1],
            *values[row["value"]],
            row["number"],
            None if row["numeric"] is None else numerics[row["numeric"]],
        )
        for row in table.to_pylist()
    ]


@given(st.lists(ROWS, min_size=1, max_size=3), st.sampled_from([by_builder, column_by_column]))
def test_numbers_stand_for_their_texts(batches: list[list[Row]], made_by: object) -> None:
    assert callable(made_by)
    codes = Codes(RUN_IDS)
    table = pa.concat_tables([made_by(rows) for rows in batches])
    found = read_back(codes, cells(codes, "param", table))
    expected = []
    for run_id, key, recorded in (row for rows in batches for row in rows):
        kind, text, number, numeric = value_of(recorded)
        expected.append((run_id, key, kind, text, number, numeric if kind == "text" else None))
    assert repr(found) == repr(expected)


def test_equal_values_have_one_number_over_tables_and_no_others_do() -> None:
    recorded = [1, 1.0, True, "1", "1.0", None, "null", "", 2**53, 2**53 + 1, "true", 0.0, -0.0]
    codes = Codes(RUN_IDS)
    rows = [("a", str(place), each) for place, each in enumerate(recorded)]
    first = cells(codes, "param", by_builder(rows)).column("value").to_pylist()
    again = cells(codes, "tag", column_by_column(rows[::-1])).column("value").to_pylist()
    assert again[::-1] == first
    assert len(set(first)) == len(recorded)


def test_texts_that_a_source_gives_as_a_column_are_numbered_like_others() -> None:
    builder = TableBuilder()
    texts = ["1", "x", "1"]
    codes = pa.array([0, 0, 0], pa.int32())
    builder.index("a")
    columns = {"key": text_column(["k", "l", "m"]), **text_columns(text_column(texts))}
    builder.add_columns("tag", codes, columns)
    builder.add_recorded("tag", "a", {"n": "1"})
    known = Codes(RUN_IDS)
    found = read_back(known, cells(known, "tag", builder.build()["tag"]))
    assert sorted(found) == [
        ("a", "k", "text", "1", 1.0, "1E0"),
        ("a", "l", "text", "x", None, None),
        ("a", "m", "text", "1", 1.0, "1E0"),
        ("a", "n", "text", "1", 1.0, "1E0"),
    ]


def test_a_digest_is_no_number_though_it_looks_like_one() -> None:
    builder = TableBuilder()
    for path, size, sha256 in (("a", 3, "0123"), ("b", 3, ""), ("c", None, None), ("d", 0, None)):
        builder.add("artifact", {"run_id": "r", "path": path, "size": size, "sha256": sha256})
    codes = Codes(RUN_IDS)
    found = read_back(codes, cells(codes, "artifact", builder.build()["artifact"]))
    assert found == [
        ("r", "a", "text", "0123", None, None),
        ("r", "b", "int", "3", 3.0, None),
        ("r", "c", "text", "present", None, None),
        ("r", "d", "int", "0", 0.0, None),
    ]


@pytest.mark.parametrize("name", ["param", "metric_summary", "artifact"])
def test_an_empty_table_stays_one(name: str) -> None:
    table = pa.Table.from_batches([], schema=SCHEMAS[name])
    assert cells(Codes(RUN_IDS), name, table).num_rows == 0


def test_cells_of_all_sections_stand_in_one_table() -> None:
    builder = TableBuilder()
    for name in ("param", "tag", "environment"):
        builder.add_recorded(name, "a", {"k": name})
    builder.add_numbers("a", {"k": 0.5})
    builder.add("metric_summary", {"run_id": "a", "key": "of no value"})
    builder.add("metric_summary", {"run_id": "a", "key": "big", "last": 2.0**53, "exact": "9"})
    builder.add("artifact", {"run_id": "a", "path": "k", "size": 3})
    codes = Codes(RUN_IDS)
    table = Numbering(codes).cells(builder.build())
    assert [(*codes.rows([row["row"]])[0], codes.values()[row["value"]]) for row in
            table.to_pylist()] == [
        ("params", "k", ("text", "param")),
        ("tags", "k", ("text", "tag")),
        ("environment", "k", ("text", "environment")),
        ("metrics", "k", ("float", "")),
        ("metrics", "big", ("float", "9")),
        ("artifacts", "k", ("int", "3")),
    ]  # fmt: skip
