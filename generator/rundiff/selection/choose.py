"""Chooses the runs of a comparison, their order and the baseline.

Order, unless ``--order-by`` says otherwise: as ``--run`` names them; else oldest first, so that a
table reads like the work went. Runs without a start time stand last, ties go by name and id.

Baseline: ``--baseline`` (kept even where the filter would drop it; a filter instead of a name means
the latest finished run that matches it); else the first ``--run``, when
several are named; else the one run that calls itself so, by the tag ``baseline`` = true (also
``rundiff.baseline``) or by the name "baseline"; else the oldest finished run; else the first.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from rundiff.errors import KeyNotFoundError, RunNotFoundError, SelectionError, suggestion
from rundiff.frozen import dataclass
from rundiff.relation import fetch_facts, fetch_known_keys, fetch_tagged_runs
from rundiff.selection.evaluate import Facts, RunFact, holds, keys_of
from rundiff.selection.grammar import Entity, Key, Order, parse_order, parse_where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from rundiff.records.tables import Tables
    from rundiff.relation import LoadedRuns

RunRow = dict[str, Any]  # one row of the `run` table
_OPERATOR = re.compile(r"[=<>]|\b(?:like|ilike|in|is)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionOptions:
    """What the user asked for; empty means all."""

    where: str = ""
    experiments: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # ids, beginnings of ids, or names
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    baseline: str = ""
    kept: frozenset[str] = frozenset()  # ids that stay whatever is asked for: a baseline file's
    include_deleted: bool = False


class Chosen(NamedTuple):
    """The selection in its order. ``left_out`` holds sentences."""

    runs: tuple[RunRow, ...]
    baseline_id: str
    left_out: tuple[str, ...]


def choose_runs(tables: Tables, store: LoadedRuns, options: SelectionOptions) -> Chosen:
    """Return the runs that were asked for, in order, and the baseline among them.

    Raises SelectionError: for an unknown run, experiment or key, a wrong expression, or when
    nothing is left.
    """
    everything = _rows_of(tables["run"])
    left_out: list[str] = []
    runs = everything
    if not options.include_deleted:
        runs = [run for run in runs if run["lifecycle_stage"] != "deleted"]
        left_out += _counted(len(everything) - len(runs), "deleted", "--deleted shows")
    if not runs:
        raise SelectionError(f"all {len(everything)} runs are deleted; --deleted includes them")
    facts = _Facts(tables, store, runs)
    candidates = runs
    runs = _of_experiments(runs, options.experiments)
    runs = _of_names(runs, options.names)
    if options.where:
        condition = parse_where(options.where)
        known = facts.of(keys_of(condition))
        runs = [run for run in runs if holds(condition, str(run["run_id"]), known)]
        if not runs:
            raise SelectionError(
                f"no run matches {options.where!r}; {len(candidates)} runs were read"
            )
    runs = _ordered(runs, options, facts)
    baseline = _named_baseline(candidates, options.baseline, facts) if options.baseline else None
    if options.limit is not None and len(runs) > options.limit:
        left_out += _counted(len(runs) - options.limit, "beyond --limit", "a larger one shows")
        runs = runs[: options.limit]
    if baseline is not None and all(run is not baseline for run in runs):
        runs = [baseline, *runs]
    kept = [run for run in candidates if run["run_id"] in options.kept]
    if kept:  # a baseline file's runs come first, the baseline itself before its replicates
        kept.sort(key=lambda run: run is not baseline)
        runs = [*kept, *(run for run in runs if run["run_id"] not in options.kept)]
    found = baseline or _default_baseline(runs, options, store)
    return Chosen(tuple(runs), str(found["run_id"]), tuple(left_out))


def _rows_of(runs: pa.Table) -> list[RunRow]:
    """Return the runs as dicts; ``to_pylist`` of the whole table takes four times as long."""
    names = runs.column_names
    columns = [runs.column(name).to_pylist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _counted(count: int, what: str, remedy: str) -> list[str]:
    if not count:
        return []
    noun, pronoun = ("run is", "it") if count == 1 else ("runs are", "them")
    return [f"{count} {noun} left out: {what} ({remedy} {pronoun})"]


def _of_experiments(runs: list[RunRow], wanted: Sequence[str]) -> list[RunRow]:
    known = {str(run["experiment"] or "") for run in runs}
    for name in wanted:
        if name not in known:
            raise SelectionError(f"no experiment named {name!r}; {suggestion(name, known)}")
    return [run for run in runs if run["experiment"] in wanted] if wanted else runs


def _of_names(runs: list[RunRow], wanted: Sequence[str]) -> list[RunRow]:
    found = {id(run): run for name in wanted for run in _find(runs, name)}
    return list(found.values()) if wanted else runs


def _find(runs: Sequence[RunRow], wanted: str) -> list[RunRow]:
    """Return the run of that id, else all of that name, else the one whose id starts so."""
    by_id = [run for run in runs if run["run_id"] == wanted]
    by_name = [run for run in runs if run["name"] == wanted]
    by_start = [run for run in runs if len(wanted) >= 4 and str(run["run_id"]).startswith(wanted)]
    found = by_id or by_name or by_start
    if not found:
        names = {str(run["name"] or run["run_id"]) for run in runs}
        raise RunNotFoundError(wanted, names)
    if found is by_start and len(found) > 1:
        ids = ", ".join(repr(str(run["run_id"])) for run in found[:4])
        raise SelectionError(f"{len(found)} run ids start with {wanted!r}: {ids}; give more of it")
    return found


def _age(run: RunRow) -> tuple[bool, int, str, str]:
    start = run["start_time"]
    when = start if isinstance(start, int) else 0
    return (start is None, when, str(run["name"] or ""), str(run["run_id"]))


def _ordered(runs: list[RunRow], options: SelectionOptions, facts: _Facts) -> list[RunRow]:
    orders = [parse_order(text) for text in options.order_by]
    if not orders and options.names:
        return runs
    runs = sorted(runs, key=_age)
    if not orders:
        return runs
    known = facts.of((order.key, False) for order in orders)
    for order in reversed(orders):
        runs = _sorted_by(runs, order, known)
    return runs


def _sorted_by(runs: list[RunRow], order: Order, known: Facts) -> list[RunRow]:
    """Sort by one key, stably; numbers before texts, missing and NaN last either way."""
    values = known[order.key.entity, order.key.name]
    numbers: list[tuple[float, RunRow]] = []
    texts: list[tuple[str, RunRow]] = []
    last: list[RunRow] = []
    for run in runs:
        fact = next(iter(values.get(str(run["run_id"]), ())), None)
        if fact is None or (fact.number is not None and math.isnan(fact.number)):
            last.append(run)
        elif fact.number is not None:
            numbers.append((fact.number, run))
        else:
            texts.append((fact.text, run))
    down = order.is_descending
    return [
        *(run for _, run in sorted(numbers, key=lambda pair: pair[0], reverse=down)),
        *(run for _, run in sorted(texts, key=lambda pair: pair[0], reverse=down)),
        *last,
    ]


def _named_baseline(runs: Sequence[RunRow], wanted: str, facts: _Facts) -> RunRow:
    """Return the run of that id or name, else the latest finished one that matches the filter."""
    try:
        return _find(runs, wanted)[0]
    except RunNotFoundError:
        if not _OPERATOR.search(wanted):
            raise
    condition = parse_where(wanted)
    known = facts.of(keys_of(condition))
    finished = [run for run in runs if run["status"] == "finished" and run["state"] == "complete"]
    found = [run for run in finished if holds(condition, str(run["run_id"]), known)]
    if not found:
        raise SelectionError(f"no finished run matches the baseline {wanted!r}")
    return max(found, key=lambda run: (run["start_time"] is not None, *_age(run)[1:]))


def _default_baseline(
    runs: Sequence[RunRow], options: SelectionOptions, store: LoadedRuns
) -> RunRow:
    if len(options.names) > 1:
        return _find(runs, options.names[0])[0]
    tagged = fetch_tagged_runs(store)
    marked = [run for run in runs if run["run_id"] in tagged]
    marked = marked or [run for run in runs if str(run["name"] or "").lower() == "baseline"]
    if len(marked) == 1:
        return marked[0]
    finished = [run for run in runs if run["status"] == "finished" and run["state"] == "complete"]
    return min(finished, key=_age) if finished else runs[0]


class _Facts:
    """What is known of the runs, for filters and orders; a key is looked up once."""

    def __init__(self, tables: Tables, store: LoadedRuns, runs: Sequence[RunRow]) -> None:
        self._tables, self._store, self._runs = tables, store, runs
        self._known: Facts = {}

    def of(self, keys: Iterable[tuple[Key, bool]]) -> Facts:
        """Return the facts that keys ask about.

        Raises KeyNotFoundError for a key that no run has, unless its absence may be meant.
        """
        asked = list(keys)
        wanted = {(key.entity, key.name) for key, _ in asked}
        found: Facts = {at: {} for at in sorted(wanted - self._known.keys())}
        entities = {entity.value: entity for entity in Entity}
        logged = [at for at in found if at[0] not in (Entity.ATTRIBUTE, Entity.DATASET)]
        for fact in fetch_facts(self._store, logged) if logged else ():
            at = (entities[fact.section], fact.key)
            found[at][fact.run_id] = (RunFact(fact.value, fact.number),)
        for entity, name in found:
            if entity is Entity.ATTRIBUTE:
                found[entity, name] = self._attributes(name)
            elif entity is Entity.DATASET:
                found[entity, name] = self._datasets(name)
        self._known |= found
        for key, may_be_absent in asked:
            if not self._known[key.entity, key.name] and not may_be_absent and key.entity in _KINDS:
                known = fetch_known_keys(self._store, key.entity.value)
                raise KeyNotFoundError(_KINDS[key.entity], key.name, known)
        return {at: self._known[at] for at in wanted}

    def _attributes(self, name: str) -> dict[str, tuple[RunFact, ...]]:
        found: dict[str, tuple[RunFact, ...]] = {}
        for run in self._runs:
            recorded = run[name]
            if isinstance(recorded, int):  # a time, asked for in milliseconds as in MLflow
                found[str(run["run_id"])] = (RunFact(str(recorded), recorded / 1_000),)
            elif recorded:
                found[str(run["run_id"])] = (RunFact(str(recorded), None),)
        return found

    def _datasets(self, field: str) -> dict[str, tuple[RunFact, ...]]:
        found: dict[str, tuple[RunFact, ...]] = {}
        for row in self._tables["dataset"].to_pylist():
            if row[field]:
                fact = RunFact(str(row[field]), None)
                found[row["run_id"]] = (*found.get(row["run_id"], ()), fact)
        return found


_KINDS: Mapping[Entity, str] = {
    Entity.METRIC: "metric", Entity.PARAM: "param", Entity.TAG: "tag",
    Entity.ENVIRONMENT: "environment entry",
}  # fmt: skip
