"""A table of any of the file types, as a header and rows of cells.

CSV and TSV cells are text; JSON and Parquet cells keep their type. JSON may be a list of objects,
one object a line, an object of columns (``DataFrame.to_json`` and ``to_dict("list")``), an object
of runs by name, or one object, which is one row; nested keys are joined. A cell that is absent, or
null, is ``None``: in a table of runs that means that this run has no such entry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.sources.csv_text import parse_csv
from rundiff.sources.foreign_json import Json, iterate_json_lines, nested_leaves, parse_foreign_json
from rundiff.sources.history import number_of
from rundiff.sources.table_shape import is_metric_name
from rundiff.sources.text import clean_text, decode_text
from rundiff.sources.yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rundiff.sources.parquet import ParquetReader
    from rundiff.sources.tree import Tree

CSV, JSON, LINES, PARQUET = (".csv", ".tsv"), (".json",), (".jsonl", ".ndjson"), (".parquet",)
LOGS = (".txt", ".log", ".dat", ".out")  # whose names do not say what is in them
DOCUMENTS = (".yaml", ".yml")
_ENTRY = re.compile(rb"[^:,;\t|]{1,100}:(?:\s.*)?")
MAX_TEXT = 65_536
MAX_COLUMNS = 20_000
# A member of this name holds runs; members of the other names are parts of one run.
_LISTS = frozenset({"experiments", "models", "runs", "trials"})
_PARTS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing",
                    "eval", "evaluation", "config", "params", "args", "metrics", "results",
                    "summary", "history", "model", "overall", "macro avg"})  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Grid:
    """Column names and rows; ``problems`` (line, severity, message) fill up while rows are read."""

    header: tuple[str, ...]
    rows: Iterable[tuple[int, list[object]]]
    is_text: bool
    is_history: bool = False  # columns of unequal length, as no table of runs has
    has_decimal_comma: bool = False
    problems: list[tuple[int | None, str, str]] = field(default_factory=list)


def load_grid(tree: Tree, path: str, reader: ParquetReader) -> Grid:
    """Return the table in a file; raises RecordError where there is none."""
    name = (path or tree.only_file or "").lower()
    if name.endswith(PARQUET):
        return _of_parquet(reader.read(tree, path))
    data = tree.read(path)
    where = tree.show(path)
    is_log = name.endswith(LOGS)
    if name.endswith(LINES) or (is_log and data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")):
        return _of_lines(data, where)
    if name.endswith(JSON):
        return _of_json(parse_foreign_json(data, location=where), where)
    if name.endswith(DOCUMENTS) or (is_log and is_lines_of_values(data)):
        document = parse_yaml(data)
        return _of_json(Json(document.value, document.notices), where)
    table = parse_csv(data)
    grid = Grid(
        header=table.header,
        rows=((line, [cell or None for cell in cells]) for line, cells in table.rows()),
        is_text=True,
        has_decimal_comma=table.delimiter == ";",
    )
    grid.problems = table.problems  # type: ignore[assignment]  # a list of the narrower kind
    return grid


def is_lines_of_values(data: bytes) -> bool:
    """Tell whether text is one ``name: value`` a line, as YAML has it."""
    lines = [line.rstrip() for line in data[:4_096].split(b"\n") if line.strip()]
    return bool(lines) and all(_ENTRY.fullmatch(line) for line in lines[:20])


def _of_parquet(table: pa.Table) -> Grid:
    names: list[str] = []
    for place, name in enumerate(table.column_names):
        clean = clean_text(name) or f"column {place + 1}"
        unique, number = clean, 2
        while unique in names:
            unique, number = f"{clean}~{number}", number + 1
        names.append(unique)
    columns = [plain_cells(column) for column in table.columns]
    rows = enumerate(map(list, zip(*columns, strict=True)), start=1)
    return Grid(header=tuple(names), rows=rows, is_text=False)


def plain_cells(column: pa.ChunkedArray) -> list[object]:
    """Return a column as plain values; text with invalid UTF-8 shows its bytes, times are ISO 8601.

    What Python cannot hold (a date in the year 10,000) is text, cell by cell.
    """
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_binary())
    try:
        return [_plain(value) for value in column.to_pylist()]
    except (ValueError, OverflowError, pa.ArrowException):
        return [_one(cell) for cell in column]


def _one(cell: pa.Scalar) -> object:
    try:
        return _plain(cell.as_py())
    except (ValueError, OverflowError, pa.ArrowException):
        return f"{getattr(cell, 'value', None)} as {cell.type}"


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes):
        return decode_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): _plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    isoformat = getattr(value, "isoformat", None)
    return clean_text(str(isoformat() if callable(isoformat) else value))


def _of_lines(data: bytes, where: str) -> Grid:
    problems: list[tuple[int | None, str, str]] = []
    found: list[tuple[int, Mapping[str, object]]] = []
    for line, parsed in iterate_json_lines(data, location=where):
        if isinstance(parsed, RecordError):
            problems.append((line, "error", parsed.message))
        elif isinstance(parsed.value, dict):
            problems.extend((at, "notice", message) for at, message in parsed.notices)
            found.append((line, parsed.value))
        else:
            problems.append((line, "error", "not a JSON object"))
    return _of_objects(found, problems)


def _of_json(parsed: Json, where: str) -> Grid:
    problems = [(line, "notice", message) for line, message in parsed.notices]
    value = parsed.value
    is_history = False
    if isinstance(value, dict):
        value = _unwrapped(value)
    if isinstance(value, dict):
        is_history = _is_ragged(value)
        if is_history or _is_columns(value):
            value = _turned(value)
        elif _is_named_rows(value):
            value = [{"name": name, **row} for name, row in value.items() if isinstance(row, dict)]
        else:
            value = [value]
    if not isinstance(value, list):
        raise RecordError("neither rows nor columns: expected objects", location=where)
    odd = sum(not isinstance(row, dict) for row in value)
    if odd:
        problems.append((None, "error", f"{odd:,} rows that are no objects, left out"))
    rows: list[tuple[int, Mapping[str, object]]] = [
        (place, row) for place, row in enumerate(value, start=1) if isinstance(row, dict)
    ]
    grid = _of_objects(rows, list(problems))
    grid.is_history = is_history
    return grid


def _unwrapped(value: dict[str, object]) -> object:
    """Return the runs that a document lists in one of its members, each with the rest of it."""
    for name in sorted(_LISTS & value.keys()):
        runs = value[name]
        if isinstance(runs, dict) and _is_named_rows(runs):
            runs = [{"name": own, **row} for own, row in runs.items() if isinstance(row, dict)]
        if isinstance(runs, list) and runs and all(isinstance(run, dict) for run in runs):
            rest = {key: child for key, child in value.items() if key != name}
            return [{**run, **{key: each for key, each in rest.items() if key not in run}}
                    for run in runs if isinstance(run, dict)]  # fmt: skip
    return value


def _is_columns(value: Mapping[str, object]) -> bool:
    """Tell whether every member is a column: all lists of one length, or all objects of pandas."""
    columns = list(value.values())
    if len(columns) < 2:
        return False
    if all(isinstance(column, list) for column in columns):
        return len({len(column) for column in columns if isinstance(column, list)}) == 1
    keys = [tuple(column) for column in columns if isinstance(column, dict)]
    if len(keys) != len(columns) or len(set(keys)) != 1 or not keys[0]:
        return False
    return all(key.isdecimal() for key in keys[0]) or all(map(is_metric_name, value))


def _is_ragged(value: Mapping[str, object]) -> bool:
    """Tell whether this is a history whose logs are of unequal length."""
    columns = list(value.values())
    return (
        len({len(column) for column in columns if isinstance(column, list)}) > 1
        and all(isinstance(column, list) for column in columns)
        and all(number_of(cell) is not None or cell is None
                for column in columns if isinstance(column, list) for cell in column)
    )  # fmt: skip


def _is_named_rows(value: Mapping[str, object]) -> bool:
    """Tell whether every member is a run under its name, and not a part of one run."""
    rows = list(value.values())
    return (
        len(rows) > 1
        and all(isinstance(row, dict) and row for row in rows)
        and _PARTS.isdisjoint(name.strip().lower() for name in value)
    )


def _turned(value: Mapping[str, object]) -> list[object]:
    cells = [list(column.values()) if isinstance(column, dict) else column
             for column in value.values() if isinstance(column, dict | list)]  # fmt: skip
    return [dict(zip(value, row, strict=True)) for row in zip_longest(*cells)]


def _of_objects(
    found: list[tuple[int, Mapping[str, object]]], problems: list[tuple[int | None, str, str]]
) -> Grid:
    found = [(line, dict(nested_leaves(row))) for line, row in found]
    header = dict.fromkeys(key for _, row in found for key in row)
    if len(header) > MAX_COLUMNS:
        raise RecordError(f"{len(header):,} different keys; at most {MAX_COLUMNS:,} are read")
    names = tuple(header)
    rows: Iterator[tuple[int, list[object]]] = (
        (line, [row.get(name) for name in names]) for line, row in found
    )
    return Grid(header=names, rows=rows, is_text=False, problems=problems)
