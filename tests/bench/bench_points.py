"""Long histories: 20 million metric points of a store, to what the page's charts are given.

Twenty runs of ten metrics, at three sizes: 1,000, 10,000 and 100,000 points a series. Measured is
the way from the closed files to the payload (reading, ordering, choosing points, packing), against
pyarrow reading the two columns (step, value) of the same files, in CPU seconds of this process.
Peak memory is that of a process of its own which does the same. Before that the payload is decoded
and held against DuckDB, which computes the extremes of every pixel column by another way.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import resource
import struct
import subprocess
import sys
import tempfile
from array import array
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from rundiff.assembly.parts import build_series
from rundiff.charts.curves import choose_curves
from rundiff.charts.payload import LEVELS, VALUE_STEP, Payload, build_payload
from rundiff.comparison import Series
from rundiff.records.arrays import repeated_text
from rundiff.records.metrics_parquet import SCHEMA, encode_table
from rundiff.records.run import RunRecord, SegmentDigest, Summary
from rundiff.records.run_json import encode_run
from rundiff.relation import load_runs
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import MergedRuns, merge_batches

from tests.bench.budget import BenchRow, best_of_turns
from tests.factories import Recorded, make_comparison

RUNS, METRICS = 20, 10
SIZES = (1_000, 10_000, 100_000)
START = 1_763_000_000_000_000
NAME = "tests.bench.bench_points"


def rows() -> list[BenchRow]:
    """Measure at three sizes; the bar is for the largest, the others show the growth."""
    measured: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        for size in SIZES:
            store = Path(folder) / str(size)
            write_store(store, size)
            measured.append(measure(store, size))
        peak = int(subprocess.check_output([sys.executable, "-m", NAME, str(store)])) / 1e6
    points = [f"{RUNS * METRICS * size / 1e6:g} M" for size in SIZES]
    growth = ", ".join(
        f"{many}: {taken:.2f} s against {least:.2f} s"
        for many, (least, taken) in zip(points, measured, strict=True)
    )
    least, taken = measured[-1]
    return [
        BenchRow(name=f"{points[-1]} points to chart payload", ratio=taken / least, bar=6.0,
                 note=f"{growth} for pyarrow reading step and value"),
        BenchRow(name=f"{points[-1]} points to chart payload, peak memory", ratio=peak, unit="GB",
                 bar=2.0, note="of a process that reads the store"),
    ]  # fmt: skip


def measure(store: Path, size: int) -> tuple[float, float]:
    """Return the CPU seconds of the floor and of ours."""
    files = sorted(store.glob("*/*/metrics.parquet"))
    merged = merge_batches(load_sources([str(store)], ReadOptions()))
    check(chart_payload(merged), files, size)

    def floor() -> None:
        for file in files:
            pq.read_table(file, columns=["step", "value"], use_threads=False)

    return best_of_turns(floor, lambda: chart_payload(merged), rounds=4)


def chart_payload(merged: MergedRuns) -> Payload:
    series = histories(merged)
    comparison = replace(make_comparison(Recorded(name="one")), series=series)
    curves = choose_curves(comparison, list(series))
    return build_payload(curves, {run_id: at for at, run_id in enumerate(ids(merged))})


def histories(merged: MergedRuns) -> dict[str, tuple[Series, ...]]:
    ordered, points, met = merged.load_series(ids(merged))
    assert not met
    with closing(load_runs(merged.tables, ids(merged))) as engine:
        return build_series(engine, points, ids(merged), ordered=ordered)


def ids(merged: MergedRuns) -> list[str]:
    return list(merged.tables.run_ids)


def check(payload: Payload, files: list[Path], size: int) -> None:
    """See to it that every pixel column's extremes are in the payload, and are what they were."""
    items = json.loads(gzip.decompress(base64.b64decode(payload["items"])))
    assert len(items) == RUNS * METRICS
    assert {item["of"] for item in items} == {size}
    places = {file.parent.name: at for at, file in enumerate(files)}
    columns = payload["columns"][0]
    expected = duckdb.execute(
        "SELECT parse_path(filename)[-2] AS run, key, least(floor((step - first) * $columns"
        " / (last - first)), $columns - 1) AS pixel, min(value) AS low, max(value) AS high,"
        " arg_min(step, value) AS at_low, arg_max(step, value) AS at_high"
        " FROM read_parquet($files, filename = true) JOIN (SELECT key, min(step) AS first,"
        " max(step) AS last FROM read_parquet($files) GROUP BY key) USING (key)"
        " GROUP BY ALL",
        {"files": [str(file) for file in files], "columns": columns},
    ).fetchall()
    assert len(expected) == RUNS * METRICS * columns
    drawn = {(item["run"], item["key"]): decoded(payload, item) for item in items}
    ranges = {(item["run"], item["key"]): item["y"]["b"] - item["y"]["a"] for item in items}
    for run, key, _, low, high, at_low, at_high in expected:
        points, whole = drawn[places[run], key], ranges[places[run], key]
        for step, value in ((at_low, low), (at_high, high)):
            assert abs(points[step] - value) <= VALUE_STEP / LEVELS * whole, (run, key, step)


