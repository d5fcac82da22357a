"""Whole JSON and YAML files of other tools: told by their ends, read with a listing.

A results file may be any ``*.json``. What it is shows in its ends, so that finding reads 20 kB of a
file and not all of it; reading then lists what is wrong with one file and goes on with the others.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rundiff.errors import RecordError
from rundiff.sources.foreign_json import as_dict, load_json
from rundiff.sources.yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from rundiff.sources.collect import Collector
    from rundiff.sources.tree import Folder, Tree

HEAD_BYTES = 4 << 10
TAIL_BYTES = 16 << 10


def ends_of(tree: Tree, path: str) -> bytes:
    """Return the first and the last bytes of a file; none where it cannot be opened."""
    try:
        fd = tree.open(path)
    except RecordError:
        return b""
    try:
        size = os.fstat(fd).st_size
        if size <= HEAD_BYTES + TAIL_BYTES:
            return os.pread(fd, HEAD_BYTES + TAIL_BYTES, 0)
        return os.pread(fd, HEAD_BYTES, 0) + b"\n" + os.pread(fd, TAIL_BYTES, size - TAIL_BYTES)
    except OSError:
        return b""
    finally:
        os.close(fd)


def entries_of(tree: Tree, path: str) -> Folder | None:
    """Return the names in a folder, or None where it cannot be listed."""
    try:
        return tree.folder(path)
    except RecordError:
        return None


def json_value(collector: Collector, tree: Tree, path: str) -> object:
    """Return the JSON value of a file; one that cannot be read is listed, and None."""
    try:
        found = load_json(tree, path)
    except RecordError as error:
        collector.error(error, tree.show(path))
        return None
    for line, message in found.notices:
        collector.notice(tree.show(path), message, line=line)
    return found.value


def json_object(collector: Collector, tree: Tree, path: str) -> dict[str, object]:
    """Return the JSON object of a file; anything else is listed, and an empty one."""
    value = json_value(collector, tree, path)
    return _object(collector, tree.show(path), value, "JSON")


def yaml_value(collector: Collector, tree: Tree, path: str) -> object:
    """Return the YAML value of a file; one that cannot be read is listed, and None."""
    try:
        document = parse_yaml(tree.read(path))
    except RecordError as error:
        collector.problem(tree.show(path), error.message, line=error.line)
        return None
    for line, message in document.notices:
        collector.notice(tree.show(path), message, line=line)
    return document.value


def yaml_object(collector: Collector, tree: Tree, path: str) -> dict[str, object]:
    """Return the YAML mapping of a file; an empty file is an empty one."""
    value = yaml_value(collector, tree, path)
    return _object(collector, tree.show(path), value, "YAML")


def files_below(tree: Tree, path: str, is_wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Return (path below the folder, path in the tree) of the files with a wanted name."""
    start = len(path) + 1 if path else 0
    return [
        (inner.join(name)[start:], inner.join(name))
        for inner in tree.walk(path)
        for name in inner.files
        if is_wanted(name)
    ]


def _object(collector: Collector, where: str, value: object, kind: str) -> dict[str, object]:
    if value is not None and not isinstance(value, dict):
        collector.problem(where, f"not a {kind} object")
    return as_dict(value)
