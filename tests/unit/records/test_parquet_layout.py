"""A footer is read before Arrow reads it, so that no crafted one ends the process."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.records.metrics_parquet import decode_metrics, encode_metrics
from rundiff.records.parquet_layout import row_groups_of
from rundiff.records.run import Points

COUNTS = {"acc": 50, "loss": 50}


def encoded() -> bytes:
    points = Points()
    for step in range(50):
        for name in COUNTS:
            points.append(points.code(name), step, step, step / 2)
    return encode_metrics(points)


def footer_of(data: bytes | bytearray) -> range:
    end = len(data) - 8
    return range(end - int.from_bytes(data[end : end + 4], "little"), end)


def test_row_groups_are_what_arrow_says_they_are() -> None:
    data = encoded()
    metadata = pq.ParquetFile(pa.BufferReader(data)).metadata
    (group,) = row_groups_of(data)
    assert group.rows == metadata.num_rows == 100
    for place, column in enumerate(group.columns):
        expected = metadata.row_group(0).column(place)
        assert column.values == expected.num_values
        assert column.end - column.start == expected.total_compressed_size
    key = group.columns[0]
    assert (key.least, key.most) == (b"acc", b"loss")


def test_a_number_of_another_width_is_not_taken_for_a_field() -> None:
    """Arrow passes over such a field, and would look for the pages elsewhere."""
    data = bytearray(encoded())
    at = data.index(b"\x26\x08", footer_of(data).start)  # where its first column begins: 4
    data[at] = 0x25
    with pytest.raises(ValueError, match="a column as Arrow writes none"):
        row_groups_of(bytes(data))


def test_a_changed_byte_of_a_footer_gives_points_or_none_and_ends_nothing() -> None:
    """With pyarrow 26, one in 50 of these ended the process while Arrow described the columns."""
    data = encoded()
    chance = random.Random(3)
    refused = 0
    for at in footer_of(data):
        for value in chance.sample(range(256), 6):
            changed = bytearray(data)
            changed[at] = value
            refused += decode_metrics(bytes(changed), COUNTS) is None
    assert refused > 1_000
    found = decode_metrics(data, COUNTS)
    assert found is not None
    assert found.num_rows == 100


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"PAR1" + b"\xff" * 40 + b"PAR1",
        b"PAR1" + b"\x19" * 9_000 + (9_000).to_bytes(4, "little") + b"PAR1",
        b"PAR1" + b"\x1c" * 60 + (60).to_bytes(4, "little") + b"PAR1",
        b"PAR1" + b"\x19\xfc" + b"\xff" * 20 + (22).to_bytes(4, "little") + b"PAR1",
    ],
)
def test_what_has_no_footer_of_arrows_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"Arrow|Parquet|struct|bits|kind"):
        row_groups_of(data)


@pytest.mark.skipif(int(pa.__version__.split(".")[0]) < 20, reason="it writes no histograms")
def test_nested_columns_are_refused_where_their_histograms_show() -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [[1, 2], [3]]}), sink)
    with pytest.raises(ValueError, match="histogram"):
        row_groups_of(sink.getvalue().to_pybytes())
