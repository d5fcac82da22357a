"""The grammar of ``--where`` and ``--order-by``: MLflow's, with what its users have long asked for.

    where    = condition { "or" condition-of-and }
    condition = key op literal | key [not] in (…) | key [not] like/ilike '…' | key is [not] null
              | not condition | ( where )
    key      = metrics.NAME | params.NAME | tags.NAME | environment.NAME | datasets.FIELD
              | attributes.NAME | NAME of an attribute
    op       = "=" "==" "!=" "<>" "<" "<=" ">" ">="
    order    = key [asc | desc]

From MLflow come the entity names and aliases, names in backquotes or double quotes, and literals in
single or double quotes. ``or``, ``not`` and parentheses are beyond it. A name without quotes may
hold dots, dashes and slashes (``metrics.val-loss``), since no arithmetic exists here that could be
meant instead. A metric is its last value, whatever ``--metric-value`` compares: runs are chosen
before any history is read. Parsing is by hand, one token ahead: sqlparse, which MLflow uses, gives
no positions.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import FilterError
from rundiff.frozen import dataclass
from rundiff.selection.tokens import Token, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_NESTING = 50


class Entity(StrEnum):
    """What a key belongs to; the values of sections are those of the comparison relation."""

    METRIC = "metrics"
    PARAM = "params"
    TAG = "tags"
    ENVIRONMENT = "environment"
    DATASET = "datasets"
    ATTRIBUTE = "attributes"


_ENTITIES = {
    "metric": Entity.METRIC, "metrics": Entity.METRIC,
    "param": Entity.PARAM, "params": Entity.PARAM,
    "parameter": Entity.PARAM, "parameters": Entity.PARAM,
    "tag": Entity.TAG, "tags": Entity.TAG,
    "environment": Entity.ENVIRONMENT, "env": Entity.ENVIRONMENT,
    "dataset": Entity.DATASET, "datasets": Entity.DATASET,
    "attribute": Entity.ATTRIBUTE, "attributes": Entity.ATTRIBUTE,
    "attr": Entity.ATTRIBUTE, "run": Entity.ATTRIBUTE,
}  # fmt: skip
ATTRIBUTES = {
    "run_id": "run_id", "run_name": "name", "name": "name", "Run name": "name",
    "experiment": "experiment", "experiment_name": "experiment", "status": "status",
    "state": "state", "start_time": "start_time", "created": "start_time", "Created": "start_time",
    "end_time": "end_time", "user": "user", "user_id": "user", "source": "source",
    "parent_run_id": "parent_run_id",
}  # fmt: skip
DATASET_FIELDS = ("name", "digest", "context")
TABLES: Mapping[Entity, str] = {
    Entity.METRIC: "metric_summary", Entity.PARAM: "param", Entity.TAG: "tag",
    Entity.ENVIRONMENT: "environment",
}  # fmt: skip
"""The canonical tables that entities are in, of those that have keys."""


class Key(NamedTuple):
    """What is asked about; ``position`` is where it stands in the expression."""

    entity: Entity
    name: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One condition. ``operator``: = != < <= > >= in like ilike null."""

    key: Key
    operator: str
    literals: tuple[str | float, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions joined by ``and`` or ``or``."""

    is_any: bool
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """``not`` before a condition."""

    part: Condition


Condition = Test | Group | Negation


def keys_of(condition: Condition) -> Iterator[tuple[Key, bool]]:
    """Yield every key that a condition asks about, and whether its absence may be meant."""
    if isinstance(condition, Test):
        yield condition.key, condition.operator == "null"
    elif isinstance(condition, Negation):
        yield from keys_of(condition.part)
    else:
        for part in condition.parts:
            yield from keys_of(part)


class Order(NamedTuple):
    """One ``--order-by``."""

    key: Key
    is_descending: bool


def parse_where(expression: str) -> Condition:
    """Return the condition that an expression states; raises FilterError with the position."""
    parser = _Parser(expression)
    found = parser.any_of(0)
    parser.expect_end("'and', 'or' or the end")
    return found


def parse_order(expression: str) -> Order:
    """Return what one ``--order-by`` says; raises FilterError with the position."""
    parser = _Parser(expression)
    key = parser.key()
    is_descending = parser.takes_word("desc")
    if not is_descending:
        parser.takes_word("asc")
    parser.expect_end("'asc', 'desc' or the end")
    return Order(key, is_descending)


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = tokens_of(expression)
        self._next = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _fail(self, message: str, position: int | None = None) -> FilterError:
        place = self._token.position if position is None else position
        return FilterError(message, expression=self._expression, position=place)

    def _expected(self, what: str) -> FilterError:
        found = "the end" if self._token.kind == "end" else repr(self._token.text)
        return self._fail(f"expected {what}, found {found}")

    def takes_word(self, word: str) -> bool:
        """Step over a keyword if it is next."""
        if self._token.kind == "word" and self._token.text.lower() == word:
            self._next += 1
            return True
        return False

    def _takes_mark(self, mark: str) -> bool:
        if self._token.kind == "mark" and self._token.text == mark:
            self._next += 1
            return True
        return False

    def expect_end(self, what: str) -> None:
        """Raise FilterError unless everything was read."""
        if self._token.kind != "end":
            raise self._expected(what)

    def any_of(self, depth: int) -> Condition:
        """Read conditions joined by ``or``."""
        parts = [self._all_of(depth)]
        while self.takes_word("or"):
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Group(is_any=True, parts=tuple(parts))

    def _all_of(self, depth: int) -> Condition:
        parts = [self._one(depth)]
        while self.takes_word("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Group(is_any=False, parts=tuple(parts))

    def _one(self, depth: int) -> Condition:
        if depth > MAX_NESTING:
            raise self._fail(f"nested more than {MAX_NESTING} deep")
        if self.takes_word("not"):
            return Negation(part=self._one(depth + 1))
        if self._takes_mark("("):
            found = self.any_of(depth + 1)
            if not self._takes_mark(")"):
                raise self._expected("')', 'and' or 'or'")
            return found
        return self._test()

    def _test(self) -> Test:
        key = self.key()
        if self.takes_word("is"):
            is_negated = self.takes_word("not")
            if not self.takes_word("null"):
                raise self._expected("'null'")
            return Test(key=key, operator="null", literals=(), is_negated=is_negated)
        is_negated = self.takes_word("not")
        if self.takes_word("in"):
            return Test(key=key, operator="in", literals=self._list(), is_negated=is_negated)
        for operator in ("like", "ilike"):
            if self.takes_word(operator):
                pattern = (self._text(),)
                return Test(key=key, operator=operator, literals=pattern, is_negated=is_negated)
        if is_negated or self._token.kind != "op":
            words = "'in', 'like' or 'ilike'" if is_negated else "a comparison such as '=' or '>'"
            raise self._expected(words)
        sign = self._token.text
        self._next += 1
        operator = {"==": "=", "<>": "!="}.get(sign, sign)
        return Test(key=key, operator=operator, literals=(self._literal(key),))

    def key(self) -> Key:
        """Read ``metrics.accuracy``, ``params.`learning rate```, ``status``."""
        token = self._token
        if token.kind not in ("word", "back"):
            raise self._expected("a key such as metrics.accuracy or params.model")
        self._next += 1
        head, dot, name = token.text.partition(".")
        if token.kind == "back" or not dot:
            head, name = "attributes", token.text
        elif not name:
            if self._token.kind not in ("back", "double"):
                raise self._expected(f"a name after {head + '.'!r}")
            name = self._token.text
            self._next += 1
        entity = _ENTITIES.get(head.lower())
        if entity is None:
            raise self._fail(
                f"{head!r} is not one of metrics, params, tags, environment, datasets, attributes",
                token.position,
            )
        return Key(entity, self._checked(entity, name, token.position), token.position)

    def _checked(self, entity: Entity, name: str, position: int) -> str:
        if entity is Entity.ATTRIBUTE and name not in ATTRIBUTES:
            known = ", ".join(sorted({"run_name", *ATTRIBUTES.values()} - {"name"}))
            raise self._fail(
                f"{name!r} is no attribute ({known}); write metrics.{name}, params.{name} or "
                f"tags.{name} for what was logged",
                position,
            )
        if entity is Entity.DATASET and name not in DATASET_FIELDS:
            raise self._fail(f"{name!r} is not one of {', '.join(DATASET_FIELDS)}", position)
        return ATTRIBUTES[name] if entity is Entity.ATTRIBUTE else name

    def _list(self) -> tuple[str | float, ...]:
        if not self._takes_mark("("):
            raise self._expected("'(' and a list of values")
        found: list[str | float] = [self._any_literal()]
        while self._takes_mark(","):
            found.append(self._any_literal())
        if not self._takes_mark(")"):
            raise self._expected("',' or ')'")
        return tuple(found)

    def _text(self) -> str:
        if self._token.kind not in ("text", "double"):
            raise self._expected("a text in quotes")
        self._next += 1
        return self._tokens[self._next - 1].text

    def _literal(self, key: Key) -> str | float:
        position = self._token.position
        found = self._any_literal()
        if key.entity is Entity.METRIC and isinstance(found, str):
            raise self._fail("metrics are compared with numbers, without quotes", position)
        return found

    def _any_literal(self) -> str | float:
        token = self._token
        if token.kind in ("text", "double"):
            self._next += 1
            return token.text
        if token.kind == "word":
            try:
                number = float(token.text.encode("ascii"))  # other digits are no numbers
            except ValueError:
                raise self._expected("a number, or a text in quotes") from None
            self._next += 1
            return number
        raise self._expected("a number or a text in quotes")
