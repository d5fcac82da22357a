"""Reading MLflow's stores against MLflow itself, and against opening and reading the files.

MLflow 3.17 runs in an environment of its own (``tests.mlflow_environment``) over the same database,
made with its own schema; both sides are timed in CPU seconds, MLflow after a first call that opens
the store. Its histories are measured on 40 of the 2,000 series and multiplied, since all of them
take a minute. Params repeat as in a sweep: of 50 two are numbers of their own in every run.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from rundiff.records import values
from rundiff.sources import mlflow_files, mlflow_sql
from rundiff.sources.base import Batch, Format, ReadOptions
from rundiff.sources.discover import load_sources

from tests.bench.bench_relation import read_files
from tests.bench.budget import BenchRow, best_of_turns, cpu_seconds
from tests.mlflow_environment import MlflowMissingError, mlflow_python, mlflow_variables

RUNS, PARAMS, METRICS = 1_000, 50, 20
WITH_HISTORY, POINTS, SERIES_TIMED = 100, 1_000, 40
START = 1_763_000_000_000

MAKE_SCHEMA = """
import sys
from mlflow.tracking import MlflowClient
MlflowClient("sqlite:///" + sys.argv[1]).create_experiment("bench")
"""
TIME_MLFLOW = """
import json, sys, time
import mlflow
from mlflow.tracking import MlflowClient
mlflow.set_tracking_uri("sqlite:///" + sys.argv[1])
client, series = MlflowClient(), int(sys.argv[2])
client.search_experiments()
def best(work):
    found = []
    for _ in range(3):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)
def search():
    assert len(mlflow.search_runs(experiment_names=["bench"], max_results=1000)) == 1000
def history():
    for place in range(series):
        points = client.get_metric_history(f"{place // 20:032x}", f"metric_{place % 20}")
        assert len(points) == 1000
search()
print(json.dumps({"search": best(search), "history": best(history)}))
"""


def rows() -> list[BenchRow]:
    """Measure listing and histories of a database, and listing of a file store."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "mlruns"
        write_file_store(store)
        floor, taken = best_of_turns(
            lambda: read_files(str(store)), lambda: read(store, mlflow_files.FORMAT)
        )
        note = f"{taken:.2f} s against {floor:.2f} s for opening and reading its files"
        found = [
            BenchRow(name=f"mlruns/ with {RUNS:,} runs listed", ratio=taken / floor, bar=3.0,
                     note=note)
        ]  # fmt: skip
        try:
            python = mlflow_python()
        except MlflowMissingError as error:
            return [*found, BenchRow(name="MLflow database", ratio=0.0, bar=20.0, at_least=True,
                                     note=str(error))]  # fmt: skip
        return [*found, *database_rows(Path(folder) / "mlflow.db", python)]


def database_rows(database: Path, python: Path) -> list[BenchRow]:
    run(python, MAKE_SCHEMA, str(database))
    fill(database)
    theirs = json.loads(run(python, TIME_MLFLOW, str(database), str(SERIES_TIMED)))
    listed = min(cpu_seconds(lambda: read(database, mlflow_sql.FORMAT)) for _ in range(7))
    batch = read(database, mlflow_sql.FORMAT)
    chosen = batch.tables.run_ids[:WITH_HISTORY]
    loaded = min(cpu_seconds(lambda: batch.load_points(chosen)) for _ in range(5))
    assert batch.load_points(chosen).num_rows == WITH_HISTORY * METRICS * POINTS
    history = theirs["history"] * WITH_HISTORY * METRICS / SERIES_TIMED
    return [
        BenchRow(
            name=f"{RUNS:,} MLflow runs × ({PARAMS} params, {METRICS} metrics) listed",
            ratio=theirs["search"] / listed,
            bar=20.0,
            at_least=True,
            note=f"{listed:.2f} s; mlflow.search_runs {theirs['search']:.2f} s",
        ),
        BenchRow(
            name=f"{WITH_HISTORY} MLflow runs × {METRICS} metrics × {POINTS:,} steps read",
            ratio=history / loaded,
            bar=50.0,
            at_least=True,
            note=f"{loaded:.2f} s; get_metric_history {history:.0f} s",
        ),
    ]


