"""Texts as columns give what each text gives alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rundiff.records.arrays import text_column
from rundiff.records.text_columns import nested_mask, text_columns
from rundiff.records.values import parse_nested, text_value

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(["", "nan", "-Infinity", "0.10", "1e-1", "+5", "[1]", '{"a": 1}', "True"]),
)


@given(st.lists(TEXTS))
def test_columns_are_row_by_row_the_same(texts: list[str]) -> None:
    columns = text_columns(text_column(texts))
    names = ("type", "value", "number", "numeric")
    rows = list(zip(*(columns[name].to_pylist() for name in names), strict=True))
    assert repr(rows) == repr([tuple(text_value(text)) for text in texts])


@given(st.lists(TEXTS))
def test_no_nested_text_is_missed(texts: list[str]) -> None:
    mask = nested_mask(text_column(texts)).to_pylist()
    for text, may_be_nested in zip(texts, mask, strict=True):
        assert may_be_nested or parse_nested(text) is None
