"""Reads ``gates.toml``: every key is known, every value checked, every mistake has line and key.

A typo in a gate must not switch the gate off, so an unknown key is an error, never ignored. What
the rules mean stands in ``gates.rules``; users read ``docs/pull-requests.md``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import field
from datetime import date, datetime
from typing import TYPE_CHECKING

from rundiff.comparison import Direction
from rundiff.errors import GateFileError, suggestion
from rundiff.frozen import dataclass
from rundiff.gates.checked import CheckedDocument
from rundiff.recipe_keys import DEFAULT_SEED_KEYS
from rundiff.stats.comparability import PRECONDITIONS, Guard
from rundiff.stats.tolerance import parse_tolerance
from rundiff.stats.value_choice import CHOICE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MOST_BYTES = 1_000_000
MUST = ("not-worse", "proven-not-worse", "better")
POLICY = ("fail", "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRule:
    """What the file says of one metric; None or "" where it says nothing."""

    key: str
    direction: Direction | None = None
    tolerance: str = ""
    at: str = ""
    minimum: float | None = None
    maximum: float | None = None
    must: str = ""
    missing: str = "fail"
    incomparable: str = "fail"
    inconclusive: str = "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Why a failing gate is accepted, and until when (that day included)."""

    metric: str
    rule: str  # must, min, max, pareto or "" for all
    run: str  # "" for every run
    reason: str
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFile:
    """A gate file, validated."""

    name: str  # as it was given
    rules: tuple[MetricRule, ...] = ()
    pareto: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    confidence: float = 0.95
    test: str = "t"
    seed_keys: tuple[str, ...] = DEFAULT_SEED_KEYS
    guard: Guard = field(default_factory=Guard)
    baseline_max_age_days: int | None = None

    @property
    def can_fail(self) -> bool:
        """Whether any rule is in it: a table may say no more than a direction or a tolerance."""
        bounds = ((rule.must, rule.minimum, rule.maximum) for rule in self.rules)
        is_bound = any(
            must or least is not None or most is not None for must, least, most in bounds
        )
        return is_bound or bool(self.pareto)


def load_gates(path: Path, *, name: str = "") -> GateFile:
    """Read a gate file; raises GateFileError for whatever is wrong with it."""
    name = name or str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GateFileError(f"{name}: cannot be read: {error.strerror or error}") from error
    if len(content) > MOST_BYTES:
        raise GateFileError(f"{name}: is larger than {MOST_BYTES:,} bytes, which no gate file is")
    try:
        text = content.decode("utf-8-sig")  # editors on Windows mark UTF-8 so
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise GateFileError(f"{name}:{line}: is not UTF-8") from error
    return parse_gates(text, name=name)


