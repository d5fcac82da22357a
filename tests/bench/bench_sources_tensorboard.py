"""Event files: one million scalars, read whole, against tensorboard's own EventAccumulator.

The file is written by tensorboard (in an environment of its own, made on the first run), ten
metrics of 100,000 steps. Both sides read it in a fresh process and are timed from the open file to
all points in memory, imports left out; EventAccumulator without sampling (``size_guidance`` 0),
which is what equal work takes. The sums of steps and values must agree.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.bench.budget import BenchRow

SCALARS = 1_000_000
BAR = 5.0
ROUNDS = 2
ENVIRONMENT = Path.home() / ".cache" / "rundiff-bench" / "tensorboard"

WRITE = """
import random, sys
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter
draw = random.Random(1).random
with open(sys.argv[1], "wb") as file:
    writer = RecordWriter(file)
    writer.write(Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString())
    for step in range(int(sys.argv[2]) // 10):
        for key in range(10):
            value = Summary.Value(tag=f"train/metric_{key}", simple_value=draw())
            event = Event(wall_time=1.7e9 + step / 100, step=step, summary=Summary(value=[value]))
            writer.write(event.SerializeToString())
"""

ACCUMULATE = """
import json, sys, time
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
start = time.process_time()
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
points = [point for tag in events.Tags()["scalars"] for point in events.Scalars(tag)]
seconds = time.process_time() - start
print(json.dumps([seconds, len(points), sum(point.step for point in points),
                  sum(point.value for point in points)]))
"""

READ = """
import json, sys, time
import pyarrow.compute as pc
from rundiff.sources import tensorboard
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
start = time.process_time()
(batch,) = load_sources([sys.argv[1]], ReadOptions(), formats=[tensorboard.FORMAT]).batches
points = batch.load_points(batch.tables.run_ids)
seconds = time.process_time() - start
print(json.dumps([seconds, points.num_rows, pc.sum(points["step"]).as_py(),
                  pc.sum(points["value"]).as_py()]))
"""


def rows() -> list[BenchRow]:
    """Measure, the two in turns."""
    python = _environment()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "events.out.tfevents.1700000000.bench")
        _run(python, WRITE, str(file), str(SCALARS))
        floor, ours = [], []
        for _ in range(ROUNDS):
            floor.append(json.loads(_run(python, ACCUMULATE, folder)))
            ours.append(json.loads(_run(Path(sys.executable), READ, folder)))
    theirs, mine = min(floor), min(ours)
    if theirs[1:3] != mine[1:3] or abs(theirs[3] - mine[3]) > 1e-3:
        raise AssertionError(f"not the same points: {theirs} and {mine}")
    note = f"EventAccumulator {theirs[0]:.1f} s, rundiff {mine[0]:.2f} s of CPU; equal sums"
    return [
        BenchRow(
            name="TensorBoard: 1 M scalars read, times as fast as EventAccumulator",
            ratio=theirs[0] / mine[0],
            bar=BAR,
            note=note,
            at_least=True,
        )
    ]


def _environment() -> Path:
    """Return the Python of an environment that has tensorboard; made where it is absent."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    try:
        _run(python, "import tensorboard.backend.event_processing.event_accumulator")
    except subprocess.CalledProcessError:
        command = [str(python), "-m", "pip", "install", "--quiet", "tensorboard>=2.16"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return python


def _run(python: Path, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout
