"""Parquet of others is decoded in a child with limits; whatever goes wrong is one message."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rundiff.errors import RecordError
from rundiff.sources.parquet import ParquetReader, Part, read_parquet
from rundiff.sources.tree import Tree


def test_a_good_file_is_read_without_its_metadata(tmp_path: Path) -> None:
    table = pa.table({"step": [1, 2], "loss": [0.5, None]}).replace_schema_metadata({"a": "b"})
    pq.write_table(table, tmp_path / "a.parquet")
    found = read_parquet(Tree(tmp_path), "a.parquet")
    assert found.to_pydict() == {"step": [1, 2], "loss": [0.5, None]}
    assert not found.schema.metadata


def test_rows_and_columns_that_are_wanted_come_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"key": ["a", "b", None, "a"], "run": [0, 1, 2, 3], "value": [1.0, 2, 3, 4]})
    pq.write_table(table, path, row_group_size=2)
    content = path.read_bytes()
    with ParquetReader() as reader:
        of_key = Part(columns=("key", "value"), where=("key", ["a", "z"]))
        found = reader.decode(content, where="a", part=of_key)
        assert found.to_pydict() == {"key": ["a", "a"], "value": [1.0, 4.0]}
        assert found.schema.field("key").type == pa.string()
        of_run = Part(columns=("run",), where=("run", [1, 2]))
        assert reader.decode(content, where="a", part=of_run).to_pydict() == {"run": [1, 2]}
        few = Part(columns=("run",), where=("run", [3]))
        assert reader.decode(content, where="a", part=few, max_cells=2).num_rows == 1
        with pytest.raises(RecordError, match="colour"):
            reader.decode(content, where="a", part=Part(columns=("colour",)))
        assert reader.decode(content, where="a", part=Part(groups=[1])).num_rows == 2


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
        read_parquet(Tree(tmp_path), "a.parquet", max_cells=2)


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
        read_parquet(Tree(tmp_path), "a.parquet")


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
        read_parquet(Tree(tmp_path), "a.parquet")
