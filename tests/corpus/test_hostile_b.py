"""The hostile files: each meets what its cases.json expects, and none is a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rundiff.errors import RecordError, SourceError
from rundiff.sources import (
    hf_trainer,
    keras_csv,
    lightning,
    tabular,
    tensorboard,
    ultralytics,
    wandb,
)
from rundiff.sources.base import ReadOptions
from rundiff.sources.csv_text import parse_csv
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.tree import Tree

from tests.archives import unpack
from tests.unit.sources.reading import Found, read


@pytest.fixture(scope="module")
def hostile(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives, unpacked."""
    target = tmp_path_factory.mktemp("hostile")
    for name in ("formats", "csv", "parquet_own", "parquet-testing"):
        unpack(corpus / "hostile" / f"{name}.tar.gz", target, trust="data")
    return target


def state(hostile: Path, tmp_path: Path, name: str) -> Found:
    """A hostile trainer_state.json under its real name."""
    content = (hostile / "formats" / "trainer_state" / name).read_bytes()
    (tmp_path / "trainer_state.json").write_bytes(content)
    return read(tmp_path, hf_trainer.FORMAT)


@pytest.mark.parametrize(
    ("name", "points", "problem"),
    [
        ("nan_literal.json", 3, None),
        ("truncated.json", 0, "not JSON"),
        ("null_history.json", 0, "no list"),
        ("history_not_list.json", 0, "no list"),
        ("no_step.json", 2, None),
        ("mixed_types.json", 2, "values that are no numbers"),
        ("duplicate_keys.json", 1, "occurs twice in one object; the last value counts"),
        ("deep.json", 0, "nested too deep"),
        ("big_int.json", 0, None),
        ("bom.json", 0, None),
        ("utf16.json", 0, None),
    ],
)
def test_trainer_states(
    hostile: Path, tmp_path: Path, name: str, points: int, problem: str | None
) -> None:
    found = state(hostile, tmp_path, name)
    [run_id] = found.runs
    assert sum(map(len, found.points(run_id).values())) == points
    messages = [message for _, _, message in found.errors + found.notices]
    assert any(problem in message for message in messages) if problem else not messages


@pytest.mark.parametrize(
    ("suffix", "points", "problem"),
    [
        ("good", 2, None),
        ("truncated", 1, "ends in the middle"),
        ("bad_crc", 1, "checksum"),
        ("huge_length", 0, "no record begins here"),
        ("zeros", 0, "zeros"),
        ("empty", 0, "empty file"),
        ("garbage", 0, "not an event file"),
        ("nan", 5, None),
        ("restart", 4, None),
        ("trailing_newlines", 2, None),
    ],
)
def test_event_files(hostile: Path, suffix: str, points: int, problem: str | None) -> None:
    path = hostile / "formats" / "tfevents" / f"events.out.tfevents.1700000000.{suffix}"
    found = read(path, tensorboard.FORMAT)
    [run_id] = found.runs
    assert sum(map(len, found.points(run_id).values())) == points
    messages = [message for _, _, message in found.errors + found.notices]
    assert any(problem in message for message in messages) if problem else not messages


def test_a_restart_keeps_all_points_and_its_last_is_the_highest_step(hostile: Path) -> None:
    path = hostile / "formats" / "tfevents" / "events.out.tfevents.1700000000.restart"
    found = read(path, tensorboard.FORMAT)
    [run_id] = found.runs
    [(key, points)] = found.points(run_id).items()
    steps = [step for step, _ in points]
    assert steps != sorted(steps)
    assert found.last(run_id)[key] == max(reversed(points), key=lambda point: point[0])[1]


def test_wandb_files(hostile: Path) -> None:
    found = read(hostile / "formats" / "wandb", wandb.FORMAT)
    assert sorted(found.runs) == ["empty.wandb", "wandb", "x"]
    last = found.last("wandb")
    assert str(last["loss"]) == "nan"
    assert last["acc"] == float("inf")
    assert last["nested.a.b"] == last["__proto__"] == 1
    assert found.values("param", "wandb")["plain"] == ("int", "3")
    assert found.values("param", "wandb")["obj.__class__"][0] == "text"
    left_out = " ".join(message for _, _, message in found.notices)
    assert all(kind in left_out for kind in ("image-file", "table-file", "histogram"))


