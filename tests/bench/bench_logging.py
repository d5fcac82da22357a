"""What logging costs a training loop."""

import itertools
import json
import os
import tempfile
from pathlib import Path

import rundiff

from tests.bench.budget import BenchRow, best_of_turns

POINTS = 50_000
RUNS = 25


def rows() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        return [_point(Path(folder)), _run(Path(folder))]


def _point(folder: Path) -> BenchRow:
    """One metric point, on the module-level call, against one bare write of 64 bytes."""
    fd = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    block = b"x" * 64

    def bare() -> None:
        for _ in range(POINTS):
            os.write(fd, block)

    def logged() -> None:
        for step in range(POINTS):
            rundiff.log_metric("loss", step * 0.37, step=step)

    with rundiff.start_run(store=folder / "points"):
        floor, cost = best_of_turns(bare, logged)
    os.close(fd)
    note = f"{cost / POINTS * 1e6:.2f} µs a point; bare write {floor / POINTS * 1e6:.2f} µs"
    return BenchRow(name="log_metric, one point", ratio=cost / floor, bar=4.0, note=note)


def _run(folder: Path) -> BenchRow:
    """A run with 20 params from start to finished record, against writing such a run.json plainly.

    Both make new files: a round that wrote over the files of the last one would leave out the
    floor's larger half, the making of a file, of which a run makes two and a folder.

    What the ratio depends on beside the code (2026-11): a run waits for the disk a dozen times and
    finds the caches cold after each, the floor never; a busy machine adds up to a third.
    And on ext4 without a journal a new file looks past each inode that was deleted in the last
    minutes: 76 µs instead of 9 after 1,500 deletions, once in the floor and three times in a run,
    each depending on where its folder lies. This measurement leaves some 4,000 behind, so that a
    second one right after it says something else. The files are made in the working directory,
    which may be on a file system of its own.
    """
    store = folder / "runs"
    params = {f"param_{number}": number / 7 for number in range(20)}

    def one() -> Path:
        with rundiff.start_run(store=store) as run:
            for key, value in params.items():
                rundiff.log_param(key, value)
        return run.folder

    document = json.loads((one() / "run.json").read_bytes())
    plain = folder / "plain"
    plain.mkdir()
    numbers = itertools.count()

    def floor_work() -> None:
        for number in itertools.islice(numbers, RUNS):
            with (plain / f"{number}.json").open("x") as file:
                file.write(json.dumps(document))

    def logged() -> None:
        for _ in range(RUNS):
            one()

    floor, cost = best_of_turns(floor_work, logged, rounds=40)
    note = f"{cost / RUNS * 1e3:.2f} ms a run; one plain file {floor / RUNS * 1e3:.3f} ms"
    return BenchRow(
        name="a run with 20 params, start to finished record",
        ratio=cost / floor,
        bar=10.0,
        note=note,
    )
