"""Columns that hold a whole object a cell, as ``runs.csv`` of W&B's API guide has them.

``config`` and ``summary`` (also ``params``, ``metrics``, …) become a column for each entry under
the canonical prefix. Text cells are JSON or what Python prints for a dict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rundiff.records.values import parse_nested
from rundiff.sources.foreign_json import nested_leaves
from rundiff.sources.table_cells import is_blank

if TYPE_CHECKING:
    from rundiff.sources.grid import Grid

_SECTIONS = {
    "config": "params", "params": "params", "hparams": "params", "hyperparameters": "params",
    "parameters": "params", "args": "params", "summary": "metrics", "metrics": "metrics",
    "results": "metrics", "scores": "metrics",
}  # fmt: skip
_GUIDE = frozenset({"summary", "config", "name"})  # the columns of W&B's own example
# Python prints NaN and infinities as names, which no literal has.
_BARE = re.compile(r"(?<=: )(-?(?:nan|inf))(?=[,}])")


def is_nested_export(header: tuple[str, ...]) -> bool:
    """Tell whether these are the columns that W&B's guide to its API exports."""
    return frozenset(header) >= _GUIDE


def expand_columns(grid: Grid) -> None:
    """Replace the columns of objects by one column for each entry."""
    grid.header = tuple(map(_prefixed, grid.header))
    wanted = {at: _SECTIONS[name.strip().lower()] for at, name in enumerate(grid.header)
              if name.strip().lower() in _SECTIONS}  # fmt: skip
    if not wanted or any(name.startswith("param_") for name in grid.header):
        return
    rows = list(grid.rows)
    grid.rows = rows
    found: dict[int, list[dict[str, object]]] = {}
    for at in wanted:
        objects = [_object(cells[at]) for _, cells in rows]
        if rows and all(each is not None for each in objects):
            found[at] = [dict(nested_leaves(each or {})) for each in objects]
    if not found:
        return
    keys = {at: list(dict.fromkeys(key for each in objects for key in each))
            for at, objects in found.items()}  # fmt: skip
    kept = [at for at in range(len(grid.header)) if at not in found]
    grid.header = (
        *(grid.header[at] for at in kept),
        *(_name(wanted[at], key) for at, names in keys.items() for key in names),
    )
    grid.rows = [
        (
            line,
            [
                *(cells[at] for at in kept),
                *(found[at][number].get(key) for at, names in keys.items() for key in names),
            ],
        )
        for number, (line, cells) in enumerate(rows)
    ]


def section_of(name: str) -> tuple[str, str] | None:
    """Return section and key of a name like ``config.lr``, as nested JSON gives it, or None."""
    above, dot, key = name.partition(".")
    section = _SECTIONS.get(above.strip().lower())
    return (section, key) if dot and key and section is not None else None


def _prefixed(name: str) -> str:
    found = section_of(name)
    return name if found is None else _name(*found)


def _name(section: str, key: str) -> str:
    """Return a column's name; what W&B keeps for itself (``_step``, ``_wandb``) is a tag."""
    return f"tags.{key}" if key.startswith("_") else f"{section}.{key}"


def _object(cell: object) -> Mapping[str, object] | None:
    if is_blank(cell):
        return {}
    if isinstance(cell, str):
        nested = parse_nested(cell.strip())
        if nested is None:
            nested = parse_nested(_BARE.sub(r"'\1'", cell.strip()))
        return nested if isinstance(nested, Mapping) else None
    return cell if isinstance(cell, dict) else None
