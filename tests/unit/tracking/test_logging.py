"""What a training script logs is what is read back."""

import decimal
import json
import math
import threading
from pathlib import Path

import numpy as np
import pytest
import rundiff
from rundiff.errors import LoggingError, RundiffError
from rundiff.records.journal import read_segments
from rundiff.records.run_json import encode_run

from .conftest import Load, Script, journal_of


def test_a_run_reads_back_as_logged(store: Path, load: Load) -> None:
    with rundiff.start_run(run_name="wide", tags={"owner": "ada"}, description="**note**"):
        rundiff.log_param("lr", 0.01)
        rundiff.log_params({"depth": 3, "nested": {"a": None, "b": [1, 2.0, "x"]}, "flag": True})
        rundiff.log_metric("loss", 0.5, step=1)
        rundiff.log_metric("loss", 0.25, step=2, timestamp=1_700_000_000_123)
        rundiff.log_metrics({"acc": 0.9, "f1": 0.8}, step=2)
        rundiff.define_metric("loss", goal="min", unit="nats", tolerance="1%")
    (run,) = load()
    assert (run.name, run.status, run.state, run.note) == (
        "wide",
        "finished",
        "complete",
        "**note**",
    )
    assert run.params == {
        "lr": 0.01, "depth": 3, "nested": {"a": None, "b": [1, 2.0, "x"]}, "flag": True,
    }  # fmt: skip
    assert type(run.params["depth"]) is int
    assert run.tags == {"owner": "ada"}
    assert run.points.names == ["loss", "acc", "f1"]
    assert list(run.points.steps) == [1, 2, 2, 2]
    assert list(run.points.values) == [0.5, 0.25, 0.9, 0.8]
    assert run.points.times[1] == 1_700_000_000_123
    assert (run.definitions["loss"].goal, run.definitions["loss"].tolerance) == ("min", "1%")
    assert run.problems == ()


def test_numbers_that_are_no_finite_doubles(store: Path, load: Load) -> None:
    with rundiff.start_run():
        for value in (math.nan, math.inf, -math.inf, 2**53 + 1, -0.0, 5e-324):
            rundiff.log_metric("m", value)
        rundiff.log_params({"nan": math.nan, "text": "NaN", "deep": [{"x": -math.inf}]})
    (run,) = load()
    assert math.isnan(run.points.values[0])
    assert list(run.points.values[1:]) == [math.inf, -math.inf, 2.0**53, -0.0, 5e-324]
    assert math.copysign(1, run.points.values[4]) == -1
    assert isinstance(run.params["nan"], float)
    assert math.isnan(run.params["nan"])
    assert run.params["text"] == "NaN"
    assert run.params["deep"] == [{"x": -math.inf}]
    assert [p.message for p in run.problems] == [
        "metric 'm': 9007199254740993 is kept as the double 9007199254740992.0"
    ]


def test_scalars_of_numpy_and_decimals_are_numbers(store: Path, load: Load) -> None:
    with rundiff.start_run():
        rundiff.log_metric("m", np.float32(0.5), step=np.int64(3))  # type: ignore[arg-type]
        rundiff.log_metric("m", np.array([0.25]), step=4)  # type: ignore[arg-type]
        rundiff.log_metric("m", decimal.Decimal("0.125"), step=5)  # type: ignore[arg-type]
        rundiff.log_param("n", np.int32(7))
        rundiff.log_param("v", np.array([1, 2]))
    (run,) = load()
    assert list(run.points.values) == [0.5, 0.25, 0.125]
    assert list(run.points.steps) == [3, 4, 5]
    assert run.params == {"n": 7, "v": [1, 2]}


