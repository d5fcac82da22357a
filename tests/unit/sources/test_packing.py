"""Packing a store changes how it lies on disk and nothing that is read of it."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import rundiff
from rundiff.errors import LoggingError, RecordError, RundiffError, SourceError
from rundiff.records.seal import seal_run
from rundiff.records.segments import Segment, scan_segment
from rundiff.sources import pack_points, pack_writer, packing
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import MergedRuns, merge_batches
from rundiff.sources.packed import Pack
from rundiff.sources.packing import drop_journals, pack_store
from rundiff.sources.tree import Tree
from rundiff.sources.unpacking import unpack_store

from tests.conftest import RunCommand
from tests.kills import in_a_child_killed_at


def quiet(_: str) -> None:
    """Say nothing."""


def log(store: Path, number: int, points: int = 30) -> Path:
    with rundiff.start_run(store=store, experiment=f"ex {number % 2}", name=f"r{number}") as run:
        rundiff.log_params({"lr": number / 7, "nested": {"a": None, "b": [1, 1.0, "1"]}})
        rundiff.set_tags({"kind": "x", "ü": float("nan")})
        rundiff.set_note("**note**")
        rundiff.define_metric("loss", goal="min", unit="nat", tolerance=0.1)
        for step in range(points):
            rundiff.log_metric("loss", (step % 7) / (number + 1), step=step)
            rundiff.log_metric("acc", float("nan") if step % 5 else 0.5)
        rundiff.log_text(f"hello {number}", "a/notes.txt")
    seal_run(run.folder, segments(run.folder), with_metrics=True)
    return run.folder


def segments(folder: Path) -> list[Segment]:
    return [scan_segment(path.name, path.read_bytes()) for path in sorted(folder.glob("*.jsonl"))]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for number in range(6):
        log(tmp_path / "runs", number)
    return tmp_path / "runs"


def merged(store: Path) -> MergedRuns:
    return merge_batches(load_sources([str(store)], ReadOptions()))


def content(store: Path) -> dict[str, object]:
    """Return everything that a report can get of a store, in an order that is not the disk's."""
    found = merged(store)
    points, problems = found.load_points(found.tables.run_ids)
    rows: dict[str, object] = {
        name: sorted(map(repr, found.tables[name].to_pylist())) for name in found.tables
    }
    rows["metric_point"] = sorted(map(repr, points.drop_columns(["seq"]).to_pylist()))
    rows["problems"] = [*found.problems, *problems]
    rows["artifacts"] = [
        found.load_artifact(run_id, "a/notes.txt", 100) for run_id in sorted(found.tables.run_ids)
    ]
    return rows


def files(store: Path) -> list[str]:
    return sorted(path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file())


def test_a_packed_store_reads_as_before_and_holds_few_files(store: Path) -> None:
    before = content(store)
    done = pack_store(store, quiet)
    assert (done.runs, done.packs, done.left) == (6, 1, ())
    assert content(store) == before
    names = [name for name in files(store) if not name.endswith("a/notes.txt")]
    assert len({name.partition("/")[0] for name in names}) == 1
    assert len(names) == 13


def test_unpacking_gives_every_record_back_byte_for_byte(store: Path, tmp_path: Path) -> None:
    before = content(store)
    shutil.copytree(store, tmp_path / "copy")
    pack_store(store, quiet)
    assert unpack_store(store, quiet).runs == 6
    assert content(store) == before
    expected = [name for name in files(tmp_path / "copy") if not name.endswith(".jsonl")]
    assert files(store) == expected
    for name in expected:
        assert (store / name).read_bytes() == (tmp_path / "copy" / name).read_bytes()


