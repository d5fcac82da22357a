"""Which rows a selection asks about, known before anything is read (``ReadOptions.asked``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import FilterError
from rundiff.relation import BASELINE_TAGS
from rundiff.selection.choose import is_filter
from rundiff.selection.evaluate import keys_of
from rundiff.selection.grammar import Entity, parse_order, parse_where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rundiff.selection.choose import SelectionOptions

_TABLES: Mapping[Entity, str] = {
    Entity.METRIC: "metric_summary", Entity.PARAM: "param", Entity.TAG: "tag",
    Entity.ENVIRONMENT: "environment",
}  # fmt: skip


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
    asked |= {(_TABLES[key.entity], key.name) for key in keys if key.entity in _TABLES}
    if any(key.entity is Entity.DATASET for key in keys):
        asked.add(("dataset", ""))
    return frozenset(asked)