def decoded(payload: Payload, item: dict[str, Any]) -> dict[float, float]:
    """Return the points of a series as the script would have them: step → value."""
    data = gzip.decompress(base64.b64decode(payload["data"]))
    count, planes, shorts = item["n"], payload["planes"], payload["shorts"]

    def numbers(coded: dict[str, Any]) -> list[float]:
        if coded["f"] == "seq":
            return [coded["a"] + coded["b"] * at for at in range(count)]
        if coded["f"] == "f64":
            return list(struct.unpack_from(f"<{count}d", data, coded["o"]))
        first, found, code = planes + coded["o"], [], 0
        for at in range(first, first + count):
            code = (code + data[at] + 256 * data[at + shorts]) & 0xFFFF
            found.append(coded["a"] + code * (coded["b"] - coded["a"]) / LEVELS)
        return found

    return dict(zip(numbers(item["x"]), numbers(item["y"]), strict=True))


def write_store(store: Path, size: int) -> None:
    """Write runs as `end_run` would, without the minutes that logging 20 million points takes."""
    chance = random.Random(size)
    noise = array("d", [chance.gauss(0.0, 0.05) for _ in range(size)])
    keys = [f"metric_{at}" for at in range(METRICS)]
    steps = array("d", map(float, range(size))) * METRICS
    times = array("q", range(START, START + size * 250_000, 250_000)) * METRICS
    seq = array("q", [step * METRICS + at for at in range(METRICS) for step in range(size)])
    for number in range(RUNS):
        values = array("d")
        for _ in keys:
            turn = chance.randrange(size)
            slope = chance.random() / size
            turned = noise[turn:] + noise[:turn]
            values.extend([value + slope * at for at, value in enumerate(turned)])
        columns = [repeated_text((key, size) for key in keys), _column(pa.float64(), steps),
                   _column(pa.int64(), times), _column(pa.float64(), values),
                   _column(pa.int64(), seq)]  # fmt: skip
        data = encode_table(pa.Table.from_arrays(columns, schema=SCHEMA))
        folder = store / "long" / f"run-{number:02}"
        folder.mkdir(parents=True)
        (folder / "metrics.parquet").write_bytes(data)
        digest = SegmentDigest("metrics.parquet", len(data), hashlib.sha256(data).hexdigest())
        record = RunRecord(
            run_id=folder.name, nonce=f"{number:024x}", status="finished", metrics=digest,
            params={"seed": number},
            summaries={key: Summary(last=values[(at + 1) * size - 1], last_step=size - 1.0,
                                    points=size) for at, key in enumerate(keys)},
        )  # fmt: skip
        (folder / "run.json").write_bytes(encode_run(record))


def _column(kind: pa.DataType, values: array[Any]) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


if __name__ == "__main__":
    chart_payload(merge_batches(load_sources([sys.argv[1]], ReadOptions())))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
