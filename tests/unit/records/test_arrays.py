"""What is looked for in the bytes of a column."""

import pyarrow as pa
from rundiff.records.arrays import may_hold


def test_a_slice_is_not_taken_for_the_whole_that_it_was_cut_from() -> None:
    texts = pa.array(["a/b", "c", None, "é", "x/y"])
    assert may_hold(pa.chunked_array([texts]), "/")
    assert may_hold(pa.chunked_array([texts.slice(1), texts.slice(0, 0)]), "/")
    assert not may_hold(pa.chunked_array([texts.slice(1, 3)]), "/")
    assert may_hold(pa.chunked_array([texts.slice(3, 1)]), "é")
    assert not may_hold(pa.chunked_array([pa.nulls(3, pa.string())]), "c")
    assert may_hold(pa.chunked_array([texts.cast(pa.large_string()).slice(4)]), "x/y")
