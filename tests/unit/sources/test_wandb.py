"""W&B run folders: the binary log, the files of online runs, and what is left of broken ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import Loaded, load_sources
from rundiff.sources.merge import merge_batches
from rundiff.sources.wandb import FORMAT
from rundiff.sources.wandb_log import parse_wandb_log

from tests.unit.sources.reading import read
from tests.unit.sources.wire import field, leveldb_log


def item(key: str | list[str], value: object) -> bytes:
    path = field(1, key) if isinstance(key, str) else b"".join(field(2, part) for part in key)
    return path + field(16, json.dumps(value))


def history(row: dict[str, object]) -> bytes:
    return field(2, b"".join(field(1, item(key, value)) for key, value in row.items()))


def run_record(**config: object) -> bytes:
    update = b"".join(field(1, item(key, value)) for key, value in config.items())
    return field(
        17,
        field(1, "abc123") + field(3, "vision") + field(4, update) + field(6, "sweep") +
        field(8, "warm-sun-1") + field(9, "a *note*") + field(10, "first") + field(10, "best") +
        field(17, field(1, 1_700_000_000) + field(2, 500_000_000)) +
        field(21, field(1, "https://host.invalid/me/it.git") + field(2, "c0ffee")),
    )  # fmt: skip


def write_run(folder: Path, records: list[bytes]) -> Path:
    run = folder / "wandb" / "offline-run-20231114_221320-abc123"
    run.mkdir(parents=True)
    (run / "run-abc123.wandb").write_bytes(leveldb_log(records))
    return run


ROWS: list[dict[str, object]] = [
    {"_step": step, "_timestamp": 1_700_000_001.25 + step, "_runtime": step, "loss": 1 / (step + 1)}
    for step in range(3)
]


def test_an_offline_run_is_read_from_its_log_alone(tmp_path: Path) -> None:
    records = [run_record(lr=0.1, opt={"name": "adam"}), *map(history, ROWS),
               field(18, field(2, 60))]  # fmt: skip
    write_run(tmp_path, records)
    found = read(tmp_path, FORMAT)
    run = found.runs["abc123"]
    assert (run["name"], run["experiment"], run["note"]) == ("warm-sun-1", "vision", "a *note*")
    assert (run["status"], run["state"]) == ("finished", "complete")
    assert (run["start_time"], run["end_time"]) == (1_700_000_000_500_000, 1_700_000_060_500_000)
    assert found.values("param", "abc123") == {
        "lr": ("float", "0.1"),
        "opt.name": ("text", "adam"),
    }
    assert found.values("tag", "abc123")["wandb.tags"] == ("text", "first, best")
    assert found.values("environment", "abc123")["git.commit"] == ("text", "c0ffee")
    assert found.points("abc123") == {"loss": [(0, 1.0), (1, 0.5), (2, 1 / 3)]}
    assert found.batches[0].load_points(["abc123"])["time"].to_pylist()[0] == 1_700_000_001_250_000


def test_a_copy_called_latest_run_is_the_same_run(tmp_path: Path) -> None:
    run = write_run(tmp_path, [run_record(lr=0.1), *map(history, ROWS), field(18, b"")])
    shutil.copytree(run, run.parent / "latest-run")
    merged = merge_batches(read_batches(tmp_path))
    [row] = merged.tables["run"].to_pylist()
    assert row["run_id"] == "abc123"
    assert row["location"].endswith("/offline-run-20231114_221320-abc123")


def read_batches(path: Path) -> Loaded:
    return load_sources([str(path)], ReadOptions(), formats=[FORMAT])


def test_typed_fields_of_newer_versions_are_read_like_json_text(tmp_path: Path) -> None:
    row = field(1, field(1, "loss") + field(6, 0.25)) + field(1, field(1, "n") + field(5, 7))
    row += field(2, field(1, 12))
    write_run(tmp_path, [run_record(), field(2, row)])
    assert read(tmp_path, FORMAT).points("abc123") == {"loss": [(12, 0.25)], "n": [(12, 7)]}


def test_directions_come_from_define_metric_patterns_included(tmp_path: Path) -> None:
    row: dict[str, object] = {"_step": 0, "val/acc": 0.5, "loss_a": 1.0, "other": 2.0}
    write_run(
        tmp_path,
        [
            run_record(),
            field(12, field(1, "val/acc") + field(8, 2)),
            field(12, field(2, "loss_*") + field(7, field(1, 1))),
            history(row),
        ],
    )
    assert read(tmp_path, FORMAT).goals("abc123") == {"val/acc": "max", "loss_a": "min"}


def test_media_and_texts_are_counted_and_summary_texts_kept(tmp_path: Path) -> None:
    rows = [{"_step": 0, "img": {"_type": "image-file"}, "who": "me", "deep": {"a": {"b": 1.5}}}]
    write_run(tmp_path, [run_record(), *map(history, rows), field(3, field(1, item("who", "me")))])
    found = read(tmp_path, FORMAT)
    assert found.points("abc123") == {"deep.a.b": [(0, 1.5)]}
    assert found.values("tag", "abc123")["summary.who"] == ("text", "me")
    messages = " ".join(message for _, _, message in found.notices)
    assert "objects of type 'image-file': 1; left out" in messages
    assert "values that are no numbers: 1; left out" in messages


def test_a_torn_log_keeps_what_was_written_and_says_where_it_ends(tmp_path: Path) -> None:
    run = write_run(tmp_path, [run_record(), *map(history, ROWS)])
    log = run / "run-abc123.wandb"
    log.write_bytes(log.read_bytes()[:-5])
    found = read(tmp_path, FORMAT)
    assert found.points("abc123") == {"loss": [(0, 1.0), (1, 0.5)]}
    assert found.runs["abc123"]["state"] == "interrupted"
    [(location, _, message)] = found.errors
    assert location.endswith("run-abc123.wandb")
    assert "ends in the middle of a record (at byte" in message


def test_a_damaged_block_costs_only_itself() -> None:
    rows = [{"_step": step, "loss": float(step), "pad": "x" * 500} for step in range(200)]
    data = bytearray(leveldb_log([run_record(), *map(history, rows)]))
    data[40_000] ^= 1
    log = parse_wandb_log(bytes(data))
    assert 120 < len(log.rows) < 200
    assert log.rows[-1]["_step"] == 199
    assert [message for _, message in log.problems] == [
        "damaged: the checksum is wrong; the rest of the block is skipped"
    ]


def test_an_online_folder_without_its_log_gives_config_and_summary(tmp_path: Path) -> None:
    files = tmp_path / "wandb" / "run-20230529_233100-8rqyqhe9" / "files"
    files.mkdir(parents=True)
    (files / "config.yaml").write_text(
        "wandb_version: 1\n_wandb:\n  desc: null\n  value: {cli_version: 0.15.3}\n"
        "lr:\n  desc: null\n  value: 1e-3\nplain: 3\n"
    )
    (files / "wandb-summary.json").write_text(
        '{"_step": 9, "loss": "NaN", "acc": 0.5, "_wandb": {"runtime": 3}}'
    )
    (files / "wandb-metadata.json").write_text(
        '{"os": "Linux", "email": "someone", "startedAt": "2023-05-30T03:10:14.325281",'
        ' "git": {"commit": "5e24"}}'
    )
    (files / "requirements.txt").write_text("torch==2.0.1\n")
    found = read(tmp_path, FORMAT)
    assert found.values("param", "8rqyqhe9") == {"lr": ("float", "0.001"), "plain": ("int", "3")}
    last = found.last("8rqyqhe9")
    assert last["acc"] == 0.5
    assert last["loss"] != last["loss"]
    environment = found.values("environment", "8rqyqhe9")
    assert environment["packages.torch"] == ("text", "2.0.1")
    assert environment["git.commit"] == ("text", "5e24")
    assert not any("someone" in text for _, text in environment.values())
    assert found.runs["8rqyqhe9"]["start_time"] == 1_685_416_214_325_281


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"\x1f\x8b garbage", "not a W&B log"),
        (b":W&B\xe1\xbe\x00" + b"\0" * 100, "zeros"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
)
def test_a_log_that_holds_nothing_is_a_listed_problem(
    tmp_path: Path, content: bytes, message: str
) -> None:
    write_run(tmp_path, [])
    next(tmp_path.rglob("*.wandb")).write_bytes(content)
    found = read(tmp_path, FORMAT)
    assert found.runs["abc123"]["state"] == "damaged"
    assert [text for _, _, text in found.errors if message in text]


def test_files_that_are_not_of_wandb_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("lr: 1\n")
    (tmp_path / "files").mkdir()
    with pytest.raises(Exception, match="no runs found"):
        read(tmp_path, FORMAT)


def test_media_logged_leaf_by_leaf_are_no_metrics(tmp_path: Path) -> None:
    leaves = {("t", "_type"): "table-file", ("t", "size"): 30, ("nest", "a"): 0.5}
    row = b"".join(field(1, item(list(key), value)) for key, value in leaves.items())
    write_run(tmp_path, [run_record(), field(2, row + field(1, item("_step", 7)))])
    found = read(tmp_path, FORMAT)
    assert found.points("abc123") == {"nest.a": [(7, 0.5)]}
    assert any("objects of type 'table-file': 1" in message for *_, message in found.notices)


def test_the_head_of_the_log_says_which_version_wrote_it(tmp_path: Path) -> None:
    head = field(21, field(1, field(1, "0.31.0+15f8cbc5")))
    write_run(tmp_path, [head, run_record()])
    found = read(tmp_path, FORMAT)
    assert found.batches[0].version == "0.31.0"
    assert found.values("environment", "abc123")["wandb.version"] == ("text", "0.31.0")


def test_an_old_summary_tells_how_long_the_run_took(tmp_path: Path) -> None:
    folder = tmp_path / "run-20230101_101010-old" / "files"
    folder.mkdir(parents=True)
    (folder / "wandb-summary.json").write_text('{"loss": 0.5, "_runtime": 12.5}')
    (folder / "wandb-metadata.json").write_text('{"startedAt": "2023-01-01T10:10:10"}')
    (run,) = read(tmp_path, FORMAT).runs.values()
    assert run["end_time"] - run["start_time"] == 12_000_000


def test_a_run_of_2020_has_its_history_as_json_lines(tmp_path: Path) -> None:
    folder = tmp_path / "wandb" / "run-20200518_101010-3abc"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("wandb_version: 1\nlr:\n  desc: null\n  value: 0.1\n")
    rows = [{"loss": 1.0, "_timestamp": 1589796610.5, "_step": 0}, {"loss": 0.5, "_step": 3}]
    (folder / "wandb-history.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n{torn")
    (folder / "wandb-events.jsonl").write_text('{"system.cpu": 3.0, "_step": 0}\n')
    (folder / "wandb-summary.json").write_text('{"loss": 0.5}')
    (folder / "wandb-metadata.json").write_text('{"exitcode": 1, "state": "failed"}')
    loaded = load_sources([str(tmp_path)], ReadOptions())
    [batch] = loaded.batches
    [run] = batch.tables["run"].to_pylist()
    assert (run["run_id"], run["status"]) == ("3abc", "failed")
    points = batch.load_points(["3abc"]).to_pylist()
    assert [(row["key"], row["step"], row["value"]) for row in points] == [
        ("loss", 0, 1.0),
        ("loss", 3, 0.5),
    ]
    [problem] = batch.tables["problem"].to_pylist()
    assert (problem["line"], problem["severity"]) == (3, "error")


def test_a_run_that_crashed_at_once_has_but_a_config(tmp_path: Path) -> None:
    files = tmp_path / "run-20260101_000000-x1" / "files"
    files.mkdir(parents=True)
    (files / "config.yaml").write_text("_wandb:\n    value: {}\nlr:\n    value: 0.1\n")
    found = read(tmp_path, FORMAT)
    assert found.values("param", "x1") == {"lr": ("float", "0.1")}


def test_config_and_summary_tell_times_and_place_where_the_metadata_is_lost(tmp_path: Path) -> None:
    for name, config, summary in (
        ("a1", "e: {w: {startedAt: '2026-02-11T05:12:27Z', git: {commit: a}}}", '{"_runtime": 9}'),
        ("b2", "cli_version: '0.13'", '{"_timestamp": 1700000060, "_runtime": 60}'),
    ):  # fmt: skip
        files = tmp_path / f"run-20260101_000000-{name}" / "files"
        files.mkdir(parents=True)
        (files / "config.yaml").write_text(f"_wandb:\n  value:\n    {config}\n")
        (files / "wandb-summary.json").write_text(summary)
    found = read(tmp_path, FORMAT)
    assert found.runs["a1"]["start_time"] == 1_770_786_747_000_000
    assert found.values("environment", "a1")["git.commit"] == ("text", "a")
    assert found.runs["b2"]["start_time"] == 1_700_000_000_000_000
    assert found.runs["b2"]["end_time"] == 1_700_000_060_000_000


def test_two_projects_of_which_only_the_latest_run_was_kept_are_two_runs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        files = tmp_path / name / "wandb" / "latest-run" / "files"
        files.mkdir(parents=True)
        (files / "wandb-summary.json").write_text(f'{{"loss": {len(name)}, "{name}": 1}}')
    found = read(tmp_path, FORMAT)
    places = [f"{tmp_path.name}/{name}/wandb/latest-run" for name in ("a", "b")]
    assert list(found.runs) == places
    assert [run["name"] for run in found.runs.values()] == places
