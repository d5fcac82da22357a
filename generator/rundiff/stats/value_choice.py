"""How the value that stands for a series is asked for, on the command line and in a gate file.

``last``, ``best`` (by the metric's direction), ``min``, ``max``, ``mean:5`` (of the last five), or
``at:val_loss``: the value at that metric's best step, or the last one before it.
"""

from __future__ import annotations

import re

CHOICE = re.compile(r"last|best|min|max|mean:[1-9][0-9]{0,5}|at:.+", re.DOTALL)
EVERY_METRIC = ""


def parse_value_choice(text: str) -> tuple[str, str] | None:
    """Return metric ("" for every one) and choice, or None for what is neither."""
    if CHOICE.fullmatch(text):
        return EVERY_METRIC, text
    # Names of metrics may hold "=", too: the first split that leaves a choice is taken.
    for match in re.finditer("=", text):
        metric, choice = text[: match.start()], text[match.end() :]
        if metric and CHOICE.fullmatch(choice):
            return metric, choice
    return None


def choice_name(choice: str) -> str:
    """Return a choice in words: "best", "mean of last 5", "at best val_loss"."""
    kind, _, rest = choice.partition(":")
    return {"mean": f"mean of last {rest}", "at": f"at best {rest}"}.get(kind, choice)
