"""Records that people and shell steps write.

JSON, JSON lines and Parquet in the shapes of design.md.

Accepted: ``{"runs": [ … ]}``, a list of runs, one run, one run a line, and a Parquet file with one
row a run. A file is claimed by its first 64 kB (it must name a run, or params and metrics), so that
other JSON in the same folder is left alone, a comparison or baseline that rundiff wrote there among
it; a file that was named itself is read whatever it looks like, and if it holds no run the message
says what was expected.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from rundiff.errors import RecordError
from rundiff.own_files import is_marked
from rundiff.records.run import Points, RunRecord
from rundiff.records.run_document import looks_like_run, run_of
from rundiff.records.strict_json import parse_json
from rundiff.records.tables import TableBuilder, empty_table
from rundiff.sources.base import Batch, Claim, Format
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.rows import add_record, points_rows
from rundiff.sources.table_rows import documents_of_table, looks_like_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rundiff.sources.base import ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "records"
_JSON, _LINES, _PARQUET = (".json",), (".jsonl", ".ndjson"), (".parquet",)
_PEEK = 65_536
_MAX_JSON = 1 << 29
_RUN = re.compile(rb'"(?:run_uuid|run_id)"\s*:')
_PARAMS, _METRICS = re.compile(rb'"params"\s*:\s*[{\[]'), re.compile(rb'"metrics"\s*:\s*[{\[]')


def _find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    for name in folder.files:
        if name.lower().endswith((*_JSON, *_LINES, *_PARQUET)):
            path = folder.join(name)
            if tree.only_file is not None or _has_runs(tree, path):
                yield Claim(path=path, kind=KIND, consumed=frozenset({name}))


def _has_runs(tree: Tree, path: str) -> bool:
    try:
        if path.lower().endswith(_PARQUET):
            return looks_like_records(tree, path)
        head = tree.read_head(path, _PEEK)
    except RecordError:
        return False
    is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    if not is_json or is_marked(".json", head):
        return False
    has_sections = _PARAMS.search(head) is not None, _METRICS.search(head) is not None
    return all(has_sections) or (_RUN.search(head) is not None and any(has_sections))


def _read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    return _read_many(tree, [claim], options)


def _read_many(tree: Tree, claims: Sequence[Claim], options: ReadOptions) -> Batch:
    builder = TableBuilder()
    points: dict[str, Points] = {}
    with ParquetReader() as reader:
        for claim in claims:
            for record in _records(tree, claim.path, builder, reader):
                if record.lifecycle_stage == "deleted" and not options.include_deleted:
                    continue
                location = tree.show(claim.path)
                run_id = add_record(builder, record, source=KIND, location=location)
                if len(record.points):
                    points[run_id] = record.points
    location = tree.show(claims[0].path if len(claims) == 1 else "")

    def load_points(run_ids: Sequence[str]) -> pa.Table:
        tables = [points_rows(run_id, points[run_id]) for run_id in run_ids if run_id in points]
        if not tables:
            return empty_table("metric_point")
        return pa.concat_tables(tables).unify_dictionaries()

    return Batch(tables=builder.build(), kind=KIND, location=location, load_points=load_points)


def _records(
    tree: Tree, path: str, builder: TableBuilder, reader: ParquetReader
) -> Iterator[RunRecord]:
    """Yield the runs of one file.

    What is wrong goes to the problems, and the rest is still read.
    """
    location = tree.show(path)
    stem = path.rpartition("/")[2].rpartition(".")[0] if tree.only_file is None else (
        tree.only_file.rpartition(".")[0])  # fmt: skip
    count = 0
    try:
        for line, document in _documents(tree, path, location, builder, reader):
            count += 1
            try:
                default = stem if count == 1 else f"{stem}-{count}"
                yield run_of(_object(document, location, line), location=location, run_id=default,
                             line=line)  # fmt: skip
            except RecordError as error:
                builder.add_problem(error.location, error.message, line=error.line)
    except RecordError as error:
        builder.add_problem(error.location or location, error.message, line=error.line)
        return
    if not count:
        builder.add_problem(location, "holds no runs")


def _object(document: object, location: str, line: int | None) -> dict[str, object]:
    if not isinstance(document, dict):
        raise RecordError("not a run: expected a JSON object", location=location, line=line)
    return document


def _documents(
    tree: Tree, path: str, location: str, builder: TableBuilder, reader: ParquetReader
) -> Iterator[tuple[int | None, object]]:
    """Yield ``(line, run)`` for each run in a file, whatever shape it has."""
    if path.lower().endswith(_PARQUET):
        yield from documents_of_table(reader.read(tree, path), location)
        return
    data = tree.read(path, limit=_MAX_JSON)
    if not data.strip():
        raise RecordError("empty file", location=location)
    if path.lower().endswith(_LINES):
        yield from _lines(data, location, builder)
        return
    try:
        parsed = parse_json(data, location=location)
    except RecordError as error:
        lines = data.strip().split(b"\n", 1)
        if len(lines) == 2 and _is_object(lines[0]) and "Extra data" in error.message:
            yield from _lines(data, location, builder)
            return
        raise
    if not parsed.is_plain:
        builder.add_problem(location, _BARE, severity="notice")
    value = parsed.value
    runs = value.get("runs") if isinstance(value, dict) and not looks_like_run(value) else value
    if isinstance(runs, list):
        fields = value if isinstance(value, dict) else {}
        own = ("runs", *(_BASELINE if fields.get("format") == "rundiff-baseline" else ()))
        rest = {key: child for key, child in fields.items() if key not in own}
        for document in runs:
            if isinstance(document, dict) and rest:
                yield None, {**{f"file.{key}": child for key, child in rest.items()}, **document}
            else:
                yield None, document
    else:
        yield None, value if runs is None else runs


# What a baseline file says of itself, not of its runs.
_BASELINE = ("format", "schema_version", "set_on", "values")
_BARE = "holds NaN, an infinity or a number beyond a double as a bare word"


def _lines(data: bytes, location: str, builder: TableBuilder) -> Iterator[tuple[int, object]]:
    bare = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            parsed = parse_json(line, location=location, line=number)
        except RecordError as error:
            builder.add_problem(error.location, error.message, line=error.line)
            continue
        bare += not parsed.is_plain
        yield number, parsed.value
    if bare:
        builder.add_problem(location, f"{_BARE} ({bare} lines)", severity="notice")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(parse_json(line).value, dict)
    except RecordError:
        return False


FORMAT = Format(
    kind=KIND,
    title="run records",
    recognised_by="JSON, JSON lines or Parquet with runs (run_id, params, metrics)",
    find=_find,
    read=_read,
    read_many=_read_many,
)