def test_objects_become_text_that_does_not_change_from_run_to_run(store: Path, load: Load) -> None:
    class Model:
        pass

    with rundiff.start_run():
        rundiff.log_params({"kind": Model, "call": len, "model": Model(), "set": {"b", "a"}})
    (run,) = load()
    assert run.params["call"] == "len"
    assert "Model" in str(run.params["model"])
    assert "0x" not in json.dumps(run.params)
    assert run.params["set"] == ["a", "b"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rundiff.log_metric("loss", "0.5"), "metric 'loss' is '0.5' (str)"),  # type: ignore[arg-type]
        (lambda: rundiff.log_metric("loss", None), "metric 'loss' is None (NoneType)"),  # type: ignore[arg-type]
        (lambda: rundiff.log_metric("loss", 1.0, step="x"), "metric 'loss' has step 'x' (str)"),  # type: ignore[arg-type]
        (lambda: rundiff.log_metric("loss", 1.0, step=math.nan), "metric 'loss' has step nan"),
        (lambda: rundiff.log_metric("loss", 1.0, step=10**400), "metric 'loss' has step 10000"),
        (lambda: rundiff.log_metric("loss", 1.0, timestamp="now"), "has timestamp 'now'"),  # type: ignore[arg-type]
        (lambda: rundiff.log_metric("loss", np.zeros(2)), "metric 'loss' is array"),  # type: ignore[arg-type]
        (lambda: rundiff.log_metric(3, 1.0), "metric name 3 is an int; expected a string"),  # type: ignore[arg-type]
        (lambda: rundiff.log_metrics([1]), "metrics are given as a list; expected a dict"),  # type: ignore[arg-type]
        (lambda: rundiff.log_param("\ud800", 1), "half of a surrogate pair"),
        (lambda: rundiff.log_artifact("missing.pkl"), "neither a file nor a folder"),
        (lambda: rundiff.log_text("x", "../../etc/passwd"), "expected a relative path"),
        (lambda: rundiff.define_metric("loss", goal="up"), "expected 'min' or 'max'"),
        (lambda: rundiff.log_input(3), "a dataset is given as int"),
        (lambda: rundiff.log_param("huge", "x" * 2_000_000), "log it as an artifact"),
        (lambda: rundiff.end_run("DONE"), "status 'DONE' is not known"),
        (rundiff.start_run, "is active; end it with end_run()"),
        (lambda: rundiff.start_run(run_id="../x", nested=True), "run id '../x' cannot be used"),
    ],
)  # fmt: skip
def test_what_cannot_be_logged_says_so_at_once(
    call: "threading.Thread | object", message: str, store: Path, load: Load
) -> None:
    with rundiff.start_run():
        with pytest.raises(LoggingError) as caught:
            call()  # type: ignore[operator]
        assert message in str(caught.value)
        assert isinstance(caught.value, RundiffError)
        assert isinstance(caught.value, TypeError | ValueError)
    (run,) = load()
    assert (run.status, run.params, len(run.points)) == ("finished", {}, 0)


def test_log_metrics_logs_all_or_nothing(store: Path, load: Load) -> None:
    with rundiff.start_run(), pytest.raises(LoggingError):
        rundiff.log_metrics({"good": 1.0, "bad": "x"})  # type: ignore[dict-item]
    (run,) = load()
    assert len(run.points) == 0


def test_params_do_not_change(store: Path, load: Load) -> None:
    with rundiff.start_run():
        rundiff.log_param("lr", 0.1)
        rundiff.log_param("lr", 0.1)
        with pytest.raises(LoggingError, match=r"cannot become 0\.2"):
            rundiff.log_param("lr", 0.2)
        with pytest.raises(LoggingError):
            rundiff.log_param("lr", "0.1")
    (run,) = load()
    assert run.params == {"lr": 0.1}


def test_tags_and_notes_take_the_last_value(store: Path, load: Load) -> None:
    with rundiff.start_run() as run:
        run.set_tag("stage", "one")
        run.set_tag("stage", "two")
        run.set_note("first")
        rundiff.set_tags({"mlflow.note.content": "second", "mlflow.runName": "renamed"})
    (record,) = load()
    assert (record.tags, record.note, record.name) == ({"stage": "two"}, "second", "renamed")


def test_points_without_a_step_are_counted(store: Path, load: Load) -> None:
    with rundiff.start_run() as run:
        for value in (3.0, 2.0, 1.0):
            rundiff.log_metric("loss", value)
        rundiff.log_metrics({"loss": 0.5, "acc": 1.0})
    with rundiff.start_run(run_id=run.info.run_id):
        rundiff.log_metric("loss", 0.25)
    (record,) = load()
    loss = [s for k, s in zip(record.points.keys, record.points.steps, strict=True) if k == 0]
    assert loss == [0, 1, 2, 3, 4]
    assert record.summaries["loss"].last == 0.25


