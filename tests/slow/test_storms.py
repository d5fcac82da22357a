"""Many processes, kills, forks and resumed runs at once: nothing is lost or mixed up."""

import itertools
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import rundiff
from rundiff.records.journal import read_segments
from rundiff.records.processes import is_process_alive
from rundiff.records.run import RunRecord, RunState
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches

from tests.slow.storm import Shared, Storm


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


def shown_states(store: Path) -> dict[str, str]:
    """Return what a report says of each run; "empty", if only that its journal is."""
    found = merge_batches(load_sources([str(store)], ReadOptions()))
    runs = found.tables["run"]
    states = zip(*(runs.column(name).to_pylist() for name in ("run_id", "state")), strict=True)
    return dict(states) | {
        problem.location.split("/")[-2]: "empty"
        for problem in found.problems
        if problem.message.startswith("is empty: ")
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "kills"), [(8, 60), pytest.param(64, 1_000, marks=pytest.mark.all)]
)
def test_a_storm_of_kills_loses_nothing_and_mixes_nothing(
    processes: int, kills: int, tmp_path: Path
) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    storm = Storm(tmp_path / "runs", processes, seed)
    storm.rage(kills)
    assert (storm.failures, storm.kills) == (0, kills)
    folders = list((tmp_path / "runs" / "Default").iterdir())
    journals = {folder.name: list(folder.glob("*.jsonl")) for folder in folders}
    is_empty = {  # a process that was killed at once
        name: not any(journal.stat().st_size for journal in found)
        for name, found in journals.items()
        if found
    }
    records = {folder.name: read(folder) for folder in folders if not is_empty.get(folder.name, 1)}
    logged = {run_id: series_of(record) for run_id, record in records.items()}
    total = 0
    for run_id, life, count in storm.counts():
        total += count
        series = logged[run_id].pop(f"life-{life}", []) if run_id in logged else []
        assert len(series) in (count, count + 1), (run_id, life)  # one was under way
        assert series == [(step, life + step / 7) for step in range(len(series))]
    assert total > 100 * kills
    assert not [left for left in logged.values() if left]  # no point where it does not belong
    for run_id, record in records.items():
        expected = storm.expected_state(run_id)
        possible = (RunState.COMPLETE, RunState.INTERRUPTED) if expected is None else (expected,)
        assert record.state in possible, run_id
        assert not [each for each in record.problems if each.severity == "error"]
        assert record.state is not RunState.COMPLETE or record.status == "finished"
    states = {run_id: record.state.value for run_id, record in records.items()}
    assert set(states.values()) == {"complete", "interrupted"}
    empty = {name: "empty" for name, is_so in is_empty.items() if is_so}
    assert shown_states(tmp_path / "runs") == states | empty


def writers(store: Path, count: int, acknowledged: Shared) -> Iterator[int]:
    """Start processes that log in bursts until they are killed, each to a run of its own.

    With pauses, since a report reads everything: without them it never catches up with 64.
    """
    for life in range(count):
        process = os.fork()
        if process == 0:
            chance = random.Random(life)
            steps = itertools.count()
            with rundiff.start_run(run_id=f"writer-{life:02}", store=store):
                while True:
                    for step in itertools.islice(steps, chance.randrange(40)):
                        rundiff.log_metric("loss", life + step / 7, step=step)
                        acknowledged[life] = step + 1
                    time.sleep(chance.random() * 0.5)
        yield process


def check_prefixes(store: Path, before: Sequence[int]) -> None:
    """Read the store as a report does: of each writer all that it had logged before, in order."""
    found = merge_batches(load_sources([str(store)], ReadOptions()))
    assert len(found.tables.run_ids) == len(before)
    assert set(found.tables["run"].column("state").to_pylist()) == {"running"}
    points, problems = found.load_points(found.tables.run_ids)
    assert problems == ()
    series: dict[str, list[tuple[float, float]]] = {}
    columns = [points.column(name).to_pylist() for name in ("run_id", "step", "value")]
    for run_id, step, value in zip(*columns, strict=True):
        series.setdefault(run_id, []).append((step, value))
    for life, count in enumerate(before):
        logged = series[f"writer-{life:02}"]
        assert len(logged) >= count
        assert logged == [(step, life + step / 7) for step in range(len(logged))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "reports"), [(8, 5), pytest.param(64, 50, marks=pytest.mark.all)]
)
def test_every_report_of_a_store_that_is_written_to_is_a_prefix_of_each_writer(
    count: int, reports: int, tmp_path: Path
) -> None:
    acknowledged = Shared()
    processes = list(writers(tmp_path / "runs", count, acknowledged))
    try:
        while not all(acknowledged[life] for life in range(count)):
            time.sleep(0.01)
        for _ in range(reports):
            check_prefixes(tmp_path / "runs", [acknowledged[life] for life in range(count)])
        before = [acknowledged[life] for life in range(count)]
        report = rundiff.compare(tmp_path / "runs")
        after = [acknowledged[life] for life in range(count)]
        report.to_html(tmp_path / "report.html")
        assert (tmp_path / "report.html").read_text().endswith("</html>\n")
        rows = [row for row in report.to_arrow().to_pylist() if row["key"] == "loss"]
        values = {row["run_id"]: row["number"] for row in rows}
        for life in range(count):
            shown = round((values[f"writer-{life:02}"] - life) * 7)
            assert before[life] <= shown + 1 <= after[life] + 1  # the next was under way
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
