"""A file store that MLflow writes now is read as MLflow reads it, and in one thing better."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rundiff.sources import mlflow_files
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources

from tests.mlflow_environment import mlflow_variables

pytestmark = [pytest.mark.servers, pytest.mark.all]

PROGRAM = """
import json, math, sys, warnings
import mlflow, pandas
from mlflow.entities import ViewType
from mlflow.tracking import MlflowClient
warnings.filterwarnings("ignore")
store = sys.argv[1]
mlflow.set_tracking_uri("file://" + store)
mlflow.set_registry_uri("file://" + store)
client = MlflowClient()
experiment = mlflow.set_experiment("Größe & <b>").experiment_id
client.set_experiment_tag(experiment, "mlflow.experiment.primaryMetric.name", "val/loss")
client.set_experiment_tag(experiment, "mlflow.experiment.primaryMetric.greaterIsBetter", "False")
class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input
with mlflow.start_run(run_name="parent: x # y", description="note *md*"):
    mlflow.log_params({"lr": 0.1, "a/b c": "x", "multi": "l1\\nl2", "empty": ""})
    data = mlflow.data.from_pandas(pandas.DataFrame({"a": [1, 2, 3]}), name="my_data")
    mlflow.log_input(data, context="training")
    for step in range(5):
        mlflow.log_metric("val/loss", 1 / (step + 1), step=step)
    mlflow.log_metric("nan", math.nan, step=3)
    mlflow.log_metric("inf", -math.inf)
    mlflow.log_metric("on data", 0.5, step=7, dataset=data)
    mlflow.log_text("hello", "d/t.txt")
    mlflow.pyfunc.log_model(name="mod", python_model=Model(), registered_model_name="reg")
    client.set_registered_model_alias("reg", "champion", "1")
    with mlflow.start_run(run_name="child", nested=True):
        mlflow.log_metric("val/loss", 0.3, step=1)
with mlflow.start_run(run_name="gone") as gone:
    pass
client.delete_run(gone.info.run_id)
old = client.create_experiment("old")
client.log_param(client.create_run(old, run_name="in old").info.run_id, "p", "1")
client.delete_experiment(old)
found = {}
for each in client.search_experiments(view_type=ViewType.ALL):
    for run in client.search_runs([each.experiment_id], run_view_type=ViewType.ALL):
        info, data = run.info, run.data
        found[info.run_id] = {
            "run": [info.run_name, each.name, info.status.lower(), info.lifecycle_stage,
                    info.user_id, info.start_time, info.end_time],
            "params": data.params, "tags": data.tags,
            "metrics": {key: repr(value) for key, value in data.metrics.items()},
            "history": {key: [[point.timestamp, repr(point.value), point.step]
                              for point in client.get_metric_history(info.run_id, key)]
                        for key in data.metrics},
            "inputs": [[each.dataset.name, each.dataset.digest, each.tags[0].value]
                       for each in run.inputs.dataset_inputs],
        }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def store(mlflow: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("files") / "mlruns"
    done = subprocess.run(
        [str(mlflow), "-c", PROGRAM, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=mlflow_variables(),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, json.loads(done.stdout.splitlines()[-1])


def test_a_store_of_today(store: tuple[Path, dict[str, Any]]) -> None:
    folder, truth = store
    options = ReadOptions(include_deleted=True)
    (batch,) = load_sources([str(folder)], options, formats=[mlflow_files.FORMAT]).batches
    assert batch.tables["problem"].to_pylist() == []
    tables = {name: batch.tables[name].to_pylist() for name in batch.tables}
    points = batch.load_points(batch.tables.run_ids).to_pylist()
    assert {row["run_id"] for row in tables["run"]} == truth.keys()
    for row in tables["run"]:
        expected = truth[row["run_id"]]
        times = [time and time // 1_000 for time in (row["start_time"], row["end_time"])]
        facts = [row["name"], row["experiment"], row["status"], row["lifecycle_stage"]]
        assert [*facts, row["user"], *times] == expected["run"]

        def cells(table: str, run_id: str = row["run_id"]) -> dict[str, str]:
            return {each["key"]: each["value"] for each in tables[table]
                    if each["run_id"] == run_id}  # fmt: skip

        assert cells("param") == expected["params"]
        assert cells("tag").items() >= expected["tags"].items()
        latest = {each["key"]: repr(each["last"]) for each in tables["metric_summary"]
                  if each["run_id"] == row["run_id"]}  # fmt: skip
        assert latest == expected["metrics"]
        for key, history in expected["history"].items():
            series = [each for each in points if each["run_id"] == row["run_id"]]
            found = [[each["time"] // 1_000, repr(each["value"]), int(each["step"])]
                     for each in series if each["key"] == key]  # fmt: skip
            if key == "on data":  # MLflow's reader forgets the step of such points
                assert 7 in [step for *_, step in found]
            else:  # and it repeats the points that logging a model writes once more
                assert found == [list(each) for each in dict.fromkeys(map(tuple, history))]
        inputs = [[each["name"], each["digest"], each["context"]] for each in tables["dataset"]
                  if each["run_id"] == row["run_id"]]  # fmt: skip
        assert inputs == expected["inputs"]
    tags = {row["key"]: row["value"] for row in tables["tag"]}
    assert tags["registered_model.reg.1.aliases"] == "champion"
    assert tags["logged_model.mod.status"] == "READY"
    goals = {row["key"]: row["goal"] for row in tables["metric_definition"]}
    assert goals == {"val/loss": "min"}
