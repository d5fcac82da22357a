"""Series in the plots of a DVC project.

A plot is a series where its rows have a step: a column ``step`` or ``epoch``, or the one that the
declaration names as x if it is called so. A ROC curve is no series over time, nor is a confusion
matrix; they are not read. dvclive writes one file per metric, named by its path, and a metric may
itself be called ``step``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rundiff.sources.csv_text import cell_number, is_missing, parse_csv
from rundiff.sources.foreign_json import as_list, parse_foreign_json
from rundiff.sources.history import number_of
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERIES = (".csv", ".tsv", ".json")
STEPS = ("step", "epoch", "iteration")
TIMES = ("timestamp", "time")


class Points(NamedTuple):
    """One series: (step, value, time in µs or None)."""

    key: str
    points: list[tuple[float, float, int | None]]


def points_of(path: str, data: bytes, options: Mapping[str, object], name: str) -> Iterator[Points]:
    """Yield the series of a plot's file; ``name`` is its key where the file has one metric."""
    suffix = path.rpartition(".")[2].lower()
    rows: list[dict[str, object]]
    if suffix in ("csv", "tsv"):
        header, rows = _table(data, "\t" if suffix == "tsv" else ",")
    elif suffix == "json":
        value = parse_foreign_json(data).value
        if isinstance(value, dict):
            value = next((each for each in value.values() if isinstance(each, list)), [])
        rows = [row for row in as_list(value) if isinstance(row, dict)]
        header = list(dict.fromkeys(key for row in rows for key in row))
    else:
        return
    x = options.get("x")
    wanted = [x] if isinstance(x, str) and x.lower() in STEPS else []
    step = next((key for key in (*wanted, *STEPS) if key in header), None)
    if step is None:
        return
    values = [key for key in header if key != step and key not in TIMES]
    if not values and name.rpartition("/")[2] == step:
        values = [step]  # a metric named like the step column
    time = next((key for key in TIMES if key in header), None)
    for key in values:
        points = list(_points(rows, step, key, time))
        if points:
            shown = name if name and len(values) == 1 else f"{name}.{key}" if name else key
            yield Points(shown, points)


def _points(
    rows: list[dict[str, object]], step: str, key: str, time: str | None
) -> Iterator[tuple[float, float, int | None]]:
    for row in rows:
        at, value = _number(row.get(step)), _number(row.get(key))
        if at is not None and value is not None:
            stamp = row.get(time) if time is not None else None
            number = _number(stamp)
            yield at, value, micros_of_any(number if number is not None else stamp)


def _number(cell: object) -> float | None:
    if isinstance(cell, str):
        return None if is_missing(cell) else cell_number(cell)
    number = number_of(cell)
    return None if number is None else number.value


def _table(data: bytes, delimiter: str) -> tuple[list[str], list[dict[str, object]]]:
    table = parse_csv(data, delimiter=delimiter)
    header = list(table.header)
    return header, [dict(zip(header, cells, strict=False)) for _, cells in table.rows()]
