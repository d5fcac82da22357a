"""Delimited text read by rule: the csv module and nothing that guesses types.

DuckDB's sniffer reads a lone ``inf`` as a date and pandas turns ``NA`` params into NaN, so cells
stay text here and each reader says which of its columns are numbers. Met in real files and handled:
headers padded with blanks (YOLOv5), a header repeated in the middle (appended runs), old Mac line
ends, NUL bytes, a semicolon with decimal commas, cells over the csv module's limit, rows too short
or too long, and a quote that is never closed, which would swallow the rest of the file.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rundiff.sources.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FIELD = 64 << 20
MISSING = frozenset({"", "NA", "N/A", "<NA>", "null", "None"})
_DELIMITERS = ",\t;|"
_LOOKED_AT = 5  # lines that tell whether blanks separate the columns


@dataclass(slots=True, kw_only=True)
class CsvText:
    """A header and its rows; ``problems`` (line, severity, message) fill up while rows are read."""

    header: tuple[str, ...]
    delimiter: str
    lines: list[str] = field(repr=False)
    problems: list[tuple[int, str, str]]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of each row that is not blank, as many cells as the header has."""
        width = len(self.header)
        odd: dict[str, list[int]] = {}
        for line, cells in _parse(self.lines, self.delimiter, self.problems):
            if not cells or (len(cells) == 1 and not cells[0].strip(" \t") and width > 1):
                continue
            if len(cells) == width and _clean_names(cells) == self.header:
                odd.setdefault("repeats the header, skipped", []).append(line)
                continue
            if len(cells) < width:
                odd.setdefault(f"has fewer than {width} cells", []).append(line)
            elif any(cell.strip() for cell in cells[width:]):
                odd.setdefault(f"has more than {width} cells; the rest is left out", []).append(
                    line
                )
            yield line, [*cells, *[""] * (width - len(cells))][:width]
        for what, lines in odd.items():
            more = f" (one of {len(lines)} such rows)" if len(lines) > 1 else ""
            self.problems.append((lines[0], "notice", f"the row {what}{more}"))


def parse_csv(data: bytes, *, delimiter: str | None = None) -> CsvText:
    """Return header and rows of delimited text; the header is empty where there is none."""
    problems: list[tuple[int, str, str]] = []
    text = decode_text(data)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.append((line, "notice", f"{text.count(chr(0)):,} NUL bytes, ignored"))
        text = text.replace("\0", "")
    lines = list(io.StringIO(text, newline=""))
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        return CsvText(header=(), delimiter=",", lines=[], problems=problems)
    if delimiter is None and _is_aligned(lines[:_LOOKED_AT]):
        lines = [" ".join(line.split()) + "\n" for line in lines]
        delimiter = " "
    found = delimiter or max(_DELIMITERS, key=lines[0].count)
    # The header's own quotes may hold line ends: it is parsed with the rest, then taken off.
    parsed = _parse(lines, found, [])
    _, names = next(parsed, (1, []))
    following, _ = next(parsed, (len(lines) + 1, []))
    header = _unique(_clean_names(names), problems)
    return CsvText(
        header=header,
        delimiter=found,
        lines=["\n"] * (following - 1) + lines[following - 1 :],
        problems=problems,
    )


def _is_aligned(lines: list[str]) -> bool:
    """Tell whether blanks separate the columns, as in R's and many loggers' tables."""
    if any(delimiter in lines[0] for delimiter in _DELIMITERS):
        return False
    rows = [line.split() for line in lines if line.strip()]
    return (
        len(rows) > 1
        and len(rows[0]) > 2
        and {len(row) for row in rows[1:]} <= {len(rows[0])}
        and 2 * sum(cell_number(cell) is not None for cell in rows[1]) >= len(rows[1])
        and all(cell_number(cell) is None for cell in rows[0])
    )


def cell_number(cell: str, *, has_decimal_comma: bool = False) -> float | None:
    """Return a cell as a double, or None where it is no number."""
    text = cell.strip()
    if not text or "_" in text:
        return None
    if has_decimal_comma and "," in text and "." not in text:
        text = text.replace(",", ".", 1)
    try:
        return float(text)
    except ValueError:
        return None


def is_missing(cell: str) -> bool:
    """Tell whether a cell stands for no value."""
    return cell.strip() in MISSING


def _parse(
    lines: list[str], delimiter: str, problems: list[tuple[int, str, str]]
) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(MAX_FIELD)  # the module's own limit of 131,072 is for the whole process
    has_open_quote = sum(line.count('"') for line in lines) % 2 == 1
    reader = csv.reader(lines, delimiter=delimiter)
    held: tuple[int, list[str]] | None = None
    start = 1
    try:
        for cells in reader:
            if held is not None:
                yield held
            held, start = (start, cells), reader.line_num + 1
    except csv.Error as error:
        problems.append((reader.line_num, "error", f"{error}; the rows after it are not read"))
    if held is None:
        return
    first, cells = held
    if not has_open_quote or not any("\n" in cell or "\r" in cell for cell in cells[-1:]):
        yield held
        if has_open_quote:
            problems.append((first, "notice", "a quote is opened and not closed"))
        return
    problems.append((first, "notice", "a quote is opened and never closed; read without quotes"))
    rest = csv.reader(lines[first - 1 :], delimiter=delimiter, quoting=csv.QUOTE_NONE)
    for offset, plain in enumerate(rest):
        yield first + offset, plain


def _clean_names(cells: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip(" \t\r\n") for cell in cells)


def _unique(names: tuple[str, ...], problems: list[tuple[int, str, str]]) -> tuple[str, ...]:
    """Tell columns of one name apart (``a``, ``a~2``) and give those without a name one."""
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        base = name or ("index" if place == 0 else f"column {place + 1}")
        unique, number = base, 2
        while unique in found:
            unique, number = f"{base}~{number}", number + 1
        if unique != base:
            problems.append(
                (1, "notice", f"two columns are called {base!r}; one is {unique!r} here")
            )
        found[unique] = place
    return tuple(found)
