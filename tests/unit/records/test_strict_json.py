"""One strict parser: what it refuses, and where it says the fault is."""

import json
import math
import tarfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rundiff.errors import RecordError
from rundiff.records.strict_json import parse_json

SUITE = Path("/work/shared/corpus/hostile/JSONTestSuite.tar.gz")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": 1,\n "a": 2}', "f.json:2: the key 'a' occurs twice in one object"),
        (b'{"a": 1\n\n', "f.json:3: not JSON"),
        (b'\n{"a": \xff}', "f.json:2: not UTF-8: byte 0xff at offset 7"),
        (b"[" * 200 + b"]" * 200, "nested deeper than 64 levels"),
        (b"[" * 100_000, "f.json:1: "),
        (b"1" * 5_000, "an integer has more than 4,300 digits"),
        (rb'["\ud800"]', "half of a surrogate pair (U+D800)"),
        (rb'{"\udc00": 1}', "half of a surrogate pair (U+DC00)"),
        (b"", "f.json:1: not JSON"),
        (b"{'a': 1}", "f.json:1: not JSON"),
        (b'{"a": 1}garbage', "Extra data"),
    ],
)
def test_what_is_refused_is_placed(text: bytes, message: str) -> None:
    with pytest.raises(RecordError) as caught:
        parse_json(text, location="f.json")
    assert message in str(caught.value)


def test_bare_words_and_numbers_beyond_a_double_are_read_with_a_notice() -> None:
    parsed = parse_json(b'{"a": NaN, "b": [-Infinity, 1e400], "c": 1}')
    assert not parsed.is_plain
    assert isinstance(parsed.value, dict)
    assert math.isnan(parsed.value["a"])
    assert parsed.value["b"] == [-math.inf, math.inf]
    assert parse_json(b'{"a": 1e308, "b": 1e-400}').is_plain


def test_what_json_allows_is_read() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]").value == [1]
    assert parse_json(rb'["\ud83d\ude00", "\\ud800"]').value == ["😀", r"\ud800"]
    deep: object = parse_json(b"[" * 64 + b"]" * 64).value
    assert json.dumps(deep).count("[") == 64


TEXTS = st.text(st.characters(codec="utf-8"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | TEXTS
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_whatever_the_standard_library_writes_reads_back(value: object) -> None:
    for is_ascii in (True, False):
        parsed = parse_json(json.dumps(value, ensure_ascii=is_ascii).encode())
        assert parsed.value == value
        assert parsed.is_plain


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_one_kind_of_error(data: bytes) -> None:
    with suppress(RecordError):
        parse_json(data, location="f")


Written = tuple[str, bool]  # a JSON text, and whether an object in it has a key twice
MARKS = st.text(st.sampled_from('a:"{}[] ,\\\n'), max_size=3).map(json.dumps)
SPACE = st.sampled_from(["", "", "", " ", "\t", "\n ", "\r"])


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Written]) -> Written:
    pairs = draw(st.lists(st.tuples(MARKS, SPACE, SPACE, inner), max_size=4))
    keys = [key for key, *_ in pairs]
    text = ",".join(f"{key}{before}:{after}{item}" for key, before, after, (item, _) in pairs)
    is_twice = len(set(keys)) < len(keys) or any(twice for *_, (_, twice) in pairs)
    return f"{{{text}}}", is_twice


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[Written]) -> Written:
    items = draw(st.lists(inner, max_size=4))
    return f"[{','.join(item for item, _ in items)}]", any(twice for _, twice in items)


WRITTEN: st.SearchStrategy[Written] = st.recursive(
    (MARKS | st.sampled_from(["1", "null", "-0.5e3"])).map(lambda text: (text, False)),
    lambda inner: objects(inner) | lists(inner),
    max_leaves=12,
)


@given(WRITTEN)
def test_a_key_that_occurs_twice_never_passes_and_no_other_is_refused(written: Written) -> None:
    text, is_twice = written
    if is_twice:
        with pytest.raises(RecordError, match="occurs twice in one object"):
            parse_json(text.encode())
    else:
        assert parse_json(text.encode()).value == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a" :1, "a":2}',
        '{"a":1, "a"\n:2}',
        '{"a": "x:", "b": {"c": 1, "c": 1}}',
        '{"at": "12:30", "at": "12:30"}',
        '{"a": {"b": 1}, "a": 1}',
        '[[{"a": [], "a": []}], {"b": ":"}]',
        r'{"\u0061": 1, "a": 2}',
        '{"a": 1, "a": 2}, then no JSON',
    ],
)
def test_no_colon_elsewhere_makes_up_for_a_key_that_was_dropped(text: str) -> None:
    with pytest.raises(RecordError, match="occurs twice in one object"):
        parse_json(text.encode())


def outcome(data: bytes) -> str:
    """Return what a text gives, told apart by type: 1, 1.0 and -0.0 differ in their ``repr``."""
    try:
        return repr(parse_json(data, location="f"))
    except RecordError as error:
        return str(error)


def outcome_of_the_scanner(data: bytes) -> str:
    with patch("rundiff.records.strict_json._read_back", return_value=None):
        return outcome(data)


