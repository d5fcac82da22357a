"""Every spelling of a run that people write by hand."""

import json
import math
from typing import Any
from zlib import crc32

import pytest
from rundiff.errors import RecordError
from rundiff.records.run import RunRecord, RunState
from rundiff.records.run_document import run_of
from rundiff.records.run_json import encode_run, is_document_of, is_intact
from rundiff.records.strict_json import parse_json
from rundiff.records.written_numbers import time_ms


def read(document: dict[str, Any]) -> RunRecord:
    return run_of(json.loads(json.dumps(document)), location="run.json", run_id="from-file")


def test_the_flat_short_form() -> None:
    run = read({"run_id": "a", "params": {"lr": 0.1}, "metrics": {"acc": 0.9}, "tags": {"t": 1},
                "name": "n", "status": "FINISHED", "experiment": "e"})  # fmt: skip
    assert (run.run_id, run.name, run.status, run.experiment) == ("a", "n", "finished", "e")
    assert (run.params, run.tags) == ({"lr": 0.1}, {"t": 1})
    assert run.summaries["acc"].last == 0.9
    assert run.problems == ()


def test_a_run_without_an_id_is_called_like_its_file() -> None:
    assert read({"params": {"a": 1}, "metrics": {"b": 2}}).run_id == "from-file"


def test_a_name_is_spelled_in_several_ways_and_the_particular_one_counts() -> None:
    sections = {"params": {"a": 1}, "metrics": {"b": 2}}
    assert read({"run": "wide", **sections}).name == "wide"
    both = read({"run": "wide", "run_name": "deep", **sections})
    assert (both.name, both.environment["record"]) == ("deep", {"run": "wide"})


def test_metrics_as_text_lists_pairs_and_points() -> None:
    run = read({"run_id": "a", "params": {}, "metrics": {
        "text": "0.85", "nan": "NaN", "inf": "-Infinity", "int": "9007199254740993",
        "list": [3, "2", 1], "pairs": [[10, 0.5], [20, 0.25, 1_700_000_000_000]],
        "points": [{"value": 1, "step": 5, "timestamp": "2024-01-01T00:00:00Z"}],
        "one": {"value": 7, "step": 3}, "columns": {"values": [1, 2], "steps": [4, 8]},
    }})  # fmt: skip
    last = {key: summary.last for key, summary in run.summaries.items()}
    assert math.isnan(last.pop("nan"))
    assert last == {"text": 0.85, "inf": -math.inf, "int": 2.0**53, "list": 1, "pairs": 0.25,
                    "points": 1, "one": 7, "columns": 2}  # fmt: skip
    assert run.summaries["int"].exact == "9007199254740993"
    by_name = {
        name: [s for k, s in zip(run.points.keys, run.points.steps, strict=True) if k == code]
        for code, name in enumerate(run.points.names)
    }
    assert by_name == {"list": [0, 1, 2], "pairs": [10, 20], "points": [5], "one": [3],
                       "columns": [4, 8]}  # fmt: skip
    assert 1_704_067_200_000 in run.points.times


def test_what_is_no_number_is_kept_and_said() -> None:
    run = read({"run_id": "a", "params": {}, "metrics": {"bad": "high", "flag": True, "ok": 1}})
    assert set(run.summaries) == {"ok"}
    assert run.environment["record"] == {"metrics": {"bad": "high", "flag": True}}
    assert [p.message for p in run.problems] == [
        "metric 'bad' is high; expected a number",
        "metric 'flag' is true; expected a number",
    ]


def test_unknown_fields_are_kept() -> None:
    run = read({"run_id": "a", "params": {"x": 1}, "metrics": {}, "color": "red",
                "info": {"queue": "gpu", "run_name": "n"}, "data": {"images": [1]}})  # fmt: skip
    assert run.environment["record"] == {
        "color": "red", "info": {"queue": "gpu"}, "data": {"images": [1]},
    }  # fmt: skip


def test_mlflow_lists_and_codes() -> None:
    run = read({
        "info": {"run_id": "a", "run_uuid": "a", "status": 4, "start_time": 1_700_000_000_000},
        "data": {
            "params": [{"key": "lr", "value": "0.1"}],
            "metrics": [{"key": "acc", "value": 0.5, "timestamp": 1_700_000_000_500, "step": 2}],
            "tags": [{"key": "mlflow.note.content", "value": "hello"}, {"key": "t", "value": "u"}],
        },
        "inputs": {"dataset_inputs": [{
            "dataset": {"name": "wine", "digest": "1a2b", "source": "{}", "schema": "{}"},
            "tags": [{"key": "mlflow.data.context", "value": "train"}],
        }]},
    })  # fmt: skip
    assert (run.run_id, run.status, run.note) == ("a", "failed", "hello")
    assert run.params == {"lr": "0.1"}
    assert (run.summaries["acc"].last, run.summaries["acc"].last_step) == (0.5, 2)
    assert (run.datasets[0].name, run.datasets[0].context) == ("wine", "train")


