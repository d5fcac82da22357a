"""Which rows a selection asks about, known before anything is read (``ReadOptions.asked``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import FilterError
from rundiff.selection.choose import BASELINE_TAGS, is_filter
from rundiff.selection.grammar import TABLES, Entity, keys_of, parse_order, parse_where

if TYPE_CHECKING:
    from rundiff.selection.choose import SelectionOptions


def asked_rows(options: SelectionOptions) -> frozenset[tuple[str, str]] | None:
    """Return (table, key) of all that choosing looks at; all datasets are ("dataset", "").

    None where an expression is wrong: whoever chooses says so, and has more to say it with.
    """
    expressions = [options.where] if options.where else []
    if is_filter(options.baseline):
        expressions.append(options.baseline)
    try:
        keys = [key for text in expressions for key, _ in keys_of(parse_where(text))]
        keys += [parse_order(text).key for text in options.order_by]
    except FilterError:
        return None
    asked = {("tag", key) for key in BASELINE_TAGS}
    asked |= {(TABLES[key.entity], key.name) for key in keys if key.entity in TABLES}
    if any(key.entity is Entity.DATASET for key in keys):
        asked.add(("dataset", ""))
    return frozenset(asked)