NUMBERS = [
    "0", "-0", "-0.0", "0.0", "1", "1.0", "1e5", "1E5", "1e+5", "100000.0", "1e-05", "1e-5",
    "0.00001", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "1" * 30, "1" * 400, "123456789012345678901.5", "1e308", "1.7976931348623157e308", "1.8e308",
    "1e400", "-1e400", "1e-400", "0.1e-400", "5e-324", "2.5e-324", "0.1", "0.1000000000000000055",
    "0.30000000000000004", "1e22", "1e23", "1e-012", "-3.25E-07", "1_0e-05", "e-05", "1e-0",
    "01", "+1", ".5", "5.", "1.e5", "1e", "--1", "0x10",
    "1_000", "NaN", "-Infinity", "null", "tru",
]  # fmt: skip
STRINGS = [
    r'"\u0000"', r'"\u001f"', r'"\u007f"', '"\x7f"', r'"\/"', '"/"', r'"\u00e9"', '"\u00e9"',
    '"\u2028"', r'"\ud83d\ude00"', '"\U0001f600"', r'"\ud800"', r'"\ude00\ud83d"', r'"\n"',
    '"\n"', '"\t"', '"\0"', '"a:b"', '"a:1e-05"', '"x,1e-06"',
    r'"\""', r'"\\"', '"\ufeff"', '"\uffff"', '""', '"', "'a'",
]  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS + STRINGS)
def test_the_quick_way_reads_what_the_scanner_reads(text: str) -> None:
    for each in (
        f'{{"a": {text}}}', f'{{"a":{text}}}', f"[{text}, {text}]", f"[{text},]", f" {text} ",
        f"\ufeff{text}", f'{{{text}: 1, "b": 2}}', f"{{{text}: 1, {text}: 2}}", f"[{{{text}:1}}]",
        "[" * 63 + text + "]" * 63, "[" * 64 + text + "]" * 64, "[" * 65 + text + "]" * 65,
    ):  # fmt: skip
        data = each.encode()
        assert outcome(data) == outcome_of_the_scanner(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b"[1]\0",
        b"[1]\x0b",
    ],
)
def test_the_quick_way_refuses_what_is_no_text(data: bytes) -> None:
    assert outcome(data) == outcome_of_the_scanner(data)


PIECES = st.sampled_from(
    [*"0123456789.eE+-{}[]:, \n\\u", '"', '"a"', '"a":', "null", "1.5", "d800"]
)


@given(
    st.lists(PIECES, max_size=30).map("".join), st.lists(PIECES, max_size=8).map("".join), VALUES
)
def test_the_quick_way_agrees_on_any_text(text: str, other: str, value: object) -> None:
    written = json.dumps(value, ensure_ascii=False)
    at = len(written) // 2
    for each in (
        text,
        f"[{text}]",
        written,
        written[:at] + other + written[at:],
        f'{{"a":{other}}}',
    ):
        data = each.encode()
        assert outcome(data) == outcome_of_the_scanner(data)


def test_most_runs_are_read_the_quick_way() -> None:
    params = {"lr": 1e-05, "eps": [-2.5e-08, 1e-12], "n": 8, "sale-05": "1e-05"}
    run = {"run_uuid": "a b", "data": {"params": params, "metrics": {"x: y, z": 1e-7, "e-0": 0.5}}}
    with patch("rundiff.records.strict_json._scan", side_effect=AssertionError):
        for text in (
            json.dumps(run),
            json.dumps(run, indent=2),
            json.dumps(run, separators=(",", ":")),
        ):
            assert parse_json(text.encode()).value == run


def test_no_key_stands_for_another_with_its_hash() -> None:
    # Both have the XXH3 hash by which orjson keeps keys from text to text; found in 22 s.
    forged, key = "aldjinbilkaejjlmdpkanldejiejghoi", "loss"
    for first, second in ((forged, key), (key, forged)):
        for text in (f'{{"{first}": 1}}', f'{{"{second}": 2}}', f'{{"{first}": 1, "{second}": 2}}'):
            assert parse_json(text.encode()).value == json.loads(text)
    together = f'[{{"{key}": 1}}, {{"{forged}": 1}}]'
    assert parse_json(together.encode()).value == json.loads(together)


def test_json_test_suite() -> None:
    if not SUITE.exists():
        pytest.skip("the shared corpus is not on this machine")
    twice = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
    words = {"n_number_NaN.json", "n_number_infinity.json", "n_number_minus_infinity.json"}
    wrong = []
    with tarfile.open(SUITE) as archive:
        for member in archive.getmembers():
            name = Path(member.name).name
            file = archive.extractfile(member) if name.endswith(".json") else None
            if file is None or name[:2] not in ("y_", "n_", "i_"):
                continue
            try:
                parse_json(file.read())
                is_read = True
            except RecordError:
                is_read = False
            is_expected = {"y_": True, "n_": False}.get(name[:2], is_read)
            if is_read != (is_expected ^ (name in twice) ^ (name in words)):
                wrong.append(name)
    assert wrong == []
