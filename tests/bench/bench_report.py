"""The whole command against a bare Python, and what the page weighs.

The command runs from an environment that holds rundiff and what it depends on, nothing else: numpy
or pandas, where installed, are imported by duckdb and pyarrow themselves and are not ours to count.
Every process is timed by what the kernel says it used (user + system, children included).
"""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import rundiff

from tests.bench.budget import BenchRow

ROUNDS = 7
RUNS, PARAMS, TAGS, CHARTS, STEPS = 10, 50, 10, 20, 1_000
REPOSITORY = Path(__file__).parents[2]


def rows() -> list[BenchRow]:
    python = prepare_environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = "import sys; from tests.bench import bench_report as b; b.write_runs(sys.argv[1])"
        subprocess.run([python, "-c", log, str(folder / "runs")], cwd=REPOSITORY, check=True)
        bare = [sys.executable, "-I", "-c", "pass"]
        report = [python, "-m", "rundiff", "report", "runs", "-o", "report.html", "--force"]
        floor, help_cost, cost = best_of(
            [bare, [python, "-m", "rundiff", "--help"], report], folder
        )
        size = (folder / "report.html").stat().st_size
        empty = write_empty_report(python, folder)
    return [
        BenchRow(
            name="`rundiff --help`",
            ratio=help_cost / floor,
            bar=3,
            note=f"{help_cost * 1e3:.0f} ms against {floor * 1e3:.0f} ms of bare Python",
        ),
        BenchRow(
            name="`rundiff report`, 10 runs × 80 keys + 20 charts × 1,000 steps",
            ratio=cost / floor,
            bar=60,
            note=f"{cost:.2f} s of CPU, the whole process",
        ),
        BenchRow(
            name="its report.html", ratio=size / 1e6, bar=1.0, unit="MB", note=f"{size:,} bytes"
        ),
        BenchRow(
            name="report.html of one run without metrics",
            ratio=empty / 1e6,
            bar=0.75,
            unit="MB",
            note=f"{empty:,} bytes",
        ),
    ]


def prepare_environment() -> str:
    """Return the Python of an environment with rundiff alone, made once in the cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "rundiff-bench" / "plain"
    python = str(home / "bin" / "python")
    if not home.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    quiet = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*quiet, "--force-reinstall", "--no-deps", str(REPOSITORY)], check=True)
    subprocess.run([*quiet, str(REPOSITORY)], check=True)
    return python


def write_runs(store: str) -> None:
    """Log the runs: curves that fall with noise, which is what compresses worst."""
    chance = random.Random(1)
    for number in range(RUNS):
        with rundiff.start_run(store=store, experiment="bench", run_name=f"run-{number}") as run:
            run.log_params({f"param_{i}": chance.choice([i, i + 1]) for i in range(PARAMS)})
            run.set_tags({f"tag_{i}": chance.choice("ab") for i in range(TAGS)})
            for step in range(STEPS):
                fall = math.exp(-step / 300)
                run.log_metrics(
                    {f"part/{i}": fall + chance.gauss(0, 0.05) for i in range(CHARTS)}, step=step
                )


def write_empty_report(python: str, folder: Path) -> int:
    """Return the size of a report with next to nothing in it."""
    (folder / "one.json").write_text('{"run_id": "a", "params": {"lr": 1}}')
    command = [python, "-m", "rundiff", "report", "one.json", "-o", "one.html", "--force"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "one.html").stat().st_size


def best_of(commands: Sequence[Sequence[str]], folder: Path) -> list[float]:
    """Return the best CPU seconds of each command, measured in turns."""
    best = [math.inf] * len(commands)
    for _ in range(ROUNDS):
        for place, command in enumerate(commands):
            best[place] = min(best[place], cpu_of(command, folder))
    return best


def cpu_of(command: Sequence[str], folder: Path) -> float:
    """Return the CPU seconds that one process and its children take."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    stderr = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {stderr.decode()[-500:]}")
    return used.ru_utime + used.ru_stime