def test_csv_logs(hostile: Path) -> None:
    folder = hostile / "formats" / "csv"
    expected = {"header_only": 0, "nul": 2, "injection": 2, "semicolon": 1, "spaces": 2,
                "huge_field": 0, "many_columns": 0, "cr_only": 2, "latin1": 1}  # fmt: skip
    for name, points in expected.items():
        found = read(folder / f"{name}.csv", keras_csv.FORMAT, tabular.FORMAT)
        [run_id] = found.runs
        assert sum(map(len, found.points(run_id).values())) == points, name
    with pytest.raises(SourceError, match="empty"):
        read(folder / "empty.csv", keras_csv.FORMAT, tabular.FORMAT)


def test_lightning_and_ultralytics(hostile: Path) -> None:
    found = read(hostile / "formats" / "lightning", lightning.FORMAT)
    [run_id] = found.runs
    assert all(kind == "text" for key, (kind, _) in found.values("param", run_id).items()
               if not key.startswith("tuple"))  # fmt: skip
    assert any("repeats the header" in message for _, _, message in found.notices)
    found = read(hostile / "formats" / "ultralytics", ultralytics.FORMAT)
    [run_id] = found.runs
    params = found.values("param", run_id)
    assert (params["lr0"], params["name"]) == (("float", "0.001"), ("text", "007"))


def test_the_csv_spectrum(hostile: Path) -> None:
    for path in sorted((hostile / "csv" / "csvs").glob("*.csv")):
        expected = json.loads((hostile / "csv" / "json" / f"{path.stem}.json").read_bytes())
        table = parse_csv(path.read_bytes())
        got = [dict(zip(table.header, cells, strict=True)) for _, cells in table.rows()]
        assert got == expected, path.stem
        assert table.problems == []


def test_parquet_of_our_own_meets_its_cases(hostile: Path) -> None:
    cases = json.loads((hostile / "parquet_own" / "cases.json").read_text("utf-8"))
    tree = Tree(hostile / "parquet_own")
    with ParquetReader() as reader:
        for case in cases:
            got = shape(reader, tree, case["file"])
            if case["file"] in ("bomb_rows.parquet", "flipped.parquet"):
                assert isinstance(got, str) or got == (2, 2)
            elif "rows" in case:
                assert got == (case["rows"], case["cols"]), case
            else:
                assert isinstance(got, str), case


def test_the_public_parquet_suite_never_crashes_the_reader(hostile: Path) -> None:
    with ParquetReader() as reader:
        bad = Tree(hostile / "parquet-testing" / "bad_data")
        bad_names = [name for name in bad.folder().files if name.endswith(".parquet")]
        refused = [isinstance(shape(reader, bad, name), str) for name in bad_names]
        assert (len(refused), sum(refused)) == (8, 7)
        good = Tree(hostile / "parquet-testing" / "data")
        good_names = [name for name in good.folder().files if name.endswith(".parquet")]
        refused_good = {name for name in good_names if isinstance(shape(reader, good, name), str)}
    assert refused_good == {
        "datapage_v1-corrupt-checksum.parquet",
        "incorrect_map_schema.parquet",
        "large_string_map.brotli.parquet",
        "rle-dict-uncompressed-corrupt-checksum.parquet",
    }


def shape(reader: ParquetReader, tree: Tree, name: str) -> tuple[int, int] | str:
    try:
        table: Any = reader.read(tree, name)
    except RecordError as error:
        return str(error)
    return table.num_rows, table.num_columns


@pytest.mark.all
def test_every_hostile_file_and_folder_gives_runs_or_one_message(hostile: Path) -> None:
    for path in sorted(hostile.rglob("*")):
        try:
            loaded = load_sources([str(path)], ReadOptions())
        except SourceError:
            continue
        merge_batches(loaded)
        for batch in loaded.batches:
            batch.load_points(batch.tables.run_ids)
