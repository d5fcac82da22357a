"""YAML is read by 1.2 rules, nothing is constructed, and what it expands to is bounded."""

from __future__ import annotations

import json
import math

import pytest
from rundiff.errors import RecordError
from rundiff.sources.yaml import parse_yaml


def value(text: str | bytes) -> object:
    return parse_yaml(text).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("1.0e+3", 1000.0),
        (".5", 0.5),
        ("012", 12),
        ("0x1F", 31),
        ("0o17", 15),
        ("-7", -7),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("on", "on"),
        ("yes", "yes"),
        ("True", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("9" * 5_000, "9" * 5_000),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, expected: object) -> None:
    found = value(text)
    assert (type(found), found) == (type(expected), expected)


def test_nan_is_a_number() -> None:
    found = value("a: .nan")
    assert isinstance(found, dict)
    assert math.isnan(found["a"])


def test_unknown_tags_become_text_and_nothing_is_constructed() -> None:
    found = value(
        "t: !!python/tuple [1, 2]\n"
        "f: !!python/name:torch.relu ''\n"
        "o: !!python/object/apply:os.system ['echo hi']\n"
        "c: !mine {a: 1}\n"
        "s: !!str 12\n"
    )
    assert found == {
        "t": [1, 2],
        "f": "!!python/name:torch.relu",
        "o": '!!python/object/apply:os.system ["echo hi"]',
        "c": {"__class__": "!mine", "a": 1},
        "s": "12",
    }


def test_merge_keys_and_aliases() -> None:
    assert value("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n") == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2},
    }


def test_of_a_repeated_key_the_last_counts_and_it_is_said() -> None:
    document = parse_yaml("a: 1\nb: 2\na: 3\n")
    assert document.value == {"a": 3, "b": 2}
    assert document.notices == ((3, "key 'a' occurs twice; the last value counts"),)


def test_keys_are_text() -> None:
    assert value("1: a\nnull: b\n[1, 2]: c\n") == {"1": "a", "null": "b", "[1, 2]": "c"}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: [1\nb: 2", "not YAML", 2),
        ("a: &a [*a]", "alias 'a' has no value here", 1),
        ("[" * 100_000, "nested more than", 1),
        (
            "a0: &a0 x\n"
            + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)),
            "expands to more than",
            7,
        ),
        (
            f"a: &a {'x' * 1_000_000}\nb: &b [{', '.join(['*a'] * 99)}]\n",
            "expands to more than",
            2,
        ),
    ],
    ids=["torn", "cycle", "deep", "billion laughs", "long text"],
)
def test_what_is_no_yaml_or_too_much_is_one_error_with_its_line(
    text: str, message: str, line: int
) -> None:
    with pytest.raises(RecordError, match=message) as caught:
        parse_yaml(text)
    assert caught.value.line == line


def test_bytes_of_any_encoding_are_shown() -> None:
    assert value("a: 1".encode("utf-16")) == {"a": 1}
    assert value(b"\xef\xbb\xbfa: 1") == {"a": 1}
    assert value("a: \x1b[0m") == {"a": "\\x1b[0m"}
    document = parse_yaml(b"a: 1\nb: caf\xe9\n")
    assert document.value == {"a": 1, "b": "caf\\xe9"}
    assert document.notices[0][0] == 2
    assert value('a: "x"\nb: \ud800') == {"a": "x", "b": "\\ud800"}


def test_objects_of_other_programs_name_their_class_and_keep_their_entries() -> None:
    text = (
        "train: !!python/object:prophet.Train\n  epochs: 200\n"
        "  optimizer: !!python/name:torch.SGD ''\n"
        "seasons: !!python/object/apply:collections.OrderedDict\n- - - yearly\n    - 1\n"
        "scale: !!python/object/apply:numpy.scalar [!!python/object/apply:numpy.dtype [f8], x]\n"
    )
    assert value(text) == {
        "train": {"__class__": "prophet.Train", "epochs": 200,
                  "optimizer": "!!python/name:torch.SGD"},
        "seasons": {"yearly": 1},
        "scale": {"__class__": "!!python/object/apply:numpy.scalar",
                  "args": ['!!python/object/apply:numpy.dtype ["f8"]', "x"]},
    }  # fmt: skip


def test_tags_in_tags_do_not_grow_with_every_level() -> None:
    for depth in (10, 30, 60):
        found = value("a: " + "!!x/y [" * depth + '"q"' + "]" * depth)
        assert len(json.dumps(found)) < 100 * depth
