"""Many processes, kills, forks and resumed runs at once: nothing acknowledged is lost or mixed up.

Each life of a process logs a metric of its own and says, through shared memory, how many calls have
returned; so each point can be traced to who wrote it and whether it had to be there.
"""

import mmap
import os
import random
import signal
import struct
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import rundiff
from rundiff.records.journal import read_segments
from rundiff.records.processes import is_process_alive
from rundiff.records.run import RunRecord, RunState
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches

MOST_LIVES = 100_000


class Acknowledged:
    """How many points of each life have been acknowledged, seen by all processes."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8 * MOST_LIVES)

    def __getitem__(self, life: int) -> int:
        count: int = struct.unpack_from("<q", self._shared, 8 * life)[0]
        return count

    def __setitem__(self, life: int, count: int) -> None:
        struct.pack_into("<q", self._shared, 8 * life, count)


def log_on(acknowledged: Acknowledged, life: int, most: int) -> None:
    for step in range(most):
        rundiff.log_metric(f"life-{life}", life + step / 7, step=step)
        acknowledged[life] = step + 1


def live(acknowledged: Acknowledged, life: int, run_id: str, store: Path) -> None:
    """Log to a run, new or resumed, in this process and in a forked child; ends it in time."""
    chance = random.Random(life)
    with rundiff.start_run(run_id=run_id, store=store):
        log_on(acknowledged, life, chance.randrange(50))
        if chance.random() < 0.4 and os.fork() == 0:
            log_on(acknowledged, life + 1, chance.randrange(300))
            os._exit(0)
        log_on_from = acknowledged[life]
        for step in range(log_on_from, log_on_from + chance.randrange(2_000)):
            rundiff.log_metric(f"life-{life}", life + step / 7, step=step)
            acknowledged[life] = step + 1


class Storm:
    """Keeps so many processes logging, and kills them at random."""

    def __init__(self, store: Path, processes: int, seed: int) -> None:
        self.acknowledged = Acknowledged()
        self.runs: dict[int, str] = {}  # life → the run it logged to
        self.kills = self.failures = 0
        self._store, self._processes = store, processes
        self._chance = random.Random(seed)
        self._alive: dict[int, str] = {}
        self._idle: list[str] = []
        self._lives = 0

    def rage(self, kills: int) -> None:
        """Go on until so many processes were killed, then let the others end."""
        while self.kills < kills:
            while len(self._alive) < self._processes:
                self._start()
            time.sleep(self._chance.random() * 0.01)
            victim = self._chance.choice(list(self._alive))
            os.kill(victim, signal.SIGKILL)
            self._wait(victim)
            self.kills += 1
            for process in list(self._alive):
                self._wait(process, os.WNOHANG)
        for process in list(self._alive):
            self._wait(process)

    def _start(self) -> None:
        is_resumed = self._idle and self._chance.random() < 0.5
        run_id = self._idle.pop() if is_resumed else f"run-{self._lives}"
        life, self._lives = self._lives, self._lives + 2  # the second is for its child
        self.runs[life] = self.runs[life + 1] = run_id
        process = os.fork()
        if process == 0:
            try:
                live(self.acknowledged, life, run_id, self._store)
            except BaseException:  # noqa: BLE001 - or the child would go on as a second pytest
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        self._alive[process] = run_id

    def _wait(self, process: int, options: int = 0) -> None:
        ended, status = os.waitpid(process, options)
        if ended:
            self._idle.append(self._alive.pop(process))
            self.failures += os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0


def read(folder: Path) -> RunRecord:
    segments = [(path.name, path.read_bytes()) for path in folder.glob("*.jsonl")]
    (record,) = read_segments(segments, run_id=folder.name, is_alive=is_process_alive)
    return record


def series_of(record: RunRecord) -> dict[str, list[tuple[float, float]]]:
    points = record.points
    found: dict[str, list[tuple[float, float]]] = {}
    for key, step, value in zip(points.keys, points.steps, points.values, strict=True):
        found.setdefault(points.names[key], []).append((step, value))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "kills"), [(8, 60), pytest.param(64, 1_000, marks=pytest.mark.all)]
)
def test_a_storm_of_kills_loses_nothing_and_mixes_nothing(
    processes: int, kills: int, tmp_path: Path
) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    storm = Storm(tmp_path, processes, seed)
    storm.rage(kills)
    assert storm.failures == 0
    time.sleep(0.5)  # for the children of killed parents
    folders = list((tmp_path / "Default").iterdir())  # one may be empty: killed at once
    records = {folder.name: read(folder) for folder in folders if any(folder.iterdir())}
    logged = {run_id: series_of(record) for run_id, record in records.items()}
    total = 0
    for life, run_id in storm.runs.items():
        count = storm.acknowledged[life]
        total += count
        series = logged[run_id].pop(f"life-{life}", []) if run_id in logged else []
        assert len(series) in (count, count + 1), (run_id, life)  # one was under way
        assert series == [(step, life + step / 7) for step in range(len(series))]
    assert total > 100
    assert not [left for left in logged.values() if left]  # no point where it does not belong
    for record in records.values():
        assert record.state in (RunState.COMPLETE, RunState.INTERRUPTED)
        assert not [each for each in record.problems if each.severity == "error"]
        is_finished = record.status == "finished"
        assert record.state is not RunState.COMPLETE or is_finished
    assert {record.state for record in records.values()} == {
        RunState.COMPLETE, RunState.INTERRUPTED,
    }  # fmt: skip


def writers(store: Path, count: int, acknowledged: Acknowledged) -> Iterator[int]:
    """Start processes that log until they are killed, each to a run of its own."""
    for life in range(count):
        process = os.fork()
        if process == 0:
            with rundiff.start_run(run_id=f"writer-{life:02}", store=store):
                for step in range(1 << 40):
                    rundiff.log_metric("loss", life + step / 7, step=step)
                    acknowledged[life] = step + 1
                    time.sleep(0.0005)
        yield process


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "reports"), [(8, 5), pytest.param(64, 50, marks=pytest.mark.all)]
)
def test_every_report_of_a_store_that_is_written_to_is_a_prefix_of_each_writer(
    count: int, reports: int, tmp_path: Path
) -> None:
    acknowledged = Acknowledged()
    processes = list(writers(tmp_path / "runs", count, acknowledged))
    try:
        while not all(acknowledged[life] for life in range(count)):
            time.sleep(0.01)
        for _ in range(reports):
            before = [acknowledged[life] for life in range(count)]
            found = merge_batches(load_sources([str(tmp_path / "runs")], ReadOptions()))
            assert len(found.tables.run_ids) == count
            states = set(found.tables["run"].column("state").to_pylist())
            assert states == {"running"}
            points, problems = found.load_points(found.tables.run_ids)
            assert problems == ()
            rows: dict[str, list[tuple[float, float]]] = {}
            for row in points.to_pylist():
                rows.setdefault(row["run_id"], []).append((row["step"], row["value"]))
            for life in range(count):
                series = rows[f"writer-{life:02}"]
                assert len(series) >= before[life]
                assert series == [(step, life + step / 7) for step in range(len(series))]
        rundiff.compare(tmp_path / "runs").to_html(tmp_path / "report.html")
        assert (tmp_path / "report.html").read_text().endswith("</html>\n")
    finally:
        for process in processes:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def test_a_report_killed_half_written_leaves_the_old_one(tmp_path: Path) -> None:
    from rundiff.render.files import write_file

    path = tmp_path / "report.html"
    mark = b'<meta name="generator" content="rundiff 0">'
    old, new = mark + b"old" * 100_000, mark + b"new" * 100_000
    at, is_killed = 0, True
    seen = set()
    while is_killed:
        at += 1
        path.write_bytes(old)
        child = os.fork()
        if child == 0:
            made = 0
            for name in ("open", "fdopen", "fsync", "fchmod", "rename", "replace", "close"):
                real = getattr(os, name)

                def call(*arguments: object, real: object = real, **options: object) -> object:
                    nonlocal made
                    made += 1
                    if made == at:  # noqa: B023 - in a child of its own
                        os.kill(os.getpid(), signal.SIGKILL)
                    return real(*arguments, **options)  # type: ignore[operator]

                setattr(os, name, call)
            write_file(path, new, force=False)
            os._exit(0)
        is_killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert path.read_bytes() in (old, new)
        seen.add(path.read_bytes())
    assert seen == {old, new}
    assert at > 3


def test_a_clock_that_is_set_back_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time_ns
    with rundiff.start_run(store=tmp_path, run_id="skewed"):
        rundiff.log_metric("loss", 0.5, step=1)
        monkeypatch.setattr(time, "time_ns", lambda: real() - 3_600 * 10**9)
        rundiff.log_metric("loss", 0.25, step=2)
    monkeypatch.setattr(time, "time_ns", real)
    record = read(tmp_path / "Default" / "skewed")
    assert [each.message for each in record.problems] == [
        "the clock went backwards: the end is before the start"
    ]
    assert (record.state, list(record.points.values)) == (RunState.COMPLETE, [0.5, 0.25])
