"""Datasets as keyed values, so that they are compared like params: ``train · digest``.

A dataset is known by the context it was used in (training, evaluation), because its name may be
just what differs between two runs. Where any run has two datasets of one context, the name is added
for that context in every run.

A schema is one value, not one row per column, and so is whatever else is nested: the digest says
whether data differ, and a table of 200 columns (or the settings of 60 evaluation tasks) would bury
it under rows that do not. Where such values differ, the page marks the part that does.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from rundiff.records.values import Value, value_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pyarrow as pa

_FIELDS = ("name", "digest", "source", "rows", "schema")


def dataset_values(
    datasets: pa.Table, run_ids: Collection[str]
) -> Iterator[tuple[str, str, str, str, float | None, str | None]]:
    """Yield (run id, key, type, value, number, numeric) for each field of each dataset."""
    rows = [row for row in datasets.to_pylist() if row["run_id"] in run_ids]
    per_context = Counter((row["run_id"], row["context"] or "") for row in rows)
    clashing = {context for (_, context), count in per_context.items() if count > 1}
    used: Counter[tuple[str, str]] = Counter()
    for row in rows:
        label = _label(row, clashing)
        used[row["run_id"], label] += 1
        if used[row["run_id"], label] > 1:
            label = f"{label} ({used[row['run_id'], label]})"
        for field, value in _values(row):
            yield (row["run_id"], f"{label} · {field}", *value)


def _label(row: Mapping[str, object], clashing: Collection[str]) -> str:
    context, name = str(row["context"] or ""), str(row["name"] or "")
    if context not in clashing:
        return context or "dataset"
    return " · ".join(part for part in (context, name) if part) or "dataset"


def _values(row: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    for field in _FIELDS:
        recorded = row[field]
        if recorded is None or recorded == "":
            continue
        yield field, value_of(recorded)
    extra = json.loads(str(row["extra"])) if row["extra"] else {}
    for field, recorded in extra.items():
        is_nested = isinstance(recorded, dict | list)
        value = json.dumps(recorded, ensure_ascii=False) if is_nested else recorded
        yield f"{field} (recorded)" if field in _FIELDS else field, value_of(value)
