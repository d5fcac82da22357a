"""A tracking server is read to its last page, with patience, or gives one clear message."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from rundiff.errors import SourceError
from rundiff.sources import http_client, mlflow_rest
from rundiff.sources.base import Batch, ReadOptions

API = "/api/2.0/mlflow"
Reply = tuple[int, Any, dict[str, str]]


def run_of(number: int, stage: str = "active") -> dict[str, Any]:
    return {
        "info": {"run_id": f"{number:032x}", "run_name": f"run-{number}", "experiment_id": "1",
                 "status": "FINISHED", "start_time": "1700000000000", "end_time": 1700000001000,
                 "lifecycle_stage": stage, "user_id": "ada"},
        "data": {
            "params": [{"key": "lr", "value": "0.1"}],
            "tags": [{"key": "mlflow.note.content", "value": "hello"}],
            "metrics": [{"key": "loss", "value": "NaN", "step": "2", "timestamp": 1}],
        },
        "inputs": {"dataset_inputs": [
            {"tags": [{"key": "mlflow.data.context", "value": "train"}],
             "dataset": {"name": "d", "digest": "x", "source": '{"url": "u"}',
                         "profile": '{"num_rows": 5}'}}]},
    }  # fmt: skip


class Fake:
    """Answers as a tracking server with five runs, two a page; ``hiccups`` come first."""

    def __init__(self) -> None:
        self.hiccups: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.needs_password = False

    def answer(self, path: str, query: dict[str, Any]) -> Reply:
        token = int(query.get("page_token") or 0)
        if path == f"{API}/experiments/search":
            experiment = {"experiment_id": "1", "name": "first", "lifecycle_stage": "active"}
            return 200, {"experiments": [experiment]}, {}
        if path == f"{API}/runs/search":
            runs = [run_of(n, "deleted" if n == 4 else "active") for n in range(5)]
            page = {"runs": runs[token : token + 2]}
            more = {"next_page_token": str(token + 2)} if token + 2 < len(runs) else {}
            return 200, page | more, {}
        if path == f"{API}/metrics/get-history":
            points = [{"key": "loss", "value": v, "step": s, "timestamp": 1700000000000 + s}
                      for s, v in enumerate([0.5, "Infinity", "NaN"])]  # fmt: skip
            more = {"next_page_token": str(token + 1)} if token + 1 < len(points) else {}
            return 200, {"metrics": points[token : token + 1]} | more, {}
        if path == f"{API}/artifacts/list":
            return 200, {"files": [{"path": "model.pkl", "is_dir": False, "file_size": "7"}]}, {}
        return 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "no such thing"}, {}


@contextmanager
def serving(fake: Fake) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, spelled = self.path.partition("?")
            self.reply(path, dict(pair.split("=", 1) for pair in spelled.split("&") if pair))

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            self.reply(self.path, json.loads(self.rfile.read(size)))

        def reply(self, path: str, query: dict[str, Any]) -> None:
            fake.asked.append(path)
            fake.headers.append(dict(self.headers))
            if fake.hiccups:
                fake.hiccups.pop(0)(self)
                return
            if fake.needs_password and "Authorization" not in self.headers:
                send(self, 401, {"message": "who are you?"})
                return
            code, body, headers = fake.answer(path, query)
            send(self, code, body, headers)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(
    handler: BaseHTTPRequestHandler, code: int, body: Any, headers: dict[str, str] | None = None
) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(code)
    for key, value in ({"Content-Length": str(len(data))} | (headers or {})).items():
        handler.send_header(key, value)
    handler.end_headers()
    handler.wfile.write(data)


def busy(code: int, headers: dict[str, str] | None = None) -> Callable[..., None]:
    return lambda handler: send(handler, code, {"message": "later"}, headers)


def drop(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, b'{"runs": [', {"Content-Length": "5000"})
    handler.close_connection = True


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited, without waiting them."""
    waited: list[float] = []
    monkeypatch.setattr(http_client.JsonServer.__init__, "__kwdefaults__", {"wait": waited.append})
    return waited


def read(address: str, *, include_deleted: bool = False) -> Batch:
    return mlflow_rest.read_uri(address, ReadOptions(include_deleted=include_deleted))


def test_every_page_is_read(waits: list[float]) -> None:
    fake = Fake()
    with serving(fake) as address:
        batch = read(address)
        points = batch.load_points(batch.tables.run_ids[:1]).to_pylist()
    assert len(batch.tables.run_ids) == 4
    run = batch.tables["run"].to_pylist()[0]
    assert (run["name"], run["experiment"], run["note"]) == ("run-0", "first", "hello")
    assert run["start_time"] == 1_700_000_000_000_000
    assert batch.tables["param"].num_rows == 4
    dataset = batch.tables["dataset"].to_pylist()[0]
    assert (dataset["context"], dataset["source"], dataset["rows"]) == ("train", "u", 5)
    assert {row["size"] for row in batch.tables["artifact"].to_pylist()} == {7}
    summary = batch.tables["metric_summary"].to_pylist()[0]
    assert math.isnan(summary["last"])
    assert summary["last_step"] == 2.0
    assert [repr(row["value"]) for row in points] == ["0.5", "inf", "nan"]
    assert [row["time"] for row in points] == [1_700_000_000_000_000 + 1_000 * s for s in range(3)]
    (problem,) = batch.tables["problem"].to_pylist()
    assert problem["message"].startswith("1 deleted run is left out")
    assert waits == []


def test_deleted_runs_are_read_on_request() -> None:
    with serving(Fake()) as address:
        stages = read(address, include_deleted=True).tables["run"].column("lifecycle_stage")
    assert stages.to_pylist().count("deleted") == 1


