"""Which runs of the selection stand as columns, and how each is called there.

Up to ten runs all stand as columns. Of more, the baseline and the best seven do, by the *leading
metric*: the first by ``rundiff.ranking`` that at least half as many runs have as the most common
one, so that columns and headline speak of the same. Without any such metric it is the first runs of
the selection. Nothing is hidden: the runs table holds all of them, and a sentence says what was
left out and how.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rundiff.assembly.labels import telling_labels
from rundiff.comparison import Direction
from rundiff.ranking import key_rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.comparison import MetricMeaning
    from rundiff.relation import Fact, RowKey

ALL_UP_TO = 10
BEST_OF_MORE = 8
LABEL_LENGTH = 28


class Columns(NamedTuple):
    """The positions of the compared runs, baseline first, and a sentence about the others."""

    positions: tuple[int, ...]
    left_out: str


def leading_metric(
    rows: Sequence[RowKey], meanings: Mapping[str, MetricMeaning]
) -> tuple[str, Direction] | None:
    """Return the metric that ranks runs, and its direction; None where none has one."""
    metrics = [
        row
        for row in rows
        if row.section == "metrics" and meanings[row.key].direction is not Direction.UNKNOWN
    ]
    most = max((row.runs for row in metrics), default=0)
    ranked = sorted(
        (row.runs * 2 < most, key_rank(row.key, meanings[row.key].direction_origin), row.key)
        for row in metrics
    )
    if not ranked:
        return None
    key = ranked[0][-1]
    return key, meanings[key].direction


def choose_columns(
    run_ids: Sequence[str],
    baseline: int,
    limit: int | None,
    ranking: tuple[str, Direction, Sequence[Fact]] | None,
) -> Columns:
    """Return the columns; ``ranking`` is the leading metric with all its values."""
    width = limit or (len(run_ids) if len(run_ids) <= ALL_UP_TO else BEST_OF_MORE)
    others = [position for position in range(len(run_ids)) if position != baseline]
    if width >= len(run_ids):
        return Columns((baseline, *others), "")
    how = "the first in order"
    if ranking is not None:
        key, direction, facts = ranking
        numbers = {fact.run_id: fact.number for fact in facts}
        others.sort(key=lambda position: _rank(numbers.get(run_ids[position]), direction))
        how = f"the best by {key} ({direction.value} is better)"
    chosen = (baseline, *sorted(others[: width - 1]))
    beyond = len(run_ids) - width
    return Columns(
        chosen,
        f"{width} of {len(run_ids)} runs stand as columns: the baseline and {how}; the other "
        f"{beyond} {'is' if beyond == 1 else 'are'} in the runs table (--columns N shows more)",
    )


def _rank(number: float | None, direction: Direction) -> tuple[bool, float]:
    if number is None or math.isnan(number):
        return (True, 0.0)
    return (False, -number if direction is Direction.HIGHER else number)


def build_labels(names: Sequence[tuple[str, str]]) -> list[str]:
    """Return a short unique text for each (name, run id), its middle elided where it is long."""
    full = _told_apart([name or run_id for name, run_id in names], [i for _, i in names])
    telling = telling_labels(full, LABEL_LENGTH)
    if telling is not None:
        return telling
    for length in (LABEL_LENGTH, 2 * LABEL_LENGTH, 4 * LABEL_LENGTH):
        labels = [elided(text, length) for text in full]
        if len(set(labels)) == len(set(full)):
            return labels
    return [f"{elided(text, LABEL_LENGTH)} #{place}" for place, text in enumerate(full, 1)]


def _told_apart(texts: list[str], run_ids: Sequence[str]) -> list[str]:
    """Add as much of the run id as tells equal names apart."""
    shared = {text for text in texts if texts.count(text) > 1}
    if not shared:
        return texts
    for length in (6, 12, 10_000):
        told = [
            f"{text} ({run_id[:length]})" if text in shared and text != run_id else text
            for text, run_id in zip(texts, run_ids, strict=True)
        ]
        if len(set(told)) == len(told):
            return told
    return told


def elided(text: str, length: int = LABEL_LENGTH) -> str:
    """Return a text with its middle left out where it is longer."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[-tail:]}"