def read(path: Path, kind: Format) -> Batch:
    """Read a store as a new process would: texts that were met before are forgotten."""
    values.text_value.cache_clear()
    values.canonical_number.cache_clear()
    (batch,) = load_sources([str(path)], ReadOptions(), formats=[kind]).batches
    assert batch.tables["run"].num_rows == RUNS
    return batch


def run(python: Path, program: str, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env=mlflow_variables(),
    )
    return done.stdout


def params_of(chance: random.Random) -> dict[str, str]:
    found = {f"param_{place}": chance.choice(["0.1", "0.01", "adam", "True", "64"])
             for place in range(PARAMS - 2)}  # fmt: skip
    return found | {"learning_rate": repr(chance.random()), "dropout": repr(chance.random())}


def tags_of(place: int) -> dict[str, str]:
    return {"mlflow.runName": f"run-{place}", "mlflow.user": "ada",
            "mlflow.source.name": "train.py", "mlflow.source.type": "LOCAL"}  # fmt: skip


def fill(database: Path) -> None:
    """Write the rows that MLflow would write, without its hour of logging calls."""
    chance = random.Random(1)
    ids = [f"{place:032x}" for place in range(RUNS)]
    connection = sqlite3.connect(database)
    with connection:
        connection.executemany(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
            " status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,"
            " experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'ada', 'FINISHED', ?, ?, '',"
            " 'active', ?, 1)",
            [(run_id, f"run-{at}", START + at * 1_000, START + at * 1_000 + 900,
              f"mlflow-artifacts:/1/{run_id}/artifacts") for at, run_id in enumerate(ids)],
        )  # fmt: skip
        for table, pairs_of in (("params", lambda _: params_of(chance)), ("tags", tags_of)):
            connection.executemany(
                f"INSERT INTO {table} (key, value, run_uuid) VALUES (?, ?, ?)",
                [(*pair, run_id) for at, run_id in enumerate(ids)
                 for pair in pairs_of(at).items()],
            )  # fmt: skip
        connection.executemany(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)"
            " VALUES (?, ?, ?, ?, 0, ?)",
            [(f"metric_{at}", chance.random(), START, POINTS - 1, run_id)
             for run_id in ids for at in range(METRICS)],
        )  # fmt: skip
        for run_id in ids[:WITH_HISTORY]:
            connection.executemany(
                "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan)"
                " VALUES (?, ?, ?, ?, ?, 0)",
                [(f"metric_{at}", chance.random(), START + step, run_id, step)
                 for step in range(POINTS) for at in range(METRICS)],
            )  # fmt: skip
    connection.close()


def write_file_store(store: Path) -> None:
    """Write a store of many runs as MLflow lays it out, ten points a metric."""
    chance = random.Random(1)
    experiment = store / "1"
    experiment.mkdir(parents=True)
    (experiment / "meta.yaml").write_text(
        f"artifact_location: {store}/1\ncreation_time: {START}\nexperiment_id: '1'\n"
        f"last_update_time: {START}\nlifecycle_stage: active\nname: bench\n"
    )
    for place in range(RUNS):
        run_id = f"{place:032x}"
        folder = experiment / run_id
        for name in ("params", "metrics", "tags", "artifacts"):
            (folder / name).mkdir(parents=True)
        (folder / "meta.yaml").write_text(
            f"artifact_uri: {store}/1/{run_id}/artifacts\nend_time: {START + place}\n"
            f"entry_point_name: ''\nexperiment_id: '1'\nlifecycle_stage: active\n"
            f"run_id: {run_id}\nrun_name: run-{place}\nrun_uuid: {run_id}\nsource_name: ''\n"
            f"source_type: 4\nsource_version: ''\nstart_time: {START}\nstatus: 3\ntags: []\n"
            f"user_id: ada\n"
        )
        files = {f"params/{key}": text for key, text in params_of(chance).items()}
        files |= {f"tags/{key}": text for key, text in tags_of(place).items()}
        files |= {
            f"metrics/metric_{at}": "".join(
                f"{START + step} {chance.random()!r} {step}\n" for step in range(10)
            )
            for at in range(METRICS)
        }
        for name, text in files.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
