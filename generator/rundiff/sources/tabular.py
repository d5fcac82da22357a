"""Tables: CSV, TSV, JSON, JSON lines and Parquet of runs, of steps or of points.

Asked last, and never greedy: in a folder a file is taken only where its columns say what they mean
(``table_shape``); a file that the user named is taken with a guess.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.own_files import LOOK, is_marked
from rundiff.sources.base import Claim, Format
from rundiff.sources.collect import Collector
from rundiff.sources.foreign_json import parse_foreign_json
from rundiff.sources.foreign_table import ForeignTable
from rundiff.sources.grid import (
    CSV,
    DOCUMENTS,
    JSON,
    LINES,
    LOGS,
    PARQUET,
    is_lines_of_values,
    load_grid,
)
from rundiff.sources.metric_rows import peek_header
from rundiff.sources.parquet import ParquetReader
from rundiff.sources.table_nested import is_nested_export
from rundiff.sources.table_rows import looks_like_records
from rundiff.sources.table_shape import is_metric_name, layout_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rundiff.sources.base import Batch, ReadOptions
    from rundiff.sources.tree import Folder, Tree

KIND = "table"
_HEAD = 65_536
_RECORDS = re.compile(rb'"(?:params|metrics|runs|data|info)"\s*:\s*[{\[]')
_IDS = re.compile(rb'"(?:run_id|run_uuid|runs|info|\$schema)"\s*:')  # without them it is no record
_KEY = re.compile(rb'"([^"\\]{1,200})"\s*:')
_YAML_KEY = re.compile(rb"^[ -]*[\"']?([^\"':#\n]{1,200})[\"']?[ ]*:[ ]+-?[\d.]", re.MULTILINE)
_SECTION = re.compile(rb'"(?:params|metrics)\.(?!(?:ya?ml|json|toml|py|[ct]sv)")[^"]+"\s*:')


def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
    """Claim tables whose columns say what they mean, and any table that the user named."""
    for name in folder.files:
        lower = name.lower()
        path = folder.join(name)
        if lower.endswith((*CSV, *JSON, *LINES, *LOGS, *PARQUET, *DOCUMENTS)) and _is_mine(
            tree, path, lower
        ):
            yield Claim(path=path, kind=KIND, consumed=frozenset({name}))


def _is_mine(tree: Tree, path: str, name: str) -> bool:
    is_named = tree.only_file is not None
    if name.endswith(PARQUET):
        return is_named and not looks_like_records(tree, path)
    if name.endswith(CSV):
        if not is_named and is_marked(".csv", tree.read_head(path, LOOK)):
            return False  # a comparison that rundiff wrote here
        header = peek_header(tree, path)
        return is_named or is_nested_export(header) or layout_of(header, is_named=False) is not None
    head = tree.read_head(path, _HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"{", b"[")) and not name.endswith(DOCUMENTS):
        return _is_json_of_mine(head, name, is_named=is_named)
    return _is_text_of_mine(head, name, peek_header(tree, path), is_named=is_named)


def _is_json_of_mine(head: bytes, name: str, *, is_named: bool) -> bool:
    if _RECORDS.search(head):
        return is_named and name.endswith((*JSON, *LINES)) and not _is_record(head)
    if name.endswith(JSON):
        is_told = head.startswith(b"[") and _SECTION.search(head) is not None
        return is_told or (is_named and _may_be_table(head))
    if not head.startswith(b"{"):
        return False
    return (is_named and name.endswith(LINES)) or _is_log(head.split(b"\n", 1)[0])


def _is_text_of_mine(head: bytes, name: str, header: tuple[str, ...], *, is_named: bool) -> bool:
    """Tell whether YAML has a metric, or a file of text is a log, a table or lines of values."""
    if name.endswith(LOGS) and len(header) > 1:
        is_log = layout_of(header, is_named=False) is not None
        return is_log or (is_named and any(map(is_metric_name, header)))
    is_document = name.endswith(DOCUMENTS) or (name.endswith(LOGS) and is_lines_of_values(head))
    return is_named and is_document and _has_metric(head)


def _is_record(head: bytes) -> bool:
    """Tell whether JSON is rundiff's own kind of record, by an id or by its two sections."""
    if _IDS.search(head) is not None:
        return True
    first = _KEY.search(head)
    return (
        first is not None
        and first.group(1) in (b"params", b"metrics", b"tags")
        and b'"params"' in head
        and (b'"metrics"' in head or b'"tags"' in head)
    )


def _has_metric(head: bytes) -> bool:
    """Tell whether YAML has a number that is called like a metric."""
    return any(is_metric_name(key.decode("utf-8", "replace")) for key in _YAML_KEY.findall(head))


def _may_be_table(head: bytes) -> bool:
    """Tell whether JSON is a list of objects, or an object that has something called a metric."""
    if head.startswith(b"["):
        return head[1:].lstrip().startswith(b"{")
    return any(is_metric_name(key.decode("utf-8", "replace")) for key in _KEY.findall(head))


def _is_log(line: bytes) -> bool:
    try:
        first = parse_foreign_json(line).value
    except RecordError:
        return False
    return isinstance(first, dict) and layout_of(tuple(first), is_named=False) is not None


def read_many(tree: Tree, claims: Sequence[Claim], options: ReadOptions) -> Batch:
    """Read the tables one after the other into one batch."""
    collector = Collector(KIND)
    with ParquetReader() as reader:
        for claim in claims:
            try:
                grid = load_grid(tree, claim.path, reader)
                ForeignTable(collector, tree, claim.path).add(grid, options)
            except RecordError as error:
                collector.error(error, tree.show(claim.path))
    location = tree.show(claims[0].path) if len(claims) == 1 else tree.show("")
    return collector.batch(location)


def _read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
    return read_many(tree, [claim], options)


FORMAT = Format(
    kind=KIND,
    title="Tables",
    recognised_by="CSV, TSV, JSON, Parquet with columns params.*, metrics.*, step or key, value",
    find=find,
    read=_read,
    read_many=read_many,
)