def test_log_batch_takes_entities_and_tuples(store: Path, load: Load) -> None:
    class Metric:
        def __init__(self, key: str, value: float, timestamp: int, step: int) -> None:
            self.key, self.value, self.timestamp, self.step = key, value, timestamp, step

    class Param:
        key, value = "lr", "0.1"

    many = [("loss", i / 7, i, 1_700_000_000_000 + i) for i in range(30_000)]
    with rundiff.start_run():
        rundiff.log_batch(metrics=[Metric("acc", 0.5, 1_700_000_000_000, 3)], params=[Param()])
        rundiff.log_batch(metrics=many, tags={"a": "b"})
    (run,) = load()
    assert len(run.points) == 30_001
    assert run.points.values[30_000] == 29_999 / 7
    assert (run.params, run.tags) == ({"lr": "0.1"}, {"a": "b"})
    assert run.problems == ()


def test_nested_runs_know_their_parent(store: Path, load: Load) -> None:
    with rundiff.start_run(run_name="outer") as outer:
        with rundiff.start_run(run_name="inner", nested=True):
            rundiff.log_param("where", "inner")
        rundiff.log_param("where", "outer")
    runs = {run.name: run for run in load()}
    assert runs["inner"].parent_run_id == outer.run_id
    assert runs["inner"].params == {"where": "inner"}
    assert runs["outer"].params == {"where": "outer"}


def test_a_run_is_resumed_by_its_id(store: Path, load: Load) -> None:
    run = rundiff.start_run(run_name="first", experiment="e")
    rundiff.log_param("lr", 0.1)
    rundiff.end_run("FAILED")
    assert load()[0].status == "failed"
    with rundiff.start_run(run_id=run.info.run_id):
        rundiff.log_metric("loss", 1.0, step=1)
        with pytest.raises(LoggingError, match="cannot become"):
            rundiff.log_param("lr", 0.2)
    (record,) = load()
    assert (record.name, record.experiment, record.status) == ("first", "e", "finished")
    assert record.params == {"lr": 0.1}
    assert len(record.segments) == 2


def test_a_failed_run_says_why(store: Path, load: Load) -> None:
    with pytest.raises(ZeroDivisionError), rundiff.start_run():
        _ = 1 / 0
    (run,) = load()
    exception = run.environment["exception"]
    assert isinstance(exception, dict)
    assert run.status == "failed"
    assert (exception["type"], exception["message"]) == ("ZeroDivisionError", "division by zero")
    assert "_ = 1 / 0" in exception["traceback"]


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), "killed"), (SystemExit(0), "finished"), (SystemExit(3), "failed")],
)
def test_the_way_out_decides_the_status(
    error: BaseException, status: str, store: Path, load: Load
) -> None:
    with pytest.raises(type(error)), rundiff.start_run():
        raise error
    assert load()[0].status == status


def test_threads_log_to_one_run_without_losing_a_point(store: Path, load: Load) -> None:
    def work(name: str) -> None:
        for step in range(500):
            rundiff.log_metric(name, step / 3, step=step)

    with rundiff.start_run():
        threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    (run,) = load()
    assert {name: s.points for name, s in run.summaries.items()} == {f"t{i}": 500 for i in range(8)}
    assert (run.state, run.problems) == ("complete", ())