def test_unpacking_writes_nothing_through_a_link(store: Path, tmp_path: Path) -> None:
    """As in a store that came as an archive: its links may lead to any folder of the reader's."""
    pack_store(store, quiet)
    outside = tmp_path / "outside"
    (outside / "run").mkdir(parents=True)
    (pack,) = store.glob("packed-*")
    run = Pack(Tree(store), pack.name).load_runs()[0].path
    experiment = store / run.partition("/")[0]
    for link in (experiment, store / run):
        shutil.rmtree(experiment, ignore_errors=True)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(outside)
        with pytest.raises(RecordError, match="cannot be opened: Not a directory"):
            unpack_store(store, quiet)
        assert [path for path in outside.rglob("*") if path.is_file()] == []
        assert len(list(outside.iterdir())) == 1
        link.unlink()
    assert unpack_store(store, quiet).runs > 1


def test_what_is_unpacked_can_be_packed_again_and_new_runs_beside_it(store: Path) -> None:
    before = content(store)
    pack_store(store, quiet)
    unpack_store(store, quiet)
    assert pack_store(store, quiet).runs == 6
    assert content(store) == before
    log(store, 9)
    assert pack_store(store, quiet).runs == 1
    assert len(merged(store).tables.run_ids) == 7
    assert pack_store(store, quiet).runs == 0
    assert unpack_store(store, quiet).packs == 2
    assert len(merged(store).tables.run_ids) == 7


def test_what_is_not_known_to_be_whole_is_left_alone(store: Path) -> None:
    folders = sorted({path.parent for path in store.rglob("*.jsonl")})
    damaged, interrupted, foreign, changed, conflict, fine = folders
    journal = next(damaged.glob("*.jsonl"))
    journal.write_bytes(journal.read_bytes().replace(b'"loss",3,', b'"loss",4,', 1))
    journal = next(interrupted.glob("*.jsonl"))
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    (foreign / "model.pt").write_bytes(b"weights")
    record = changed / "run.json"
    record.write_bytes(record.read_bytes().replace(b'"x"', b'"y"'))
    other = next(fine.glob("*.jsonl"))
    shutil.copy(other, conflict / "z.jsonl")
    before = {name: (store / name).read_bytes() for name in files(store)}
    done = pack_store(store, quiet)
    assert done.runs == len(folders) - len(done.left)
    reasons = {Path(store, path): reason for path, reason in done.left}
    assert "damaged" in reasons[damaged]
    assert "interrupted" in reasons[interrupted]
    assert "'model.pt'" in reasons[foreign]
    assert "two different runs" in reasons[conflict]
    for name, data in before.items():
        if Path(store, name).parent in reasons:
            assert (store / name).read_bytes() == data


def test_a_running_run_is_left_alone(store: Path) -> None:
    with rundiff.start_run(store=store) as run:
        rundiff.log_metric("loss", 0.5, step=1)
        rundiff.sync()
        done = pack_store(store, quiet)
        assert [path for path, _ in done.left] == [run.folder.relative_to(store).as_posix()]
        rundiff.log_metric("loss", 0.5, step=2)
    assert pack_store(store, quiet).runs == 1
    assert len(merged(store).tables.run_ids) == 7


def test_a_pack_that_does_not_read_back_is_given_up(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: (store / name).read_bytes() for name in files(store)}
    real = pack_writer._write  # a disk that changes what is written

    def wrong(path: Path, table: pa.Table) -> None:
        real(path, table.slice(1) if path.name == "param.parquet" else table)

    monkeypatch.setattr(pack_writer, "_write", wrong)
    with pytest.raises(RundiffError, match=r"param\.parquet: does not hold"):
        pack_store(store, quiet)
    assert {name: (store / name).read_bytes() for name in files(store)} == before