def test_artifacts_as_dict_or_list() -> None:
    named = read({"run_id": "a", "params": {}, "artifacts": {"model_path": "model/model.pkl"}})
    assert [artifact.path for artifact in named.artifacts] == ["model/model.pkl"]
    assert named.environment["artifacts"] == {"model_path": "model/model.pkl"}
    listed = read(
        {"run_id": "a", "params": {}, "artifacts": ["a.txt", {"path": "b", "size": 3}, 7]}
    )
    assert [(artifact.path, artifact.size) for artifact in listed.artifacts] == [
        ("a.txt", None),
        ("b", 3),
    ]
    assert "an artifact is 7; expected a path" in listed.problems[0].message


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1_678_886_400_000, 1_678_886_400_000),
        (1_678_886_400, 1_678_886_400_000),
        (1_678_886_400.25, 1_678_886_400_250),
        ("1678886400000", 1_678_886_400_000),
        ("2023-03-15T13:20:00Z", 1_678_886_400_000),
        ("2023-03-15 14:20:00+01:00", 1_678_886_400_000),
        ("2023-03-15T13:20:00", 1_678_886_400_000),
        ("yesterday", None),
        (-5, None),
        (True, None),
        (1e300, None),
    ],
)
def test_times(written: object, expected: int | None) -> None:
    assert time_ms(written) == expected


@pytest.mark.parametrize(
    "document", [{}, {"run_id": "a"}, {"params": 3}, {"data": {}}, {"metrics": {}}]
)
def test_what_is_no_run_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="not a run"):
        read(document)


@pytest.mark.parametrize(
    "broken",
    [
        {"params": [1]}, {"tags": "x"}, {"metrics": "x"}, {"inputs": 3},
        {"inputs": {"dataset": [3]}},
        {"artifacts": 3}, {"status": "exploded"}, {"start_time": "soon"}, {"environment": 3},
        {"summary": {"m": 3}}, {"rundiff": {"state": "perfect", "segments": 3}}, {"info": 3},
    ],
)  # fmt: skip
def test_a_wrong_part_costs_only_itself(broken: dict[str, Any]) -> None:
    run = read({"run_id": "a", "data": {"params": {"ok": 1}, "metrics": {"m": 1}}} | broken)
    assert (run.params, run.summaries["m"].last) == ({"ok": 1}, 1)


def test_a_status_and_a_time_that_are_none_are_kept_as_they_were() -> None:
    run = read({"run_id": "a", "params": {}, "tags": {}, "status": "exploded", "end_time": "soon"})
    assert run.environment == {"record": {"status": "exploded", "end_time": "soon"}}
    assert len(run.problems) == 2


def test_what_is_written_reads_back_the_same() -> None:
    run = read({"run_id": "a", "params": {"x": [1, {"y": None}]}, "metrics": {"m": 0.1},
                "note": "n", "environment": {"python": {"version": "3"}},
                "inputs": {"dataset": [{"name": "d", "rows": 3, "split": 0.8}]}})  # fmt: skip
    data = encode_run(run)
    again = run_of(json.loads(data), location="run.json", run_id="")
    assert again == run
    assert again.state is RunState.COMPLETE


def test_a_changed_record_is_noticed() -> None:
    data = encode_run(read({"run_id": "a", "params": {"x": 1}, "metrics": {"m": 0.125}}))
    assert is_intact(data) is True
    for at in range(len(data) - 22):
        damaged = bytearray(data)
        damaged[at] ^= 4
        assert is_intact(bytes(damaged)) is False
    assert is_intact(b'{"run_id": "a"}\n') is None


@pytest.mark.parametrize(
    "value",
    [1e16, 1e-7, 5e-324, -0.0, 1.0, 1, 1 << 70, math.nan, "NaN", None, "null",
     [math.inf, {"x": None}], "back\\slash", "é\x7f\u2028\n"],
    ids=repr,
)  # fmt: skip
def test_a_written_param_keeps_its_type_and_all_its_digits(value: object) -> None:
    run = RunRecord(run_id="a", params={"x": value})
    data = encode_run(run)
    again = run_of(parse_json(data).value, location="run.json", run_id="")  # type: ignore[arg-type]
    assert is_intact(data)
    assert repr(again.params["x"]) == repr(value)


def respelled(document: dict[str, Any]) -> bytes:
    """Write a document with spaces and a checksum, as until 2026-11."""
    body = json.dumps(document, ensure_ascii=False)[:-1].encode()
    return b'%b,"crc32":"%08x"}\n' % (body, crc32(body))


def test_a_record_is_known_in_another_spelling() -> None:
    run = read({"run_id": "a", "params": {"x": 1e-5, "y": 1}, "metrics": {"m": 1e16}})
    document = json.loads(encode_run(run))
    del document["crc32"]
    document["rundiff"]["metrics"] = None
    assert respelled(document) != encode_run(run)
    assert is_document_of(run, respelled(document))
    assert is_document_of(run, encode_run(run))
    assert not is_document_of(run, respelled(document).replace(b"1e-05", b"2e-05"))
    document["data"]["params"]["y"] = 1.0
    assert not is_document_of(run, respelled(document))
