"""One kind of what a page leaves out, and the command that brings it back.

A command is the page's own with one option more. It names numbers that are large enough: all points
of all curves, all values, and for the file what the whole page weighed and room for what comes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from rundiff.budgets import Budgets
    from rundiff.comparison import Comparison

SLACK = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One kind. ``shown`` and ``left`` are everything of it; ``text`` says so in words."""

    kind: str
    shown: int
    left: int
    text: str
    command: str


def command_of(comparison: Comparison) -> str:
    """Return the command of the page with its budgets; "" where it was no command."""
    options = (f"--max-{name} {number}" for name, number in _given(comparison.budgets))
    return " ".join((comparison.command, *options)) if comparison.command else ""


def _given(budgets: Budgets) -> list[tuple[str, int]]:
    """Return the budgets that a user has set, by name."""
    every = (("bytes", budgets.bytes), ("cells", budgets.cells), ("points", budgets.points))
    return [(name, number) for name, number in every if number is not None]


def with_budgets(comparison: Comparison, *, extra: int, **changes: int) -> str:
    """Return the command with other budgets; ``extra``: bytes that the page may grow by."""
    budgets = comparison.budgets
    whole = budgets.shrink.whole
    if whole or (extra + SLACK) * 2 > budgets.most_bytes:
        most = round_up(max(whole, budgets.most_bytes) + extra + SLACK)
        changes["bytes"] = max(most, changes.get("bytes", 0))
    changed = replace(budgets, **changes)  # type: ignore[arg-type]
    if comparison.command:
        return command_of(replace(comparison, budgets=changed))
    arguments = ", ".join(f"max_{name}={number}" for name, number in _given(changed))
    return f"rundiff.compare(…, {arguments})"


def round_up(number: int) -> int:
    """Return a number from this one on with two digits that are not zero."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // unit) * unit


def with_option(comparison: Comparison, option: str) -> str:
    """Return the command with an option that is no budget of the page."""
    return f"{command_of(comparison)} {option}".strip()
