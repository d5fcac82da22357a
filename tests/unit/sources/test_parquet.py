"""Parquet of others is decoded in a child with limits; whatever goes wrong is one message."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.errors import RecordError
from rundiff.sources.parquet import MAX_CELLS, ParquetReader
from rundiff.sources.tree import Tree


def read(path: Path, *, max_cells: int = MAX_CELLS) -> pa.Table:
    with ParquetReader() as reader:
        return reader.read(Tree(path.parent), path.name, max_cells=max_cells)


def test_a_good_file_is_read_without_its_metadata(tmp_path: Path) -> None:
    table = pa.table({"step": [1, 2], "loss": [0.5, None]}).replace_schema_metadata({"a": "b"})
    pq.write_table(table, tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert found.to_pydict() == {"step": [1, 2], "loss": [0.5, None]}
    assert not found.schema.metadata


def test_a_child_ends_with_its_reader(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    reader = ParquetReader()
    reader.read(Tree(tmp_path), "a.parquet")
    child = reader._child
    assert child is not None
    assert child.poll() is None
    del reader
    assert child.poll() is not None


def test_a_dictionary_bomb_is_refused_and_the_next_file_is_still_read(tmp_path: Path) -> None:
    bomb = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), ["x" * 1_000_000])
    pq.write_table(pa.table({"a": bomb}), tmp_path / "bomb.parquet", compression="zstd")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "good.parquet")
    tree = Tree(tmp_path)
    with ParquetReader() as reader:
        with pytest.raises(RecordError, match=r"bomb\.parquet: .*(memory|crashed)"):
            reader.read(tree, "bomb.parquet")
        assert reader.read(tree, "good.parquet").num_rows == 1


def test_too_many_cells_are_refused_before_decoding(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "a.parquet")
    with pytest.raises(RecordError, match="3 rows × 1 columns; at most 2 cells"):
        read(tmp_path / "a.parquet", max_cells=2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"a,b\n1,2\n", "not a Parquet file"),
        (b"PAR1" + b"\0" * 40, "torn Parquet file"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        (b"PAR1" + b"\xff" * 40 + b"PAR1", r"a\.parquet"),
    ],
)
def test_what_is_no_parquet_file_is_said_in_one_message(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(RecordError, match=message):
        read(tmp_path / "a.parquet")


def test_a_flipped_bit_in_a_checksummed_page_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"a": list(range(1000))}),
        path,
        write_page_checksum=True,
        compression="none",
        use_dictionary=False,
    )
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    with pytest.raises(RecordError, match="CRC"):
        read(tmp_path / "a.parquet")