def test_threads_that_start_runs_stay_apart(store: Path, load: Load) -> None:
    def trial(number: int) -> None:
        with rundiff.start_run(run_name=f"trial{number}"):
            rundiff.log_param("number", number)

    threads = [threading.Thread(target=trial, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((run.name, run.params["number"]) for run in load()) == [
        (f"trial{number}", number) for number in range(6)
    ]


def test_unknown_arguments_of_mlflow_are_accepted_with_one_warning(store: Path) -> None:
    with rundiff.start_run():
        with pytest.warns(UserWarning, match="ignores model_id='m-1'"):
            rundiff.log_metric("loss", 1.0, model_id="m-1")
        rundiff.log_metric("loss", 1.0, model_id="m-2")


def test_a_logging_call_without_a_run_starts_one(store: Path, load: Load) -> None:
    rundiff.log_param("lr", 0.1)
    assert rundiff.active_run() is not None
    rundiff.end_run()
    assert rundiff.active_run() is None
    assert load()[0].params == {"lr": 0.1}


def test_logging_to_a_run_that_has_ended_says_so(store: Path) -> None:
    with rundiff.start_run() as run:
        pass
    with pytest.raises(LoggingError, match="the run has ended"):
        run.log_metric("late", 1.0, step=1)


def test_names_of_experiments_and_runs_are_kept_whatever_they_are(store: Path, load: Load) -> None:
    for name in ("/Users/ada/exp 1", "..", "con", "Ünï", "a" * 300, "<b>"):
        with rundiff.start_run(experiment=name, run_name=name):
            pass
    assert sorted(run.experiment for run in load()) == sorted(
        ["/Users/ada/exp 1", "..", "con", "Ünï", "a" * 300, "<b>"]
    )
    assert all(path.parent == store for path in store.iterdir())
    assert {path.name for path in store.parent.iterdir()} == {"runs"}


def test_the_records_hold_what_the_journal_holds(store: Path) -> None:
    with rundiff.start_run(run_name="sealed") as run:
        rundiff.log_metric("loss", math.nan, step=1)
        rundiff.log_metric("loss", 0.5, step=2)
        rundiff.log_param("lr", math.inf)
    document = json.loads((run.folder / "run.json").read_bytes(), parse_constant=pytest.fail)
    assert document["info"]["status"] == "FINISHED"
    assert document["data"] == {"params": {"lr": "Infinity"}, "metrics": {"loss": 0.5}, "tags": {}}
    assert document["nonfinite"] == [["data", "params", "lr"]]


def test_a_record_written_from_memory_is_the_one_that_the_journal_gives(
    store: Path, tmp_path: Path
) -> None:
    (tmp_path / "data.csv").write_text("x")
    run = rundiff.start_run(tags={"a": 1}, description="d")
    with pytest.raises(ArithmeticError), run:
        log_one_of_everything()
    written = (run.folder / "run.json").read_bytes()
    (read,) = read_segments(journal_of(run.folder), run_id=run.run_id)
    assert encode_run(read) == written


def test_a_param_that_a_thread_is_logging_while_the_run_ends_is_in_the_record(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rundiff.tracking.session.capture_seeds", dict)
    run = rundiff.start_run()
    run.has_environment = True  # nothing but the param is to be written
    append, is_written, has_ended = run.segment.append, threading.Event(), threading.Event()

    def append_and_wait(members: bytes) -> None:
        append(members)
        is_written.set()
        has_ended.wait(10)

    monkeypatch.setattr(run.segment, "append", append_and_wait)
    thread = threading.Thread(target=run.log_param, args=("late", 1))
    thread.start()
    is_written.wait(10)
    rundiff.end_run()
    has_ended.set()
    thread.join()
    document = json.loads((run.folder / "run.json").read_bytes())
    assert document["data"]["params"] == {"late": 1}


def test_the_record_of_a_resumed_run_holds_the_params_of_both_lives(store: Path) -> None:
    with rundiff.start_run(run_id="a1"):
        rundiff.log_params({"lr": 0.1, "depth": 2})
    with rundiff.start_run(run_id="a1") as run:
        rundiff.log_params({"lr": 0.1, "width": 3})
    written = (run.folder / "run.json").read_bytes()
    (read,) = read_segments(journal_of(run.folder), run_id="a1")
    assert encode_run(read) == written
    assert dict(read.params) == {"lr": 0.1, "depth": 2, "width": 3}


def log_one_of_everything() -> None:
    rundiff.log_params({"lr": 0.1, "deep": [math.nan, {"x": None}], "é": "ü", "b": True})
    rundiff.log_param("one", "more")
    rundiff.log_param("inf", -math.inf)
    rundiff.set_tags({"a": 2, "mlflow.runName": "renamed"})
    rundiff.log_input("data.csv", context="training", tags={"k": "v"})
    rundiff.log_text("x", "t.txt")
    rundiff.log_text("y", "t.txt")
    rundiff.define_metric("loss", goal="min")
    raise ArithmeticError("no")


def test_every_public_name_exists() -> None:
    missing = [name for name in rundiff.__all__ if not hasattr(rundiff, name)]
    assert missing == []
    with pytest.raises(AttributeError):
        _ = rundiff.no_such_name


def test_the_store_is_what_was_set_or_the_environment_says(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rundiff.set_tracking_uri(f"file:{tmp_path / 'by-uri'}")
    with rundiff.start_run() as run:
        pass
    assert run.folder.is_relative_to(tmp_path / "by-uri")
    rundiff.set_tracking_uri((tmp_path / "by path").as_uri())
    with rundiff.start_run() as run:
        pass
    assert run.folder.is_relative_to(tmp_path / "by path")
    with rundiff.start_run(store=tmp_path / "by-argument") as run:
        pass
    assert run.folder.is_relative_to(tmp_path / "by-argument")


def test_a_call_of_mlflow_that_is_not_there_says_which_are(script: Script) -> None:
    done = script("import rundiff as mlflow; mlflow.log_parm('lr', 0.1)", check=False)
    assert "has no attribute 'log_parm'; of MLflow's calls it has those" in done.stderr
    assert "Did you mean: 'log_param'?" in done.stderr


def test_a_training_script_of_mlflow_runs_as_it_is(script: Script, load: Load) -> None:
    done = script(
        """
        import rundiff as mlflow

        experiment = mlflow.set_experiment("wine")
        with mlflow.start_run(experiment_id=experiment.experiment_id, run_name="rf") as run:
            mlflow.log_params({"n_estimators": 5, "max_depth": None})
            mlflow.log_metrics({"accuracy": 0.9}, step=0, synchronous=False)
            mlflow.set_tag("model", "rf")
            mlflow.log_dict({"a": 1}, "conf.json")
            assert mlflow.active_run().info.run_id == run.info.run_id
        assert mlflow.active_run() is None
        mlflow.end_run()
        """
    )
    assert "train.py:7: UserWarning: rundiff.log_metrics() ignores synchronous" in done.stderr
    (run,) = load()
    assert (run.experiment, run.name, run.status) == ("wine", "rf", "finished")


def test_the_environment_names_the_store(
    script: Script, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNDIFF_STORE", str(store.parent / "elsewhere"))
    script("import rundiff\nwith rundiff.start_run(): rundiff.log_param('a', 1)\n")
    assert list((store.parent / "elsewhere").glob("Default/*/run.json"))


def test_params_logged_one_by_one_keep_their_types(store: Path, load: Load) -> None:
    given = {"nan": math.nan, "inf": -math.inf, "none": None, "word": "null", "big": 1 << 70,
             "one": 1.0, "int": 1, "yes": True, "small": 1e-7, "é": "ü", "half": "\ud800",
             'q"': "\x7f\n\\", "long": "x" * 2_000}  # fmt: skip
    with rundiff.start_run():
        for key, value in given.items():
            rundiff.log_param(key, value)
        with pytest.raises(LoggingError, match="cannot become 2"):
            rundiff.log_param("int", 2)
    (run,) = load()
    assert list(run.params) == list(given)
    read = {key: repr(value) for key, value in run.params.items()}
    assert read == {key: repr(value) for key, value in {**given, "half": "\\ud800"}.items()}


def test_points_of_every_kind_keep_their_order(store: Path, load: Load) -> None:
    with rundiff.start_run():
        for key in ("loss", "é", 'q"\\'):
            rundiff.log_metric(key, 0.5, step=1)
            rundiff.log_metric(key, 1e-7, step=2)
            rundiff.log_metric(key, math.inf, step=3)
            rundiff.log_metric(key, 3, step=4)
            rundiff.log_metric(key, 1e16, step=1 << 70)
        with pytest.raises(LoggingError, match="expected a number"):
            rundiff.log_metric("loss", "x", step=5)  # type: ignore[arg-type]
        with pytest.raises(LoggingError, match="expected a string"):
            rundiff.log_metric([], 0.5, step=5)  # type: ignore[arg-type]
    (run,) = load()
    assert list(map(repr, run.points.values)) == ["0.5", "1e-07", "inf", "3.0", "1e+16"] * 3
    assert list(run.points.steps) == [1.0, 2.0, 3.0, 4.0, float(1 << 70)] * 3
