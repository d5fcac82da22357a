"""What survives kill -9, fork, a storm of processes, a full disk and signals."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import rundiff
from rundiff.records.journal import read_segments
from rundiff.records.run import RunRecord, RunState

from .conftest import Load, Script, journal_of

# Forks a trainer again and again; each tells through shared memory how many calls have returned,
# and is killed at a random moment. Forking a warm process keeps 200 kills within seconds.
STORM = """
import mmap, os, random, signal, struct, sys, time
import rundiff
from rundiff.tracking import api

kills, store, chance = int(sys.argv[1]), sys.argv[2], random.Random(int(sys.argv[3]))
rundiff.set_store(store)
for number in range(kills):
    shared = mmap.mmap(-1, 16)
    child = os.fork()
    if child == 0:
        run = rundiff.start_run(run_id=f"run-{number}")
        step = 0
        while True:
            rundiff.log_metric("loss", step / 7, step=step)
            step += 1
            shared[:8] = struct.pack("<q", step)
    while not struct.unpack("<q", shared[:8])[0]:
        time.sleep(0.0005)
    time.sleep(chance.random() * 0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print(number, struct.unpack("<q", shared[:8])[0], flush=True)
"""


def read(folder: Path) -> RunRecord:
    (record,) = read_segments(journal_of(folder), run_id=folder.name)
    return record


@pytest.mark.parametrize("kills", [200, pytest.param(1_000, marks=pytest.mark.all)])
def test_kill_9_loses_nothing_that_was_acknowledged(kills: int, tmp_path: Path) -> None:
    seed = str(random.randrange(1 << 30))
    print("seed", seed)
    done = subprocess.run(
        [sys.executable, "-c", STORM, str(kills), str(tmp_path), seed],
        capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    acknowledged = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert len(acknowledged) == kills
    for number, count in acknowledged:
        run = read(tmp_path / "Default" / f"run-{number}")
        assert len(run.points) in (count, count + 1)
        assert list(run.points.values[:count]) == [step / 7 for step in range(count)]
        assert run.state is RunState.INTERRUPTED
        assert not [problem for problem in run.problems if problem.severity == "error"]


def test_a_forked_child_writes_a_segment_of_its_own(store: Path, load: Load) -> None:
    with rundiff.start_run() as run:
        for step in range(5):
            rundiff.log_metric("parent", 0.5, step=step)
        child = os.fork()
        if child == 0:
            for step in range(5):
                rundiff.log_metric("child", 0.25, step=step)
            os._exit(0)
        os.waitpid(child, 0)
        rundiff.log_metric("parent", 0.5, step=5)
    (record,) = load()
    assert {name: s.points for name, s in record.summaries.items()} == {"parent": 6, "child": 5}
    assert len(list(run.folder.glob("*.jsonl"))) == 2
    assert record.status == "finished"
    assert record.state is RunState.INTERRUPTED  # the child vanished without a word


def test_workers_of_multiprocessing_end_their_segments(script: Script, load: Load) -> None:
    script(
        """
        import multiprocessing, os, rundiff

        def work(number):
            rundiff.log_metric(f"worker{number}", 0.5, step=number)

        with rundiff.start_run():
            context = multiprocessing.get_context("fork")
            workers = [context.Process(target=work, args=(n,)) for n in range(3)]
            [worker.start() for worker in workers]
            [worker.join() for worker in workers]
        """
    )
    (run,) = load()
    assert set(run.summaries) == {"worker0", "worker1", "worker2"}
    assert (run.state, run.status, len(run.segments)) == (RunState.COMPLETE, "finished", 4)


def test_a_child_that_logs_nothing_leaves_no_trace(store: Path, load: Load) -> None:
    with rundiff.start_run() as run:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    assert len(list(run.folder.glob("*.jsonl"))) == 1
    assert load()[0].state is RunState.COMPLETE


def test_many_processes_log_to_one_store_and_one_run(store: Path, load: Load) -> None:
    text = (
        "import sys, rundiff\n"
        "number, store = int(sys.argv[1]), sys.argv[2]\n"
        "with rundiff.start_run(run_id='shared', store=store):\n"
        "    for step in range(200): rundiff.log_metric(f'rank{number}', step / 3, step=step)\n"
        "with rundiff.start_run(name=f'own{number}', store=store):\n"
        "    rundiff.log_param('number', number)\n"
    )
    ranks = [subprocess.Popen([sys.executable, "-c", text, str(n), str(store)]) for n in range(8)]
    assert [rank.wait(60) for rank in ranks] == [0] * 8
    runs = {run.name or run.run_id: run for run in load()}
    assert len(runs) == 9
    (shared,) = [run for run in runs.values() if run.run_id == "shared"]
    assert {s.points for s in shared.summaries.values()} == {200}
    assert len(shared.summaries) == 8
    assert (shared.state, shared.status) == (RunState.COMPLETE, "finished")
    assert not [p for p in shared.problems if p.severity == "error"]


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", "finished"),
        ("raise ValueError('boom')", "failed"),
        ("raise KeyboardInterrupt", "killed"),
        ("sys.exit(0)", "finished"),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(10)", "killed"),
    ],
)
@pytest.mark.parametrize("is_block", [True, False])
def test_how_a_script_ends_is_its_runs_status(
    ending: str, status: str, is_block: bool, script: Script, load: Load
) -> None:
    opening = "with rundiff.start_run():" if is_block else "rundiff.start_run()\nif True:"
    done = script(
        f"import os, rundiff, signal, sys, time\n{opening}\n"
        f"    rundiff.log_param('lr', 0.5)\n    {ending or 'pass'}\n",
        check=False,
    )
    (run,) = load()
    assert (run.status, run.state) == (status, RunState.COMPLETE)
    assert run.params == {"lr": 0.5}
    if "SIGTERM" in ending:
        assert done.returncode == -signal.SIGTERM
    if "boom" in ending:
        assert isinstance(run.environment["exception"], dict)
        assert run.environment["exception"]["message"] == "boom"


def test_ctrl_c_is_killed_and_loses_nothing(script: Script, load: Load, store: Path) -> None:
    path = store.parent / "loop.py"
    path.write_text(
        "import rundiff, signal\n"
        # A shell starts what it puts into the background with this signal ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with rundiff.start_run():\n"
        "    step = 0\n"
        "    while True:\n"
        "        rundiff.log_metric('loss', step / 3, step=step)\n"
        "        step += 1\n"
        "        if step == 100: print('going', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(path)], cwd=store.parent, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.wait(30)
    process.stdout.close()
    (run,) = load()
    assert (run.status, run.state) == ("killed", RunState.COMPLETE)
    assert list(run.points.steps) == [float(step) for step in range(len(run.points))]
    assert not [problem for problem in run.problems if problem.severity == "error"]


class Syncs:
    """Notes what is synced and renamed, by name; a folder's sync makes names in it last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        for name in ("fsync", "fdatasync"):
            monkeypatch.setattr(os, name, self._noting(getattr(os, name)))
        rename = os.rename

        def named(old: str, new: str) -> None:
            rename(old, new)
            self.done.append(f"name {new}")

        monkeypatch.setattr(os, "rename", named)

    def _noting(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def call(fd: int) -> None:
            real(fd)
            self.done.append(os.readlink(f"/proc/self/fd/{fd}"))

        return call


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of descriptors need /proc")
def test_all_of_an_ended_run_is_synced_when_end_run_returns(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = Syncs(monkeypatch)
    with rundiff.start_run() as run:
        rundiff.log_param("lr", 0.5)
    (journal,) = run.folder.glob("*.jsonl")
    done = syncs.done
    named = done.index(f"name {run.folder}/run.json")
    assert done[named - 1].startswith(f"{run.folder}/.run.json")  # its bytes before its name
    last = {name: len(done) - done[::-1].index(name) for name in set(done)}
    assert last[str(journal)]
    assert last[str(run.folder)] > named
    assert last[str(run.folder.parent)] > named
    assert str(store) in done  # the experiment's folder is new, too
    assert str(store.parent) in done


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="names of descriptors need /proc")
def test_a_run_that_gets_no_records_yet_is_synced_all_the_same(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "import sys, rundiff\n"
        "run = rundiff.start_run(run_id='shared', store=sys.argv[1])\n"
        "print('on', flush=True)\nsys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", text, str(store)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout is not None
    assert other.stdout.readline() == "on\n"
    syncs = Syncs(monkeypatch)
    with rundiff.start_run(run_id="shared") as run:
        rundiff.log_param("rank", 1)
    assert not (run.folder / "run.json").exists()
    (journal,) = [path for path in run.folder.glob("*.jsonl") if f"-{os.getpid()}-" in path.name]
    assert syncs.done[-3:] == [str(journal), str(run.folder), str(run.folder.parent)]
    other.communicate("")
    assert (run.folder / "run.json").exists()


class Disk:
    """Makes system calls fail: the call with number ``at`` and as many after it as ``lasting``."""

    CALLS = ("write", "open", "fsync", "fdatasync", "mkdir", "rename")

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, at: int, lasting: int, error: int
    ) -> None:
        self.count = 0
        self._at, self._lasting, self._error = at, lasting, error
        for name in self.CALLS:
            monkeypatch.setattr(os, name, self._failing(name, getattr(os, name)))

    def _failing(self, name: str, real: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: object, **options: object) -> int:
            number = self.count
            self.count += 1
            if not self._at <= number < self._at + self._lasting:
                return real(*arguments, **options)
            if self._error == 0 and name == "write":  # a short write
                data = bytes(arguments[1])  # type: ignore[call-overload]
                return real(arguments[0], data[: len(data) // 2])
            raise OSError(self._error or errno.ENOSPC, "no")

        return call


def train() -> None:
    for step in range(10):
        rundiff.log_metric("loss", step / 3, step=step)
    rundiff.log_param("after", 1)
    rundiff.log_metrics({"acc": 0.5, "f1": 0.25}, step=3)
    rundiff.log_text("hello", "notes.txt")


ERRORS = [errno.ENOSPC, errno.EIO, errno.EINTR, errno.EDQUOT, errno.ESTALE, 0]


@pytest.mark.parametrize("error", ERRORS, ids=[errno.errorcode.get(e, "short") for e in ERRORS])
@pytest.mark.parametrize("lasting", [1, 4])
def test_a_failing_call_anywhere_never_reaches_the_training(
    error: int, lasting: int, store: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = 1
    at = 0
    while at < total:
        with monkeypatch.context() as patched:
            run = rundiff.start_run(run_id=f"at-{at}") if at % 2 else None
            disk = Disk(patched, at=at, lasting=lasting, error=error)
            run = run or rundiff.start_run(run_id=f"at-{at}")
            train()
            rundiff.end_run()
        total = max(total, disk.count)
        at += 1
    assert total > 15
    for record in load():
        stored = sum(s.points or 0 for s in record.summaries.values())
        assert stored + record.lost >= 12, record.run_id
        assert stored + record.lost <= 13, record.run_id  # and perhaps the artifact
        if record.lost:
            assert record.state is RunState.DAMAGED
            assert any("could not be written" in p.message for p in record.problems)
        if record.status == "finished":
            assert record.params == {"after": 1}


def test_a_full_disk_keeps_what_is_old_and_says_what_is_missing(
    store: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rundiff.start_run():
        for step in range(5):
            rundiff.log_metric("loss", 0.5, step=step)
        with monkeypatch.context() as patched:
            Disk(patched, at=0, lasting=10**9, error=errno.ENOSPC)
            for step in range(5, 105):
                rundiff.log_metric("loss", 0.5, step=step)
            rundiff.log_param("kept", "yes")
            assert rundiff.sync() is False
        rundiff.log_metric("loss", 0.5, step=105)
        assert rundiff.sync() is True
    (run,) = load()
    assert list(run.points.steps) == [0, 1, 2, 3, 4, 105]
    assert run.params == {"kept": "yes"}
    assert run.lost == 100
    assert "100 records could not be written (ENOSPC)" in [p.message for p in run.problems]


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can only be mounted by root")
def test_a_small_file_system_that_fills_up(script: Script, store: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a file system")
    try:
        script(
            f"""
            import os, rundiff
            ballast = open({str(small / "ballast")!r}, "wb")
            with rundiff.start_run(store={str(small)!r}):
                for step in range(500): rundiff.log_metric("loss", 0.5, step=step)
                try:
                    ballast.write(b"x" * 300_000); ballast.flush()
                except OSError:
                    pass
                for step in range(500, 4000): rundiff.log_metric("loss", 0.5, step=step)
                os.unlink(ballast.name); os.truncate(ballast.fileno(), 0)
                for step in range(4000, 4100): rundiff.log_metric("loss", 0.5, step=step)
            """
        )
        (folder,) = {path.parent for path in small.glob("*/*/*.jsonl")}
        run = read(folder)
        assert run.lost > 1_000
        assert len(run.points) + run.lost == 4_100
        assert list(run.points.steps[:500]) == [float(step) for step in range(500)]
        assert list(run.points.steps[-100:]) == [float(step) for step in range(4_000, 4_100)]
        assert (run.state, run.status) == (RunState.DAMAGED, "finished")
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_store_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="Not a directory"):
        rundiff.start_run(store=tmp_path / "file" / "runs")
    assert rundiff.active_run() is None


def test_the_background_makes_a_running_run_durable_and_shows_its_heart(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fdatasync

    def counted(fd: int) -> None:
        synced.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", counted)
    with rundiff.start_run() as run:
        rundiff.log_metric("loss", 0.5, step=1)
        deadline = time.monotonic() + 20
        while not synced and time.monotonic() < deadline:
            time.sleep(0.02)
        assert synced
        assert "environment" in next(run.folder.glob("*.jsonl")).read_text()


def test_logging_imports_nothing_heavy(script: Script) -> None:
    done = script(
        """
        import sys, rundiff
        with rundiff.start_run():
            rundiff.log_metric("loss", 0.5, step=1)
        heavy = {"duckdb", "pyarrow", "numpy", "pandas", "plotly", "jinja2", "markdown_it", "rich"}
        print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
        """
    )
    assert done.stdout == "[]\n"


def test_a_program_that_knows_no_pyarrow_still_gets_its_history_as_parquet(
    script: Script, store: Path
) -> None:
    script("import rundiff\nwith rundiff.start_run(): rundiff.log_metric('loss', 0.5, step=1)\n")
    (folder,) = {path.parent for path in store.glob("*/*/*.jsonl")}
    import pyarrow.parquet as pq

    assert pq.read_table(folder / "metrics.parquet").column("value").to_pylist() == [0.5]


def test_logging_needs_no_call_that_macos_lacks(
    store: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fdatasync")
    with rundiff.start_run() as run:
        rundiff.log_metric("loss", 0.5, step=1)
        assert run.sync()
    (record,) = load()
    assert (record.status, list(record.points.steps)) == ("finished", [1])


@pytest.mark.parametrize("is_taken", [True, False])
def test_ctrl_c_at_the_lock_leaves_it_open_to_other_threads(
    is_taken: bool, store: Path, load: Load
) -> None:
    class Interrupted:
        """A lock whose taking is interrupted, once it is taken or before."""

        def __init__(self, real: threading.RLock) -> None:
            self.real = real
            self.release = real.release

        def acquire(self) -> None:
            if is_taken:
                self.real.acquire()
            raise KeyboardInterrupt

    with rundiff.start_run() as run:
        rundiff.log_metric("loss", 0.5, step=1)
        lock = run.segment._lock
        run.segment._lock = Interrupted(lock)  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            rundiff.log_metric("loss", 0.5, step=2)
        run.segment._lock = lock
        other = threading.Thread(target=run.log_metric, args=("loss", 0.5, 3), daemon=True)
        other.start()
        other.join(10)
        assert not other.is_alive()
    (record,) = load()
    assert list(record.points.steps) == [1, 3]
