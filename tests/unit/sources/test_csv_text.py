"""Delimited text: what the real files do to a reader."""

from __future__ import annotations

from rundiff.sources.csv_text import cell_number, parse_csv


def rows(data: bytes) -> list[list[str]]:
    return [cells for _, cells in parse_csv(data).rows()]


def test_quotes_line_ends_and_marks_of_every_kind() -> None:
    assert rows(b'\xef\xbb\xbfa,b\r\n1,"x,\n""y"""\r\n') == [["1", 'x,\n"y"']]
    assert rows(b"a,b\r0,1\r2,3\r") == [["0", "1"], ["2", "3"]]
    assert rows("a\tb\n1\t2\n".encode("utf-16")) == [["1", "2"]]
    assert rows(b"a,b\n1," + b"x" * 200_000 + b"\n") == [["1", "x" * 200_000]]


def test_names_are_stripped_and_made_unique() -> None:
    table = parse_csv(b"  a , a,,b\n1,2,3,4\n")
    assert table.header == ("a", "a~2", "column 3", "b")
    assert "two columns are called 'a'" in table.problems[0][2]


def test_an_unclosed_quote_does_not_swallow_the_rest() -> None:
    table = parse_csv(b'a,b\n1,2\n"x,3\n4,5\n')
    assert [(line, cells) for line, cells in table.rows()] == [
        (2, ["1", "2"]),
        (3, ['"x', "3"]),
        (4, ["4", "5"]),
    ]
    assert "never closed" in table.problems[0][2]


def test_ragged_rows_are_read_and_said() -> None:
    table = parse_csv(b"a,b\n1\n1,2,3\n1,2,\n\n")
    assert [cells for _, cells in table.rows()] == [["1", ""], ["1", "2"], ["1", "2"]]
    assert [(line, message.split(";")[0]) for line, _, message in table.problems] == [
        (2, "the row has fewer than 2 cells"),
        (3, "the row has more than 2 cells"),
    ]


def test_only_plain_numbers_are_numbers() -> None:
    assert cell_number(" 1.5 ") == 1.5
    assert cell_number("1e-3") == 0.001
    assert cell_number("1_000") is None
    assert cell_number("1,5") is None
    assert cell_number("1,5", has_decimal_comma=True) == 1.5
