"""Which metrics matter most: for the choice of columns, the order of tables and axes, sentences.

A declared goal comes before a guessed one; then quality before cost, what was measured on held-out
data before training curves, and the order of the records.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rundiff.comparison import Row

_ORIGINS = {"gate": 0, "option": 1, "record": 2, "source": 3}
_COST = re.compile(
    r"time|second|latency|duration|memory|size|flops|cost|epoch|step|energy", re.IGNORECASE
)
_COMMAND = re.compile(r"(^|\.)(command|command_line|argv|cmdline)$", re.IGNORECASE)
_TRAIN = re.compile(r"(^|[/_. -])train(ing)?([/_. -]|$)", re.IGNORECASE)
_FINAL = re.compile(r"(^|[/_. -])(final|test)([/_. -]|$)", re.IGNORECASE)
_HELD_OUT = re.compile(r"(^|[/_. -])(val|valid|validation|eval|dev)([/_. -]|$)", re.IGNORECASE)
_QUALITY = re.compile(r"acc|auc|f1|r2|score|map|bleu|precision|recall", re.IGNORECASE)
_ERROR = re.compile(r"loss|err|perplexity", re.IGNORECASE)


def is_command(key: str) -> bool:
    """Tell whether a key holds a command line: it says again what params say, so it comes last."""
    return _COMMAND.search(key) is not None


def is_cost(key: str) -> bool:
    """Tell whether a metric is what a run took: not "val_loss_epoch", as Lightning calls a mean."""
    is_measured = _QUALITY.search(key) or _ERROR.search(key)
    return _COST.search(key) is not None and is_measured is None


def metric_rank(row: Row) -> tuple[int, int, int, int]:
    """Return the sort key of a metric's row."""
    return key_rank(row.key, row.meaning.direction_origin if row.meaning else "")


def key_rank(key: str, direction_origin: str) -> tuple[int, int, int, int]:
    """Return the sort key of metrics: declared before guessed, quality before cost."""
    place = 0 if _FINAL.search(key) else 1 if _HELD_OUT.search(key) else 2
    place = 3 if _TRAIN.search(key) else place
    return (
        _ORIGINS.get(direction_origin, 9),
        1 if is_cost(key) else 0,
        place,
        0 if _QUALITY.search(key) else 1,
    )
