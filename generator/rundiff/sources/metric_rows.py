"""CSV files with one row a step, as Lightning, Ultralytics, Keras and many scripts write them.

A row holds the values of one moment, and most cells of a row may be empty (train and validation on
rows of their own). An empty cell and ``NA`` are no point; ``nan`` and ``inf`` are points. Rows that
lack a step are at the step of the row before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.sources.csv_text import CsvText, cell_number, is_missing, parse_csv
from rundiff.sources.history import Number
from rundiff.sources.text import clean_text
from rundiff.sources.times import micros_of_any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Tree

HEAD_BYTES = 16_384


def load_csv(tree: Tree, path: str, *, delimiter: str | None = None) -> CsvText:
    """Return a delimited file; raises RecordError when it cannot be read."""
    return parse_csv(tree.read(path), delimiter=delimiter)


def peek_header(tree: Tree, path: str) -> tuple[str, ...]:
    """Return the column names of a file from its first bytes; empty where there are none."""
    head = tree.read_head(path, HEAD_BYTES)
    lines = head.replace(b"\r", b"\n").lstrip(b"\n ").split(b"\n", 2)
    return parse_csv(b"\n".join(lines[:2])).header


def add_metric_rows(
    collector: Collector,
    run_id: str,
    table: CsvText,
    where: str,
    *,
    steps: Sequence[str],
    times: Sequence[str] = (),
) -> None:
    """Add every cell that is a number as a point; the first of ``steps`` there is the step."""
    step_at = next((table.header.index(name) for name in steps if name in table.header), None)
    time_at = next((table.header.index(name) for name in times if name in table.header), None)
    has_comma = table.delimiter == ";"
    columns = [
        (place, name, _adder(collector, run_id, name))
        for place, name in enumerate(table.header)
        if place not in (step_at, time_at)
    ]
    step = 0.0
    for index, (line, cells) in enumerate(table.rows()):
        at = None if step_at is None else cell_number(cells[step_at], has_decimal_comma=has_comma)
        if at is not None:
            step = at
        elif step_at is None:
            step = float(index)
        else:
            what = f"rows without a {table.header[step_at]}, put at the one before"
            collector.count(where, what, ",".join(cells), line=line)
        time = None if time_at is None else micros_of_any(_number_or_text(cells[time_at]))
        for place, name, add in columns:
            cell = cells[place]
            if is_missing(cell):
                continue
            value = cell_number(cell, has_decimal_comma=has_comma)
            if value is None:
                what = "cells that are no numbers"
                collector.leave_out(where, what, f"{name!r}: {cell.strip()!r}", line=line)
            else:
                add(step, value, time)
    collector.add_problems(where, table.problems)
    collector.note_restarts(run_id, where)


def _adder(
    collector: Collector, run_id: str, name: str
) -> Callable[[float, float, int | None], None]:
    key = clean_text(name)

    def add(step: float, value: float, time: int | None) -> None:
        collector.history.series(run_id, key).add(step, Number(value), time)

    return add


def _number_or_text(cell: str) -> object:
    number = cell_number(cell)
    return cell if number is None else number
