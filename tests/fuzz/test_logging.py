"""Whatever is logged is what is read: through the journal, run.json, and the canonical tables."""

import json
import math
import tempfile
from pathlib import Path

import rundiff
from hypothesis import given, settings
from hypothesis import strategies as st
from rundiff.records.values import flatten
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = TEXTS | st.sampled_from(
    ["val-loss", "constructor", "__proto__", "", "a.b", "\\", '"', "\n", "\u202e", "k" * 4_096]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | TEXTS
    | st.sampled_from(["NaN", "Infinity", "{}", "[1", "1e5", "true", "null"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
POINTS = st.lists(st.tuples(KEYS, st.integers(-5, 2**40), st.floats() | st.integers()), max_size=8)


@settings(max_examples=40)
@given(params=st.dictionaries(KEYS, VALUES, max_size=5), points=POINTS, note=TEXTS, name=TEXTS)
def test_what_is_logged_is_what_is_read(
    params: dict[str, object], points: list[tuple[str, int, float]], note: str, name: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with rundiff.start_run(
            store=folder, run_name=name or "x", experiment="e", note=note
        ) as run:
            rundiff.log_params(params)
            for key, step, value in points:
                rundiff.log_metric(key, value, step=step)
        without_record = Path(run.folder.parent, "journal-only")
        without_record.mkdir()
        for segment in run.folder.glob("*.jsonl"):
            (without_record / segment.name).write_bytes(segment.read_bytes())
        for place in (run.folder, without_record):
            merged = merge_batches(load_sources([str(place)], ReadOptions()))
            (row,) = merged.tables["run"].to_pylist()
            assert (row["name"], row["note"] or "", row["state"]) == (name or "x", note, "complete")
            expected = [leaf for key, value in params.items() for leaf in flatten(key, value)]
            found = [
                (param["key"], (param["type"], param["value"]))
                for param in merged.tables["param"].to_pylist()
            ]
            if len({key for key, _ in expected}) == len(expected):
                assert found == [(key, (value.type, value.value)) for key, value in expected]
            table, problems = merged.load_points(merged.tables.run_ids)
            assert problems == ()
            assert [
                (point["key"], point["step"], json.dumps(point["value"]))
                for point in sorted(table.to_pylist(), key=lambda point: int(point["seq"]))
            ] == [(key, step, json.dumps(nearest(value))) for key, step, value in points]


def nearest(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
