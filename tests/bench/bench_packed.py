"""100,000 packed runs: list, filter, sort and pick ten, then read the histories of those ten.

The store holds ten packs of 10,000 runs (the most that one pack takes), each run with 20 params and
10 metrics; every hundredth has histories. Measured is what `rundiff list --where … --limit 10`
and a report on the ten do up to their histories: CPU seconds of this process and of any children
of it. The floor is pyarrow scanning the packed summary files, all columns of
metric_summary.parquet. Also at a tenth and a hundredth of the size, to show the growth.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from rundiff.assembly.reading import read_chosen
from rundiff.garbage import no_collection
from rundiff.records.metrics_parquet import sorted_points
from rundiff.records.run import Points, RunRecord, Summary
from rundiff.records.run_json import encode_run
from rundiff.selection.choose import SelectionOptions
from rundiff.sources.base import ReadOptions
from rundiff.sources.pack_writer import write_pack
from rundiff.sources.tree import Tree

from tests.bench.budget import BenchRow

if TYPE_CHECKING:
    from rundiff.sources.pack_writer import Row

PACKS = 10
SIZES = (100, 1_000, 10_000)  # runs of each pack
PARAMS, METRICS, POINTS, WITH_HISTORY = 20, 10, 50, 100
WHERE = "metrics.metric_0 > 0.5 and params.model = 'wide'"
PICKED = 10


def rows() -> list[BenchRow]:
    """Measure at three sizes; the bar is for the largest, the others show the growth."""
    measured: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        for size in SIZES:
            store = Path(folder) / str(size)
            write_store(store, size)
            measured.append(measure(store))
    counts = [f"{PACKS * size:,}" for size in SIZES]
    growth = ", ".join(
        f"{many}: {taken:.2f} s against {least:.3f} s"
        for many, (least, taken) in zip(counts, measured, strict=True)
    )
    least, taken = measured[-1]
    name = f"{counts[-1]} packed runs: list, filter, pick {PICKED}"
    note = f"{growth} for scanning metric_summary.parquet"
    return [BenchRow(name=name, ratio=taken / least, bar=2.0, note=note)]


def measure(store: Path) -> tuple[float, float]:
    """Return the CPU seconds of the floor and of ours."""
    files = sorted(store.glob("packed-*/metric_summary.parquet"))
    assert len(files) == PACKS

    def floor() -> None:
        for file in files:
            pq.read_table(file, use_threads=False)

    pairs = [(cpu_seconds(floor), cpu_seconds(lambda: pick(store))) for _ in range(3)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def pick(store: Path) -> None:
    options = SelectionOptions(where=WHERE, order_by=("metrics.metric_0 DESC",), limit=PICKED)
    with no_collection():
        merged, engine, chosen = read_chosen([str(store)], ReadOptions(), options)
    engine.close()
    assert len(chosen.runs) == PICKED
    assert merged.tables["param"].num_rows == PICKED * PARAMS
    series, points, problems = merged.load_series([run.run_id for run in chosen.runs])
    assert len(series) * POINTS + points.num_rows == PICKED * POINTS
    assert not problems


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of this process and of the children that it waited for."""
    before = time.process_time() + _of_children()
    work()
    return time.process_time() + _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_store(store: Path, size: int) -> None:
    """Write packs as `rundiff pack` does."""
    store.mkdir()
    chance = random.Random(size)
    tree = Tree(store)
    for pack in range(PACKS):
        runs = [_row(chance, f"sweep/run-{pack}-{number:05}", number) for number in range(size)]
        write_pack(tree, f".packing-{pack}", runs, lambda _: None)


def _row(chance: random.Random, path: str, number: int) -> Row:
    """Return a run; those with a history have the highest metrics of all."""
    has_history = number % WITH_HISTORY == 0
    points = Points()
    code = points.code("metric_0")
    for step in range(POINTS if has_history else 0):
        points.append(code, step, step, chance.random())
    summaries = {f"metric_{at}": Summary(last=chance.random(), points=0) for at in range(METRICS)}
    if has_history:
        best = 1 + chance.random()
        summaries["metric_0"] = Summary(last=best, last_step=POINTS - 1.0, points=POINTS)
    params: dict[str, object] = {f"param_{at}": chance.randrange(10) for at in range(PARAMS - 2)}
    params |= {"model": chance.choice(["wide", "deep"]), "learning_rate": chance.random()}
    if has_history:
        params["model"] = "wide"
    record = RunRecord(
        run_id=path.rpartition("/")[2], nonce=f"{chance.getrandbits(96):024x}", experiment="sweep",
        name=f"trial {number}", status="finished", start_time=1_763_000_000_000 + number,
        params=params, points=points, summaries=summaries,
    )  # fmt: skip

    def load_points() -> pa.Table:
        return sorted_points(points)

    return path, record, encode_run(record), load_points
