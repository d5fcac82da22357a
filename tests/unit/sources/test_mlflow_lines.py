"""Lines of metric files, quick way and slow way alike, and meta.yaml read without YAML."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.errors import RecordError
from rundiff.sources import mlflow_lines
from rundiff.sources.mlflow_lines import parse_metric_file
from rundiff.sources.mlflow_meta import parse_meta
from rundiff.sources.yaml import parse_yaml

LINES = st.lists(
    st.tuples(
        st.integers(0, 10**13),
        st.floats(),
        st.integers(-(10**9), 10**9),
    ),
    min_size=1,
)


@given(LINES)
def test_what_mlflow_writes_is_read_back(points: list[tuple[int, float, int]]) -> None:
    data = "".join(f"{time} {value} {step}\n" for time, value, step in points).encode()
    found = parse_metric_file(data)
    unique = list(dict.fromkeys((time, repr(value), step) for time, value, step in points))
    read = zip(found.times, map(repr, found.values), found.steps, strict=True)
    assert [(time, value, int(step)) for time, value, step in read] == unique
    assert found.odd == ()


@given(st.lists(st.sampled_from([b"1 2 3", b"1 2", b"1 2.5.5 3", b"x", b"", b"1 nan 2", b"7 1e3 -4",
                                 b"1\t2\t3", b"5 inf 1 name d1", b"5 1 1 a name d2",
                                 b"9 1_0 3", b"9 0x1 3"])))  # fmt: skip
def test_the_quick_way_and_the_slow_way_agree(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    quick, slow = parse_metric_file(data), mlflow_lines._parse_lines(data)
    assert repr(quick) == repr(slow)


def test_odd_lines_are_named_and_the_others_kept() -> None:
    found = parse_metric_file(b"1 0.5 0\n\ngarbage\n2 1,5 1\n3 0.25 2 data set d1g\n4 0.125")
    assert found.values == [0.5, 0.25, 0.125]
    assert found.steps == [0.0, 2.0, 0.0]
    assert found.datasets == (("data set", "d1g"),)
    assert found.odd == ((3, "'garbage'"), (4, "'2 1,5 1'"))
    assert found.is_cut


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (b"1 0.3 9\n2 0.1 1\n3 0.2 4\n", 0.3),
        (b"1 0.1 5\n2 0.2 5\n", 0.2),
        (b"2 0.1 5\n1 0.2 5\n", 0.1),
        (b"1 0.1 5\n1 0.2 5\n1 0.15 5\n", 0.2),
        (b"1 nan 5\n1 -inf 5\n", -math.inf),
    ],
    ids=["step", "time", "earlier", "value", "nan"],
)
def test_the_last_point_is_that_of_mlflow(lines: bytes, last: float) -> None:
    found = parse_metric_file(lines)
    assert found.values[found.last()] == last or math.isnan(found.values[found.last()])


META = b"""artifact_uri: file:///c:/x y/artifacts
end_time: null
experiment_id: '0'
name: it is, so: "quoted"
run_name: 'don''t'
start_time: 1700000000000
"""


@pytest.mark.parametrize(
    "text",
    [
        META.replace(b'name: it is, so: "quoted"\n', b"").replace(b"run_name: 'don''t'\n", b""),
        META.replace(b'name: it is, so: "quoted"\n', b""),
        b"run_id: 12345678901234567890123456789012\nstatus: 3\n",
        b"run_name: 1e3\nsource: a # comment\n",
        b"tags: []\nname: x\n",
        b"name: a\n  folded line\nb: {c: 1}\n",
        b"a: ''\nb: 'x'\n",
        b"a: ~\nb: [1, 2]\n",
        "name: Gr\u00f6\u00dfe\n".encode(),
    ],
)
def test_a_meta_file_says_what_yaml_says(text: bytes) -> None:
    expected = parse_yaml(text, is_text=True).value
    assert isinstance(expected, dict)
    found = parse_meta(text, notices=[])
    assert {key: value for key, value in expected.items() if value != []} == {
        key: value for key, value in found.items() if value != []
    }


@pytest.mark.parametrize("text", [b"", b"- a\n", b"just text\n", META])
def test_what_is_no_mapping_is_an_error(text: bytes) -> None:
    with pytest.raises(RecordError):
        parse_meta(text, notices=[])
