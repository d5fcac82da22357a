"""TensorBoard event files: every point, damaged files as far as they go, hyper-parameters."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest
from rundiff.sources.tensorboard import FORMAT
from rundiff.sources.tfrecord import masked_crc

from tests.unit.sources.reading import read
from tests.unit.sources.wire import field, float_field, masked, tf_record

VERSION = tf_record(field(1, 1.7e9) + field(3, "brain.Event:2"))


def event(step: int, *values: bytes, wall: float = 1.7e9) -> bytes:
    summary = b"".join(field(1, value) for value in values)
    return tf_record(field(1, wall) + (field(2, step) if step else b"") + field(5, summary))


def scalar(tag: str, value: float) -> bytes:
    return field(1, tag) + float_field(2, value)


def tensor_scalar(tag: str, value: float) -> bytes:
    tensor = field(1, 1) + field(2, b"") + field(4, struct.pack("<f", value))
    return field(1, tag) + field(8, tensor) + field(9, field(1, field(1, "scalars")))


def plugin(tag: str, name: str, content: bytes) -> bytes:
    return field(1, tag) + field(9, field(1, field(1, name) + field(2, content)))


def text(tag: str, content: str) -> bytes:
    tensor = field(1, 7) + field(8, content)
    return field(1, tag) + field(8, tensor) + field(9, field(1, field(1, "text")))


def write(folder: Path, *records: bytes, name: str = "events.out.tfevents.1700000000.host") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(VERSION + b"".join(records))
    return path


def test_crc_32c_is_that_of_the_standard() -> None:
    for size in (0, 1, 2, 3, 49, 50):
        assert masked_crc(bytes(range(size))) == masked(bytes(range(size)))


def test_simple_values_and_tensor_scalars_are_points(tmp_path: Path) -> None:
    write(
        tmp_path / "run",
        event(0, scalar("loss", 0.5), tensor_scalar("acc", 0.25)),
        event(300, scalar("loss", math.nan), wall=1.7e9 + 0.5),
        event(70_000, scalar("loss", math.inf)),
        event(-1, scalar("loss", 4.0)),
    )
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    points = found.points(run_id)
    assert points["acc"] == [(0, 0.25)]
    assert [step for step, _ in points["loss"]] == [0, 300, 70_000, -1]
    assert str([value for _, value in points["loss"]]) == "[0.5, nan, inf, 4.0]"
    assert found.runs[run_id]["name"] == "run"
    assert found.runs[run_id]["start_time"] == 1_700_000_000_000_000
    assert found.runs[run_id]["end_time"] == 1_700_000_000_500_000


@pytest.mark.parametrize("kind", ["simple", "tensor"])
def test_many_events_are_read_in_bulk_exactly_and_in_the_order_of_the_file(
    tmp_path: Path, kind: str
) -> None:
    make = scalar if kind == "simple" else tensor_scalar
    steps = [
        *range(20_000, 20_200),
        *range(100, 300),
        *range(200),
    ]  # restarts, varints of 1 to 3 bytes
    values = [struct.unpack("<f", struct.pack("<f", math.sin(step)))[0] for step in steps]
    records = [
        event(step, make("loss", value), wall=1.7e9 + place / 7)
        for place, (step, value) in enumerate(zip(steps, values, strict=True))
    ]
    records.insert(250, event(5, scalar("loss", 9.0), scalar("other", 1.0)))
    write(tmp_path, *records)
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    expected = list(zip(map(float, steps), values, strict=True))
    expected.insert(250, (5.0, 9.0))
    assert found.points(run_id)["loss"] == expected
    times = found.batches[0].load_points([run_id]).filter(_is("loss"))["time"].to_pylist()
    assert times[3] == round((1.7e9 + 3 / 7) * 1_000_000)
    assert found.last(run_id)["loss"] == values[199]


def _is(key: str) -> object:
    import pyarrow.compute as pc

    return pc.field("key") == key


def test_one_flipped_bit_among_many_costs_one_point(tmp_path: Path) -> None:
    records = [event(step, scalar("loss", step)) for step in range(1, 200)]
    path = write(tmp_path, *records)
    data = bytearray(path.read_bytes())
    at = len(VERSION) + 100 * len(records[0]) + 30
    data[at] ^= 4
    path.write_bytes(data)
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert len(found.points(run_id)["loss"]) == 198
    assert found.runs[run_id]["state"] == "damaged"
    [(_, _, message)] = found.errors
    assert "the checksum is wrong; the record is left out (at byte" in message


def test_several_files_of_a_folder_are_one_run_in_the_order_of_their_times(tmp_path: Path) -> None:
    write(tmp_path / "r", event(2, scalar("a", 2.0)), name="events.out.tfevents.1700000009.h")
    write(tmp_path / "r", event(1, scalar("a", 1.0)), name="events.out.tfevents.1600000000.h.v2")
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.points(run_id) == {"a": [(1, 1.0), (2, 2.0)]}


def hparams(**values: float | str) -> bytes:
    entries = b""
    for key, value in values.items():
        inner = field(2, value) if isinstance(value, float) else field(3, value)
        entries += field(1, field(1, key) + field(2, inner))
    start = plugin("_hparams_/session_start_info", "hparams", field(3, entries))
    end = plugin("_hparams_/session_end_info", "hparams", field(4, field(1, 1)))
    return event(0, start) + event(0, end)


def test_the_only_hparams_folder_below_a_run_joins_it(tmp_path: Path) -> None:
    write(tmp_path / "run", event(1, scalar("loss", 0.5)))
    write(tmp_path / "run" / "hp", hparams(lr=0.1, opt="adam"), event(0, scalar("final", 0.4)))
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.values("param", run_id) == {"lr": ("float", "0.1"), "opt": ("text", "adam")}
    assert found.last(run_id) == {
        "loss": 0.5,
        "final": struct.unpack("f", struct.pack("f", 0.4))[0],
    }
    assert found.runs[run_id]["status"] == "finished"


def test_several_hparams_folders_are_trials_of_the_run_above(tmp_path: Path) -> None:
    write(tmp_path / "run", event(1, scalar("loss", 0.5)))
    for name in ("1.1", "2.2"):
        write(tmp_path / "run" / name, hparams(lr=float(name)))
    runs = read(tmp_path, FORMAT).runs
    parent = next(run_id for run_id, run in runs.items() if run["name"] == "run")
    assert sorted(str(run["parent_run_id"]) for run in runs.values()) == ["None", parent, parent]


def test_texts_are_tags_and_the_trainers_json_is_params(tmp_path: Path) -> None:
    write(
        tmp_path,
        event(0, text("note/text_summary", "hello"), text("args/text_summary", '{"lr": 1e-4}')),
        event(1, field(1, "h") + field(5, b""), field(1, "i") + field(4, b"")),
    )
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.values("tag", run_id) == {"note": ("text", "hello")}
    assert found.values("param", run_id) == {"lr": ("float", "0.0001")}
    assert [message for _, _, message in found.notices] == [
        "histograms: 1; left out",
        "images: 1; left out",
    ]


def test_a_torn_end_is_a_notice_and_the_run_interrupted(tmp_path: Path) -> None:
    path = write(tmp_path, event(1, scalar("a", 1.0)), event(2, scalar("a", 2.0)))
    path.write_bytes(path.read_bytes()[:-3])
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.points(run_id) == {"a": [(1, 1.0)]}
    assert found.runs[run_id]["state"] == "interrupted"
    assert not found.errors
    assert "ends in the middle of a record (at byte" in found.notices[0][2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (VERSION + struct.pack("<QI", 1 << 62, 0) + b"x" * 30, "no record begins here"),
        (b"\0" * 4096, "zeros"),
        (b"random garbage" * 20, "not an event file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
)
def test_what_is_no_event_file_is_one_problem(tmp_path: Path, content: bytes, message: str) -> None:
    write(tmp_path).write_bytes(content)
    [(location, _, said)] = read(tmp_path, FORMAT).errors
    assert location.endswith("events.out.tfevents.1700000000.host")
    assert message in said


def test_lightnings_hparams_beside_the_events_are_params(tmp_path: Path) -> None:
    write(tmp_path / "version_0", event(1, scalar("a", 1.0)))
    (tmp_path / "version_0" / "hparams.yaml").write_text(
        "lr: 1e-3\nnet: !!python/object:torch.nn.Linear {}\n"
    )
    found = read(tmp_path, FORMAT)
    [run_id] = found.runs
    assert found.values("param", run_id)["lr"] == ("float", "0.001")
    assert "torch.nn.Linear" in found.values("param", run_id)["net"][1]


@pytest.mark.parametrize("folder", ["loss_train_val", "loss/train/val"], ids=["torch", "X"])
def test_runs_of_add_scalars_name_the_run_they_belong_to(tmp_path: Path, folder: str) -> None:
    write(tmp_path / "run", event(1, scalar("acc", 0.5)))
    write(tmp_path / "run" / folder, event(1, scalar("loss/train", 0.25)))
    write(tmp_path / "run" / "other", event(1, scalar("loss/train", 0.25)))
    parents = {run["name"]: run["parent_run_id"] for run in read(tmp_path, FORMAT).runs.values()}
    top = f"{tmp_path.name}/run"
    assert parents == {"run": None, f"run/{folder}": top, "run/other": None}


def session_start(step: int) -> bytes:
    return tf_record(field(1, 1.7e9) + (field(2, step) if step else b"") + field(7, field(1, 1)))


def test_a_restart_takes_back_what_earlier_files_had_from_its_step_on(tmp_path: Path) -> None:
    """What ``SummaryWriter(purge_step=2)`` writes; TensorBoard shows the same four points."""
    run = tmp_path / "run"
    write(run, *(event(step, scalar("loss", 9.0 - step)) for step in range(5)))
    later = (session_start(2), event(2, scalar("loss", 0.5)), event(3, scalar("loss", 0.25)))
    write(run, *later, name="events.out.tfevents.1700000001.host")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.points(run_id) == {"loss": [(0, 9.0), (1, 8.0), (2, 0.5), (3, 0.25)]}
    assert [message for _, _, message in found.notices] == [
        "points that a restart took back: 3; left out"
    ]


def test_a_start_in_the_first_file_takes_back_nothing(tmp_path: Path) -> None:
    write(tmp_path / "run", event(0, scalar("loss", 1.0)), session_start(0))
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.points(run_id) == {"loss": [(0, 1.0)]}
    assert found.notices == []


def test_a_metric_that_a_restart_took_back_whole_is_gone(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run, event(0, scalar("old", 1.0)), event(1, scalar("old", 2.0)))
    later = (session_start(0), event(0, scalar("new", 3.0)))
    write(run, *later, name="events.out.tfevents.1700000001.host")
    found = read(tmp_path, FORMAT)
    (run_id,) = found.runs
    assert found.points(run_id) == {"new": [(0, 3.0)]}
    assert found.last(run_id) == {"new": 3.0}
