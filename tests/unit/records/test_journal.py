"""What a damaged, torn or contested journal is read as: all valid records, never as whole."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.records.frames import encode_frame, frame_body
from rundiff.records.journal import read_segments
from rundiff.records.run import RunRecord, RunState

NOW = 1_800_000_000_000


def head(*, nonce: str = "n1", **more: Any) -> dict[str, Any]:
    return {"head": {"schema": "rundiff/1", "run": "r1", "nonce": nonce, "name": "one",
                     "experiment": "e", "time": NOW, **more}}  # fmt: skip


def segment(records: Sequence[dict[str, Any]], *, status: str | None = "finished") -> bytes:
    lines = [encode_frame(n, members(record)) for n, record in enumerate(records)]
    if status is not None:
        digest = hashlib.sha256(b"".join(lines)).hexdigest()
        end = {"count": len(lines), "sha256": digest, "status": status, "time": NOW + 1_000}
        lines.append(encode_frame(len(lines), members({"end": end})))
    return b"".join(lines)


def members(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"))[1:-1].encode()


def point(key: str, step: float, value: object) -> dict[str, Any]:
    return {"metric": key, "step": step, "time": NOW + int(step), "value": value}


REFERENCE = segment(
    [
        head(),
        {"params": {"lr": 0.1}},
        point("loss", 1, 0.5),
        point("loss", 2, 0.25),
        {"points": [["acc", 1, NOW, 0.5], ["acc", 2, NOW, "NaN"]]},
        {"tags": {"a": "b"}},
        {"artifact": {"path": "m.pkl", "size": 3, "sha256": "ab"}},
    ]
)


def read(*segments: bytes, now_ms: int | None = None) -> RunRecord:
    named = [(f"s{at}.jsonl", data) for at, data in enumerate(segments)]
    (run,) = read_segments(named, location="runs/r1", run_id="r1", now_ms=now_ms)
    return run


def whole_records(run: RunRecord) -> int:
    return len(run.points) + len(run.params) + len(run.tags) + len(run.artifacts)


def points_of(run: RunRecord) -> list[tuple[str, float, str]]:
    points = run.points
    return [
        (points.names[key], step, repr(value))
        for key, step, value in zip(points.keys, points.steps, points.values, strict=True)
    ]


def test_an_undamaged_journal_is_complete() -> None:
    run = read(REFERENCE)
    assert (run.state, run.status, run.problems) == (RunState.COMPLETE, "finished", ())
    assert whole_records(run) == 7
    assert (run.start_time, run.end_time) == (NOW, NOW + 1_000)


def test_no_flipped_bit_passes_and_none_costs_more_than_two_records() -> None:
    intact = set(points_of(read(REFERENCE)))
    for at in range(len(REFERENCE)):
        for bit in range(8):
            damaged = bytearray(REFERENCE)
            damaged[at] ^= 1 << bit
            run = read(bytes(damaged))
            assert run.state is not RunState.COMPLETE, f"byte {at}, bit {bit}"
            assert run.problems
            # One of the records is a batch of two points.
            assert whole_records(run) >= 7 - 3, f"byte {at}, bit {bit}"
            assert set(run.params.items()) <= {("lr", 0.1)}
            assert set(points_of(run)) <= intact


def test_no_truncation_passes_and_none_loses_a_whole_line() -> None:
    for size in range(len(REFERENCE)):
        run = read(REFERENCE[:size])
        assert run.state is RunState.INTERRUPTED, size
        lines = REFERENCE[:size].count(b"\n")
        assert whole_records(run) == [0, 0, 1, 2, 3, 5, 6, 7, 7][lines]


@pytest.mark.parametrize("change", ["delete", "double", "swap", "zero"])
def test_lines_deleted_doubled_swapped_or_zeroed_are_noticed(change: str) -> None:
    lines = REFERENCE.splitlines(keepends=True)
    for at in range(len(lines) - 1):
        changed = list(lines)
        if change == "delete":
            del changed[at]
        elif change == "double":
            changed.insert(at, lines[at])
        elif change == "swap":
            changed[at], changed[at + 1] = changed[at + 1], changed[at]
        else:
            changed[at] = b"\0" * len(lines[at])
        run = read(b"".join(changed))
        assert run.state is RunState.DAMAGED
        expected = 7 if change in ("double", "swap") else 4  # the batch of two is one record
        assert whole_records(run) >= expected


def test_damage_is_named_with_file_line_and_offset() -> None:
    offset = REFERENCE.index(b'"value":0.5')
    damaged = REFERENCE.replace(b'"value":0.5', b'"value":9.5', 1)
    (problem,) = [p for p in read(damaged).problems if "checksum" in p.message]
    assert problem.location == "runs/r1/s0.jsonl"
    assert problem.line == 3
    start = REFERENCE.rindex(b"\n", 0, offset) + 1
    assert problem.message == f"damaged record at byte {start} (its checksum is wrong)"
    assert problem.severity == "error"


def test_a_line_feed_after_a_short_write_saves_the_next_record() -> None:
    lines = REFERENCE.splitlines(keepends=True)
    torn = b"".join(lines[:3]) + lines[3][:20] + b"\n" + b"".join(lines[3:])
    run = read(torn)
    assert whole_records(run) == 7
    assert run.state is RunState.DAMAGED


def test_losses_are_counted() -> None:
    lost = {"lost": {"records": 12, "syncs": 0, "reason": "ENOSPC"}}
    run = read(segment([head(), point("loss", 1, 0.5), lost]))
    assert (run.lost, run.state) == (12, RunState.DAMAGED)
    assert [p.message for p in run.problems] == ["12 records could not be written (ENOSPC)"]


def test_a_fresh_heartbeat_is_a_running_run() -> None:
    data = segment([head(), point("loss", 1, 0.5), {"beat": NOW + 100_000}], status=None)
    assert read(data, now_ms=NOW + 130_000).state is RunState.RUNNING
    assert read(data, now_ms=NOW + 130_000).status == "running"
    assert read(data + b'{"n":3,"met', now_ms=NOW + 130_000).problems == ()
    assert read(data, now_ms=NOW + 200_000).state is RunState.INTERRUPTED
    assert read(data).state is RunState.INTERRUPTED


def test_a_process_known_to_be_gone_is_not_running() -> None:
    data = segment([head()], status=None)
    (run,) = read_segments([("s", data)], now_ms=NOW + 1, is_alive=lambda _: False)
    assert (run.state, run.status) == (RunState.INTERRUPTED, "")


def test_ranks_of_one_run_are_merged() -> None:
    first = segment([head(), {"params": {"lr": 0.1}}, point("loss", 1, 0.5)])
    second = segment([head(), point("loss", 1, 0.75), point("rank", 0, 1)], status="failed")
    run = read(first, second)
    assert (run.state, run.status) == (RunState.COMPLETE, "failed")
    assert list(run.points.values) == [0.5, 0.75, 1]
    assert [run.points.names[key] for key in run.points.keys] == ["loss", "loss", "rank"]


def test_ranks_that_disagree_on_a_param_are_noticed() -> None:
    run = read(segment([head(), {"params": {"lr": 1}}]), segment([head(), {"params": {"lr": 2}}]))
    assert run.params == {"lr": 1}
    assert "param 'lr' is 1 and later 2; the first counts" in run.problems[0].message


def test_another_run_under_the_same_id_is_a_conflict() -> None:
    one = segment([head(), {"params": {"lr": 1}}])
    other = segment([head(nonce="n2"), {"params": {"lr": 2}}])
    runs = read_segments([("a", one), ("b", other)], run_id="r1")
    assert [run.state for run in runs] == [RunState.CONFLICT, RunState.CONFLICT]
    assert [run.params for run in runs] == [{"lr": 1}, {"lr": 2}]
    assert all("two different runs" in run.problems[-1].message for run in runs)


def test_a_run_that_was_killed_and_resumed_is_complete() -> None:
    killed = segment([head(), point("loss", 1, 0.5)], status=None)
    resumed = segment([head(after={"s0.jsonl": 2}), point("loss", 2, 0.25)])
    run = read(killed, resumed)
    assert (run.state, run.status) == (RunState.COMPLETE, "finished")
    shorter = read(killed[:-20], resumed)
    assert shorter.state is RunState.DAMAGED
    (alone,) = read_segments([("s1.jsonl", resumed)])
    assert alone.state is RunState.DAMAGED


def test_a_fork_that_did_not_end_leaves_the_run_interrupted_but_finished() -> None:
    child = segment([head(parent="s0"), point("loss", 2, 1)], status=None)
    run = read(REFERENCE, child)
    assert (run.state, run.status) == (RunState.INTERRUPTED, "finished")


def test_records_of_a_later_version_are_noticed_and_the_rest_is_read() -> None:
    run = read(segment([head(), {"hologram": {"x": 1}}, point("loss", 1, 0.5)]))
    assert len(run.points) == 1
    assert "does not know: 'hologram'" in run.problems[0].message


@pytest.mark.parametrize(
    "record",
    [
        {"metric": "loss", "step": "x", "time": 1, "value": 1},
        {"metric": "loss", "step": 1, "time": 1, "value": "high"},
        {"metric": "loss", "step": 1, "time": 1, "value": True},
        {"metric": 7, "step": 1, "time": 1, "value": 1.5},
        {"points": "many"},
        {"points": [["loss", 1]]},
        {"params": ["lr"]},
        {"lost": 3},
        {"head": {}},
    ],
)
def test_wrong_shapes_are_problems_not_crashes(record: dict[str, Any]) -> None:
    run = read(segment([head(), record, point("ok", 1, 1.5)]))
    assert run.problems
    assert run.points.names == ["ok"]


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_any_bytes_are_read_as_some_run(chunks: list[bytes]) -> None:
    for run in read_segments([(f"s{at}", data) for at, data in enumerate(chunks)], run_id="r"):
        assert run.state is not RunState.COMPLETE


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8"), max_size=8),
            st.integers(-(10**14), 10**14),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=12,
    )
)
def test_points_are_exact(points: list[tuple[str, int, float]]) -> None:
    run = read(segment([head(), *(point(key, step, value) for key, step, value in points)]))
    assert points_of(run) == [(key, step, repr(value)) for key, step, value in points]
    assert run.state is RunState.COMPLETE


def test_every_checksum_has_eight_digits() -> None:
    lines = [encode_frame(n, b'"beat":1') for n in range(2_000)]
    assert {len(line) - len(str(n)) for n, line in enumerate(lines)} == {len(lines[0]) - 1}
    assert any(b'"c":"0' in line for line in lines)
    assert all(frame_body(line[:-1]) for line in lines)


@pytest.mark.parametrize(
    "text",
    ["1e16", "1e+16", "1e-5", "1e-05", "0.000012345678901234567", "5e-324", "1.5e308", "1.5e+308",
     "-0.0", "1000000000000000.0", "1e400"],
)  # fmt: skip
@pytest.mark.parametrize(
    "form", ['"points":[["loss",1,2,%s]]', '"metric":"loss","step":1,"time":2,"value":%s']
)
def test_a_double_reads_back_in_every_spelling(text: str, form: str) -> None:
    journal = encode_frame(0, members(head())) + encode_frame(1, (form % text).encode())
    assert list(map(repr, read(journal).points.values)) == [repr(float(text))]
