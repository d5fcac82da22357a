"""Decides for each run whether a condition holds.

A test of something that a run does not have is false, and so is any comparison with NaN, as in
MLflow; only ``is null`` asks for absence. A number literal compares with the number of a value,
whatever its type ("0.10" as text equals 0.1); a text literal with its exact text. Times compare
with epoch milliseconds, as in MLflow, or with ISO 8601 text.
"""

from __future__ import annotations

import operator
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from rundiff.selection.grammar import Condition, Entity, Group, Key, Negation, Test
from rundiff.selection.like import is_like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TIMES = ("start_time", "end_time")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class RunFact(NamedTuple):
    """One value of a run: its exact text, and its number where it has one."""

    text: str
    number: float | None


# Key → run id → its values; more than one only for datasets.
Facts = dict[tuple[Entity, str], dict[str, tuple[RunFact, ...]]]


def keys_of(condition: Condition) -> Iterator[tuple[Key, bool]]:
    """Yield every key that a condition asks about, and whether its absence may be meant."""
    if isinstance(condition, Test):
        yield condition.key, condition.operator == "null"
    elif isinstance(condition, Negation):
        yield from keys_of(condition.part)
    else:
        for part in condition.parts:
            yield from keys_of(part)


def holds(condition: Condition, run_id: str, facts: Facts) -> bool:
    """Tell whether a condition holds for a run."""
    if isinstance(condition, Negation):
        return not holds(condition.part, run_id, facts)
    if isinstance(condition, Group):
        decide = any if condition.is_any else all
        return decide(holds(part, run_id, facts) for part in condition.parts)
    found = facts[condition.key.entity, condition.key.name].get(run_id, ())
    if condition.operator == "null":
        return bool(found) == condition.is_negated
    return any(_passes(condition, fact) != condition.is_negated for fact in found)


def _passes(test: Test, fact: RunFact) -> bool:
    if test.operator in ("like", "ilike"):
        pattern, text = str(test.literals[0]), fact.text
        if test.operator == "ilike":
            pattern, text = pattern.lower(), text.lower()
        return is_like(text, pattern)
    if test.operator == "in":
        return any(_compares("=", fact, literal, test.key) for literal in test.literals)
    return _compares(test.operator, fact, test.literals[0], test.key)


def _compares(sign: str, fact: RunFact, literal: str | float, key: Key) -> bool:
    compare = _COMPARE[sign]
    if key.entity is Entity.ATTRIBUTE and key.name in _TIMES:
        wanted = _milliseconds(literal) if isinstance(literal, str) else literal
        return wanted is not None and fact.number is not None and compare(fact.number, wanted)
    if isinstance(literal, float):
        return fact.number is not None and compare(fact.number, literal)
    if key.entity is Entity.ATTRIBUTE and key.name in ("status", "state"):
        return compare(fact.text.lower(), literal.lower())
    return compare(fact.text, literal)


@lru_cache(maxsize=64)
def _milliseconds(text: str) -> float | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1_000
