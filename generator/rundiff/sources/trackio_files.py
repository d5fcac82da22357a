"""The rows of a trackio project, from its database or from its Parquet mirror."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.frozen import dataclass
from rundiff.sources.foreign_json import as_dict, parse_foreign_json
from rundiff.sources.parquet import ParquetReader

if TYPE_CHECKING:
    import pyarrow as pa

    from rundiff.sources.sqlite import SqliteFile
    from rundiff.sources.tree import Tree

_TABLES = (("config", "configs"), ("metrics", "metrics"), ("system", "system_metrics"))
_OWN = frozenset(
    {"id", "run_id", "run_name", "timestamp", "step", "created_at", "log_id", "space_id"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One row: ``kind`` is config, metrics, system or alert."""

    kind: str
    run_id: str
    run_name: str
    time: object
    step: float
    values: Mapping[str, object]


def read_database(database: SqliteFile) -> tuple[list[Logged], list[str]]:
    """Return the rows of a project's database, in the order logged, and what was unreadable."""
    rows: list[Logged] = []
    problems: list[str] = []
    for kind, table in _TABLES:
        present = database.columns(table)
        column = "config" if kind == "config" else "metrics"
        if column not in present:
            continue
        names = ("run_id", "run_name", "timestamp", "step", column)
        named = ", ".join(f'"{name}"' if name in present else "NULL" for name in names)
        odd = 0
        try:
            found = database.rows(f'SELECT {named} FROM "{table}" ORDER BY rowid')  # noqa: S608  # names are ours
        except RecordError as error:
            problems.append(f"table {table!r} {error.message}")
            continue
        for run_id, run_name, time, step, text in found:
            values = _json(text)
            if values is None or not isinstance(run_name, str):
                odd += 1
                continue
            rows.append(
                Logged(
                    kind=kind,
                    run_id=run_id if isinstance(run_id, str) else "",
                    run_name=run_name,
                    time=time,
                    step=float(step) if isinstance(step, int | float) else 0.0,
                    values=values,
                )
            )
        if odd:
            problems.append(f"rows of table {table!r} that hold no JSON object: {odd:,}; left out")
    return rows + _alerts(database), problems


def _alerts(database: SqliteFile) -> list[Logged]:
    names = ("run_id", "run_name", "timestamp", "step", "level", "title", "text")
    present = database.columns("alerts")
    if "title" not in present:
        return []
    named = ", ".join(f'"{name}"' if name in present else "NULL" for name in names)
    return [
        Logged(
            kind="alert",
            run_id=run_id if isinstance(run_id, str) else "",
            run_name=str(run_name),
            time=time,
            step=float(step) if isinstance(step, int | float) else 0.0,
            values={"alert": ": ".join(str(part) for part in (level, title, text) if part)},
        )
        for run_id, run_name, time, step, level, title, text in database.rows(
            f"SELECT {named} FROM alerts ORDER BY rowid"  # noqa: S608  # names are ours
        )
    ]


def read_parquet_files(tree: Tree, path: str, *, is_export: bool) -> tuple[list[Logged], list[str]]:
    """Return the rows of a project's Parquet files, given the one of its metrics."""
    folder, _, name = path.rpartition("/")
    stem = name.removesuffix(".parquet")
    files = {
        "config": "aux/configs" if is_export else f"{stem}_configs",
        "metrics": stem,
        "system": "aux/system_metrics" if is_export else f"{stem}_system",
    }
    rows: list[Logged] = []
    problems: list[str] = []
    with ParquetReader() as reader:
        for kind, base in files.items():
            place = f"{folder}/{base}.parquet".lstrip("/")
            if not tree.exists(place):
                continue
            try:
                rows.extend(_rows_of(kind, reader.read(tree, place)))
            except RecordError as error:
                problems.append(f"{base}.parquet: {error.message}")
    return rows, problems


def _rows_of(kind: str, table: pa.Table) -> list[Logged]:
    names = [name for name in table.column_names if name not in _OWN]
    columns = {name: _cells(table, name) for name in dict.fromkeys(table.column_names)}
    none: Sequence[object] = [None] * table.num_rows
    found = []
    for place in range(table.num_rows):
        values = {name: columns[name][place] for name in names if columns[name][place] is not None}
        step = columns.get("step", none)[place]
        found.append(
            Logged(
                kind=kind,
                run_id=str(columns.get("run_id", none)[place] or ""),
                run_name=str(columns.get("run_name", none)[place] or ""),
                time=columns.get("timestamp", none)[place],
                step=float(step) if isinstance(step, int | float) else 0.0,
                values=values,
            )
        )
    return found


def _cells(table: pa.Table, name: str) -> Sequence[object]:
    column = table.column(table.column_names.index(name))
    try:
        cells: Sequence[object] = column.to_pylist()
    except (ValueError, OverflowError):  # a text that is not UTF-8, a time beyond the year 9,999
        cells = [None] * table.num_rows
    return cells


def _json(text: object) -> dict[str, object] | None:
    if isinstance(text, str):
        text = text.encode("utf-8", "backslashreplace")
    if not isinstance(text, bytes):
        return None
    try:
        value = parse_foreign_json(text).value
    except RecordError:
        return None
    return as_dict(value) if isinstance(value, dict) else None
