"""Assembling the relation against opening and reading the same files.

The floor walks the folders, opens every run.json and reads it, with nothing in between. The other
side goes from the same folders to the whole relation in Arrow columns, the texts of its rows among
them as dictionaries; starting and closing the engine is part of it. Both sides are timed in CPU
seconds, in turn, and the lowest of several rounds counts. Imports are not timed. The peak is that
of the process so far, so the sizes grow.
"""

from __future__ import annotations

import json
import os
import random
import resource
import tempfile
from pathlib import Path

from rundiff.assembly.build import CompareOptions, build_relation

from tests.bench.budget import BenchRow, best_of_turns

PARAMS, METRICS, TAGS = 50, 20, 10


def write_runs(store: Path, count: int) -> None:
    """Write runs as MLflow users do: one run.json in a folder each."""
    chance = random.Random(1)
    for place in range(count):
        run_id = f"{place:032x}"
        kinds = (
            lambda: chance.choice(["adam", "sgd", "rmsprop"]),
            lambda: chance.choice([0.1, 0.01, 0.001]),
            lambda: chance.randrange(1, 9),
            lambda: str(round(chance.random(), 3)),
        )
        start = 1_763_000_000_000 + place * 1_000
        document = {
            "run_uuid": run_id,
            "info": {
                "experiment_name": "bench",
                "run_name": f"run-{place}",
                "status": "FINISHED",
                "start_time": start,
                "end_time": start + 900,
            },
            "data": {
                "params": {f"param_{i}": kinds[i % 4]() for i in range(PARAMS)},
                "metrics": {f"metric_{i}": chance.random() for i in range(METRICS)},
                "tags": {f"tag_{i}": chance.choice("ab") for i in range(TAGS)},
            },
        }
        folder = store / "bench" / run_id
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(document))


def read_files(store: str) -> int:
    """Open and read everything below a folder; returns the number of bytes."""
    total = 0
    for folder, _, names in os.walk(store):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                total += len(file.read())
    return total


def assemble(store: str) -> int:
    """Read the runs and fetch their relation; returns the number of its rows."""
    rows: int = build_relation([store], CompareOptions()).num_rows
    return rows


def rows() -> list[BenchRow]:
    """Measure three sizes; the bars are for the first and the last."""
    found = []
    for count, bar, rounds in ((1_000, 6.0, 7), (3_000, 8.0, 5), (10_000, 8.0, 3)):
        with tempfile.TemporaryDirectory() as folder:
            write_runs(Path(folder), count)
            read_files(folder)
            assemble(folder)
            floor, ours = best_of_turns(
                lambda f=folder: read_files(f),  # type: ignore[misc]
                lambda f=folder: assemble(f),  # type: ignore[misc]
                rounds=rounds,
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        found.append(
            BenchRow(
                name=f"relation of {count:,} runs / opening and reading their files",
                ratio=ours / floor,
                bar=bar,
                note=f"{ours * 1e3:.0f} ms against {floor * 1e3:.0f} ms; peak {peak} MB",
            )
        )
    return found