def test_a_flipped_bit_in_a_pack_is_an_error_and_never_another_value(store: Path) -> None:
    pack_store(store, quiet)
    alone = log(store, 9).name
    (pack,) = store.glob("packed-*")
    chance = random.Random(1)
    for path in sorted(pack.iterdir()):
        if path.name.startswith(("documents", "runs.")):
            continue
        data = path.read_bytes()
        at = chance.randrange(len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        if path.name.startswith("points"):
            found = merged(store)
            points, problems = found.load_points(found.tables.run_ids)
            assert set(points.column("run_id").to_pylist()) == {alone}
            assert [problem.severity for problem in problems] == ["error"]
        else:
            found = merged(store)
            assert found.tables.run_ids == [alone]
            assert path.name in found.tables["problem"].to_pylist()[0]["location"]
        path.write_bytes(data)
    assert len(merged(store).tables.run_ids) == 7
    (pack / "tag.parquet").write_bytes(b"PAR1xxxxPAR1")
    with pytest.raises(RundiffError, match="checksum"):
        unpack_store(store, quiet)
    assert pack.is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("work", [pack_store, unpack_store])
def test_a_kill_at_any_moment_leaves_the_store_whole(
    work: Callable[..., object], tmp_path: Path
) -> None:
    store, kept = tmp_path / "runs", tmp_path / "kept"
    for number in range(2):
        log(store, number, points=3)
    before = content(store)
    if work is unpack_store:
        pack_store(store, quiet)
    shutil.copytree(store, kept)
    at, is_killed = 0, True
    while is_killed:
        at += 1
        shutil.rmtree(store)
        shutil.copytree(kept, store)
        is_killed = in_a_child_killed_at(at, lambda: work(store, quiet))
        assert content(store) == before, at
        pack_store(store, quiet)
        assert content(store) == before, at
        assert not list(store.glob(".packing-*"))
    assert at > 15


def test_two_packers_do_not_meet(store: Path) -> None:
    with packing.locked(store), pytest.raises(SourceError, match="already"):
        pack_store(store, quiet)


def test_a_packed_run_cannot_be_resumed_by_mistake(store: Path) -> None:
    run_id = merged(store).tables.run_ids[0]
    pack_store(store, quiet)
    with pytest.raises(LoggingError, match="cannot be resumed"):
        rundiff.start_run(run_id=run_id, store=store)
    unpack_store(store, quiet)
    with pytest.raises(LoggingError, match="cannot be resumed"):
        rundiff.start_run(run_id=run_id, store=store)
    assert len(merged(store).tables.run_ids) == 6


def test_journals_alone_can_be_dropped(store: Path) -> None:
    before = content(store)
    folder = min({path.parent for path in store.rglob("*.jsonl")})
    (folder / "metrics.parquet").unlink()  # the child that was to write it was killed
    done = drop_journals(store, quiet)
    assert (done.runs, done.left) == (6, ())
    assert not list(store.rglob("*.jsonl"))
    assert content(store) == before


def test_points_of_few_runs_are_taken_from_their_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_points, "GROUP_ROWS", 50)
    monkeypatch.setattr(pack_points, "FILE_ROWS", 200)
    store = tmp_path / "runs"
    for number in range(8):
        log(store, number, points=10 + 30 * (number == 3))
    before = content(store)
    pack_store(store, quiet)
    assert len(list(store.glob("packed-*/points-*.parquet"))) > 1
    assert content(store) == before
    found = merged(store)
    for run_id in found.tables.run_ids:
        points, _ = found.load_points([run_id])
        assert points.num_rows in (20, 80)
        assert set(points.column("run_id").to_pylist()) == {run_id}
    unpack_store(store, quiet)
    assert content(store) == before


def test_the_command_says_what_it_did(store: Path, run_command: RunCommand) -> None:
    interrupted = min(store.rglob("*.jsonl"))
    interrupted.write_bytes(interrupted.read_bytes()[:-40])
    done = run_command("pack", str(store))
    assert (done.returncode, done.stdout) == (0, f"{store}\n")
    assert "packed: 5 runs into 1 pack" in done.stderr
    assert "name the store" not in done.stderr
    assert "left as they are: 1 run\n" in done.stderr
    report = run_command("report", str(store), "-o", "report.html")
    assert report.returncode == 0
    done = run_command("unpack", str(store))
    assert "unpacked: 5 runs of 1 pack" in done.stderr
    below = run_command("pack", str(interrupted.parents[1]))
    assert "this is an experiment's folder: name the store that it is in, 'runs'" in below.stderr
    missing = run_command("pack", "nowhere")
    assert missing.returncode == 1
    assert "'nowhere' is no folder" in missing.stderr