def parse_gates(text: str, *, name: str) -> GateFile:
    """Validate the text of a gate file."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, or too many digits
        place = re.search(r"at line (\d+)", str(error))
        line = f":{place[1]}" if place else ""
        raise GateFileError(f"{name}{line}: is not TOML: {error}") from error
    return _Reader(text, name).read(document)


class _Reader(CheckedDocument):
    """Reads the document, table by table."""

    def read(self, document: Mapping[str, object]) -> GateFile:
        known = ("version", "confidence", "test", "seed_keys", "defaults", "metrics", "guardrails",
                 "pareto", "waivers", "comparable", "baseline")  # fmt: skip
        self.known((), document, known)
        if "version" not in document:
            self.fail(("version",), "version is missing; a gate file begins with version = 1")
        if document["version"] != 1:
            self.fail(("version",), "version must be 1; this rundiff knows no other")
        defaults = self.table((), document, "defaults")
        rules = self._rules(document, defaults)
        confidence = self.number((), document, "confidence")
        if confidence is not None and not 0.5 <= confidence < 1:
            self.fail(("confidence",), f"confidence is {confidence}; expected 0.5 to below 1")
        baseline = self.table((), document, "baseline")
        self.known(("baseline",), baseline, ("max_age_days",))
        age = self.number(("baseline",), baseline, "max_age_days")
        return GateFile(
            name=self.name,
            rules=rules,
            pareto=self._pareto(document),
            waivers=self._waivers(document),
            confidence=0.95 if confidence is None else confidence,
            test=self.choice((), document, "test", ("t", "permutation")) or "t",
            seed_keys=self.texts((), document, "seed_keys") or DEFAULT_SEED_KEYS
            if document.get("seed_keys") != []
            else (),
            guard=self._guard(document),
            baseline_max_age_days=None if age is None else int(age),
        )

    def _rules(
        self, document: Mapping[str, object], defaults: Mapping[str, object]
    ) -> tuple[MetricRule, ...]:
        allowed = ("tolerance", "must", "missing", "incomparable", "inconclusive")
        self.known(("defaults",), defaults, allowed)
        metrics = self.table((), document, "metrics")
        rules = [self._rule(("metrics", key), key, metrics, defaults) for key in metrics]
        for key in self.texts((), document, "guardrails"):
            if key in metrics:
                self.fail(("guardrails",), f"{key!r} has a table of its own; say must there")
            guarded = {key: {"must": "not-worse"}}
            rules.append(self._rule(("guardrails",), key, guarded, defaults))
        return tuple(rules)

    def _rule(
        self,
        place: Sequence[str],
        key: str,
        metrics: Mapping[str, object],
        defaults: Mapping[str, object],
    ) -> MetricRule:
        own = metrics[key]
        if not isinstance(own, dict):
            self.fail(place, f"metrics.{key} must be a table")
        self.known(place, own, ("direction", "tolerance", "at", "min", "max", "must", "missing",
                                "incomparable", "inconclusive"))  # fmt: skip
        table = {**defaults, **own}
        direction = self.choice(place, table, "direction", ("higher", "lower"))
        at = self.text(place, table, "at")
        if at and not CHOICE.fullmatch(at):
            self.fail((*place, "at"), f"at is {at!r}; expected last, best, min, max, mean:N or "
                                      "at:METRIC")  # fmt: skip
        minimum, maximum = self.number(place, table, "min"), self.number(place, table, "max")
        for bound, wrong, word in ((minimum, "lower", "min"), (maximum, "higher", "max")):
            if bound is not None and direction == wrong:
                self.fail((*place, word), f"{word} on a metric that is better {wrong} would fail "
                                          "an improvement")  # fmt: skip
        if minimum is not None and maximum is not None and minimum > maximum:
            self.fail((*place, "max"), f"max {maximum} is below min {minimum}: nothing can pass")
        return MetricRule(
            key=key,
            direction=Direction(direction) if direction else None,
            tolerance=self._tolerance(place, table),
            at=at,
            minimum=minimum,
            maximum=maximum,
            must=self.choice(place, table, "must", MUST),
            missing=self.choice(place, table, "missing", POLICY) or "fail",
            incomparable=self.choice(place, table, "incomparable", POLICY) or "fail",
            inconclusive=self.choice(place, table, "inconclusive", POLICY) or "pass",
        )

    def _tolerance(self, place: Sequence[str], table: Mapping[str, object]) -> str:
        value = table.get("tolerance", "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.number(place, table, "tolerance")  # what is no double is no tolerance
            value = repr(value)
        if not isinstance(value, str):
            self.fail((*place, "tolerance"), "tolerance must be a number or a text like '1%'")
        try:
            parse_tolerance(value or "0")
        except ValueError as error:
            self.fail((*place, "tolerance"), str(error))
        return value

    def _pareto(self, document: Mapping[str, object]) -> tuple[str, ...]:
        table = self.table((), document, "pareto")
        self.known(("pareto",), table, ("metrics",))
        metrics = self.texts(("pareto",), table, "metrics")
        if table and len(metrics) < 2:
            self.fail(("pareto", "metrics"), "pareto needs at least two metrics")
        return metrics

    def _guard(self, document: Mapping[str, object]) -> Guard:
        table = self.table((), document, "comparable")
        self.known(("comparable",), table, ("preconditions", "steps"))
        chosen = self.texts(("comparable",), table, "preconditions")
        for name in chosen:
            if name not in PRECONDITIONS:
                self.fail(
                    ("comparable", "preconditions"),
                    f"no precondition named {name!r}; {suggestion(name, PRECONDITIONS)}",
                )
        steps = self.choice(("comparable",), table, "steps", ("declared", "logged"))
        return Guard(
            preconditions=chosen if "preconditions" in table else PRECONDITIONS,
            same_last_step=steps == "logged",
        )

    def _waivers(self, document: Mapping[str, object]) -> tuple[Waiver, ...]:
        given = document.get("waivers", [])
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            self.fail(("waivers",), "waivers must be tables: [[waivers]]")
        return tuple(self._waiver(number, one) for number, one in enumerate(given, start=1))

    def _waiver(self, number: int, table: Mapping[str, object]) -> Waiver:
        place = ("waivers", f"#{number}")
        self.known(place, table, ("metric", "rule", "run", "reason", "expires"))
        expires = table.get("expires")
        if isinstance(expires, str):
            try:
                expires = date.fromisoformat(expires)
            except ValueError:
                expires = None
        if isinstance(expires, datetime):
            expires = expires.date()
        if not isinstance(expires, date):
            self.fail((*place, "expires"), "a waiver needs expires, a date like 2026-12-31")
        reason = self.text(place, table, "reason").strip()
        if not reason:
            self.fail((*place, "reason"), "a waiver needs a reason")
        metric = self.text(place, table, "metric")
        rule = self.choice(place, table, "rule", ("must", "min", "max", "pareto"))
        if not metric and rule != "pareto":
            self.fail((*place, "metric"), "a waiver needs the metric that it is for")
        run = self.text(place, table, "run")
        return Waiver(metric=metric, rule=rule, run=run, reason=reason, expires=expires)