def test_the_address_of_a_page_reads_that_run() -> None:
    with serving(Fake()) as address:
        assert len(read(f"{address}/#/experiments/1").tables.run_ids) == 4
        one = read(f"{address}/#/experiments/1/runs/{3:032x}")
        assert one.tables.run_ids == [f"{3:032x}"]
        with pytest.raises(SourceError, match="has no experiment '7'"):
            read(f"{address}/#/experiments/7")


@pytest.mark.parametrize(
    "hiccups",
    [[busy(429, {"Retry-After": "3"})], [busy(500), busy(503)], [drop], [drop, busy(502)]],
    ids=["429", "500", "drop", "both"],
)
def test_a_busy_server_is_asked_again(hiccups: list[Any], waits: list[float]) -> None:
    fake = Fake()
    fake.hiccups = list(hiccups)
    with serving(fake) as address:
        assert len(read(address).tables.run_ids) == 4
    assert len(waits) == len(hiccups)
    assert max(waits) <= 30


def test_a_server_may_say_how_long_to_wait(waits: list[float]) -> None:
    fake = Fake()
    fake.hiccups = [busy(429, {"Retry-After": "3"}), busy(429, {"Retry-After": "9999"})]
    with serving(fake) as address:
        read(address)
    assert waits == [3.0, 30.0]


@pytest.mark.parametrize(
    ("hiccup", "message"),
    [
        (busy(500), r"answered 500 later \(asked 5 times\)"),
        (drop, r"dropped the connection.*\(asked 5 times\)"),
        (lambda handler: send(handler, 200, b"<html>"), "did not answer JSON"),
        (lambda handler: send(handler, 200, [1]), "did not answer a JSON object"),
        (busy(400), "answered 400 later"),
    ],
    ids=["500", "drop", "html", "list", "400"],
)
def test_what_does_not_get_better_is_one_message(
    hiccup: Any, message: str, waits: list[float]
) -> None:
    fake = Fake()
    fake.hiccups = [hiccup] * 5
    with serving(fake) as address, pytest.raises(SourceError, match=message):
        read(address)


def test_a_failure_between_histories_is_no_half_report(waits: list[float]) -> None:
    fake = Fake()
    with serving(fake) as address:
        batch = read(address)
        fake.hiccups = [drop] * 5
        with pytest.raises(SourceError, match="dropped the connection"):
            batch.load_points(batch.tables.run_ids)


def test_nobody_there_is_one_message(waits: list[float]) -> None:
    with serving(Fake()) as address:
        pass
    with pytest.raises(SourceError, match="cannot be reached"):
        read(address)


def test_credentials_come_from_the_environment_or_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = Fake()
    fake.needs_password = True
    with serving(fake) as address:
        with pytest.raises(SourceError, match="set MLFLOW_TRACKING_TOKEN"):
            read(address)
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
        read(address)
        assert fake.headers[-1]["Authorization"] == "Bearer t0ken"
        monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "pw")
        read(address)
        assert fake.headers[-1]["Authorization"] == "Basic YWRhOnB3"
        batch = read(address.replace("//", "//ada:p%77@"))
        assert fake.headers[-1]["Authorization"] == "Basic YWRhOnB3"
        assert "ada" not in batch.location
        assert "@" not in batch.tables["run"].to_pylist()[0]["location"]


def test_credentials_do_not_follow_a_redirect_to_another_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    here, there = Fake(), Fake()
    with serving(here) as address, serving(there) as other:
        here.hiccups = [busy(302, {"Location": f"{other}/stolen"})]
        with pytest.raises(SourceError, match="leads to another host"):
            read(address)
    assert there.asked == []


def test_points_that_go_round_in_a_circle_end() -> None:
    fake = Fake()
    answer = fake.answer

    def round_and_round(path: str, query: dict[str, Any]) -> Reply:
        code, body, headers = answer(path, query)
        if path == f"{API}/metrics/get-history":
            body["next_page_token"] = "1" if query.get("page_token") == "2" else "2"
        return code, body, headers

    fake.answer = round_and_round  # type: ignore[method-assign]
    with serving(fake) as address:
        batch = read(address)
        with pytest.raises(SourceError, match="same page again"):
            batch.load_points(batch.tables.run_ids[:1])


def test_folders_that_lead_back_end_and_files_beyond_the_most_are_said() -> None:
    fake = Fake()
    answer = fake.answer

    def listing(path: str, query: dict[str, Any]) -> Reply:
        if path != f"{API}/artifacts/list":
            return answer(path, query)
        if query["run_id"] == f"{0:032x}":
            following = {"": "a", "a": "b", "b": "a"}[query.get("path", "")]
            return 200, {"files": [{"path": following, "is_dir": True}]}, {}
        files = [{"path": f"{at}.txt", "is_dir": False, "file_size": 1} for at in range(600)]
        return 200, {"files": files}, {}

    fake.answer = listing  # type: ignore[method-assign]
    with serving(fake) as address:
        tables = read(address).tables
    assert tables["artifact"].num_rows == 3 * mlflow_rest.MAX_ARTIFACTS
    messages = [row["message"] for row in tables["problem"].to_pylist()]
    assert messages.count("more than 500 artifacts; the rest is not listed") == 3


def test_pages_that_go_round_in_a_circle_end() -> None:
    fake = Fake()
    answer = fake.answer

    def round_and_round(path: str, query: dict[str, Any]) -> Reply:
        code, body, headers = answer(path, query)
        return code, body | {"next_page_token": "2"}, headers

    fake.answer = round_and_round  # type: ignore[method-assign]
    with serving(fake) as address, pytest.raises(SourceError, match="same page again"):
        read(address)
