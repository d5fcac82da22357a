"""Chooses the runs of a comparison, their order and the baseline.

Order, unless ``--order-by`` says otherwise: as ``--run`` names them; else oldest first, so that a
table reads like the work went. Runs without a start time stand last, ties go by name and id.

Baseline: ``--baseline`` (kept even where the filter would drop it; a filter instead of a name means
the latest finished run that matches it); else the first ``--run``, when
several are named; else the one run that calls itself so, by the tag ``baseline`` = true (also
``rundiff.baseline``) or by the name "baseline"; else the oldest finished run; else the first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import KeyNotFoundError, RunNotFoundError, SelectionError, suggestion
from rundiff.frozen import dataclass
from rundiff.records.arrays import may_hold
from rundiff.records.keyed_columns import Numbered
from rundiff.relation import fetch_facts, fetch_known_keys, fetch_tagged_runs
from rundiff.relation.rows import KeyFacts
from rundiff.selection.evaluate import Facts, keys_of, matching
from rundiff.selection.grammar import Entity, Key, parse_order, parse_where
from rundiff.selection.order import among_first, rank, sorted_by
from rundiff.selection.runs import RunRow, Runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rundiff.records.tables import Tables
    from rundiff.relation import LoadedRuns

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


def is_filter(baseline: str) -> bool:
    """Tell whether a baseline that is no run's id or name may be an expression."""
    return bool(_OPERATOR.search(baseline))


def choose_runs(tables: Tables, store: LoadedRuns, options: SelectionOptions) -> Chosen:
    """Return the runs that were asked for, in order, and the baseline among them.

    Raises SelectionError: for an unknown run, experiment or key, a wrong expression, or when
    nothing is left.
    """
    runs = Runs(tables["run"])
    everything = range(tables["run"].num_rows)
    left_out: list[str] = []
    candidates: Sequence[int] = everything
    if not options.include_deleted and may_hold(tables["run"].column("lifecycle_stage"), "deleted"):
        stages = runs.column("lifecycle_stage")
        candidates = [at for at in everything if stages[at] != "deleted"]
        left_out += _counted(len(everything) - len(candidates), "deleted", "--deleted shows")
    if not candidates:
        raise SelectionError(f"all {len(everything)} runs are deleted; --deleted includes them")
    facts = _Facts(tables, store, runs)
    places = _of_experiments(runs, candidates, options.experiments)
    places = _of_names(runs, places, options.names)
    if options.where:
        condition = parse_where(options.where)
        met = matching(condition, set(places), facts.of(keys_of(condition)))
        places = sorted(met) if places is everything else [at for at in places if at in met]
        if not places:
            raise SelectionError(
                f"no run matches {options.where!r}; {len(candidates)} runs were read"
            )
    count = len(places)
    places = _ordered(runs, places, options, facts)
    baseline = None
    if options.baseline:
        baseline = _named_baseline(runs, candidates, options.baseline, facts)
    if options.limit is not None and count > options.limit:
        left_out += _counted(count - options.limit, "beyond --limit", "a larger one shows")
        places = places[: options.limit]
    if baseline is not None and baseline not in places:
        places = [baseline, *places]
    if options.kept:  # a baseline file's runs come first, the baseline itself before its replicates
        ids = runs.ids
        kept = [at for at in candidates if ids[at] in options.kept]
        kept.sort(key=lambda at: at != baseline)
        places = [*kept, *(at for at in places if ids[at] not in options.kept)]
    found = _default_baseline(runs, places, options, store) if baseline is None else baseline
    (baseline_id,) = runs.cells("run_id", [found])
    return Chosen(tuple(runs.rows(places)), str(baseline_id), tuple(left_out))


def _counted(count: int, what: str, remedy: str) -> list[str]:
    if not count:
        return []
    noun, pronoun = ("run is", "it") if count == 1 else ("runs are", "them")
    return [f"{count} {noun} left out: {what} ({remedy} {pronoun})"]


def _of_experiments(runs: Runs, places: Sequence[int], wanted: Sequence[str]) -> Sequence[int]:
    if not wanted:
        return places
    experiments = runs.column("experiment")
    known = {str(experiments[at] or "") for at in places}
    for name in wanted:
        if name not in known:
            raise SelectionError(f"no experiment named {name!r}; {suggestion(name, known)}")
    return [at for at in places if experiments[at] in wanted]


def _of_names(runs: Runs, places: Sequence[int], wanted: Sequence[str]) -> Sequence[int]:
    if not wanted:
        return places
    return list(dict.fromkeys(at for name in wanted for at in _find(runs, places, name)))


def _find(runs: Runs, places: Sequence[int], wanted: str) -> list[int]:
    """Return the run of that id, else all of that name, else the one whose id starts so."""
    ids, names = runs.ids, runs.column("name")
    by_id = [at for at in places if ids[at] == wanted]
    by_name = [at for at in places if names[at] == wanted]
    by_start = [at for at in places if len(wanted) >= 4 and ids[at].startswith(wanted)]
    found = by_id or by_name or by_start
    if not found:
        raise RunNotFoundError(wanted, {str(names[at] or ids[at]) for at in places})
    if found is by_start and len(found) > 1:
        some = ", ".join(repr(ids[at]) for at in found[:4])
        raise SelectionError(f"{len(found)} run ids start with {wanted!r}: {some}; give more of it")
    return found


def _ordered(
    runs: Runs, places: Sequence[int], options: SelectionOptions, facts: _Facts
) -> Sequence[int]:
    orders = [parse_order(text) for text in options.order_by]
    if not orders and options.names:
        return places
    known = facts.of((order.key, False) for order in orders)
    ranked = [rank(order, known[order.key.entity, order.key.name]) for order in orders]
    if ranked and options.limit:
        places = among_first(places, ranked[0], options.limit)
    places = runs.oldest_first(places)
    for each in reversed(ranked):
        places = sorted_by(places, each)
    return places


def _named_baseline(runs: Runs, places: Sequence[int], wanted: str, facts: _Facts) -> int:
    """Return the run of that id or name, else the latest finished one that matches the filter."""
    try:
        return _find(runs, places, wanted)[0]
    except RunNotFoundError:
        if not is_filter(wanted):
            raise
    condition = parse_where(wanted)
    known = facts.of(keys_of(condition))
    found = matching(condition, set(runs.finished(places)), known)
    if not found:
        raise SelectionError(f"no finished run matches the baseline {wanted!r}")
    ages = runs.ages(sorted(found))
    return max(ages, key=lambda age: (not age[0], *age[1:]))[-1]


def _default_baseline(
    runs: Runs, places: Sequence[int], options: SelectionOptions, store: LoadedRuns
) -> int:
    if len(options.names) > 1:
        return _find(runs, places, options.names[0])[0]
    tagged = fetch_tagged_runs(store)
    marked = [at for at in places if at in tagged]
    if not marked:
        names = runs.cells("name", places)
        marked = [at for at, name in zip(places, names, strict=True)
                  if str(name or "").lower() == "baseline"]  # fmt: skip
    if len(marked) == 1:
        return marked[0]
    return next(iter(runs.oldest_first(runs.finished(places))), places[0])


class _Facts:
    """What is known of the runs, for filters and orders; a key is looked up once."""

    def __init__(self, tables: Tables, store: LoadedRuns, runs: Runs) -> None:
        self._tables, self._store, self._runs = tables, store, runs
        self._known: Facts = {}

    def of(self, keys: Iterable[tuple[Key, bool]]) -> Facts:
        """Return the facts that keys ask about.

        Raises KeyNotFoundError for a key that no run has, unless its absence may be meant.
        """
        asked = list(keys)
        for key, may_be_absent in asked:
            at = (key.entity, key.name)
            if at not in self._known:
                self._known[at] = self._fetch(*at)
            if not self._known[at].runs and not may_be_absent and key.entity in _KINDS:
                known = fetch_known_keys(self._store, key.entity.value)
                raise KeyNotFoundError(_KINDS[key.entity], key.name, known)
        return {(key.entity, key.name): self._known[key.entity, key.name] for key, _ in asked}

    def _fetch(self, entity: Entity, name: str) -> KeyFacts:
        if entity is Entity.ATTRIBUTE:
            return self._attributes(name)
        if entity is Entity.DATASET:
            return self._datasets(name)
        return fetch_facts(self._store, entity.value, name)

    def _attributes(self, name: str) -> KeyFacts:
        cells = self._runs.column(name)
        runs = [at for at, cell in enumerate(cells) if cell or isinstance(cell, int)]
        numbers = [  # a time, asked for in milliseconds as in MLflow
            cells[at] / 1_000 if isinstance(cells[at], int) else None for at in runs
        ]
        return KeyFacts(runs, numbers, lambda: _numbered(str(cells[at]) for at in runs))

    def _datasets(self, field: str) -> KeyFacts:
        places = {run_id: at for at, run_id in enumerate(self._runs.ids)}
        rows = [row for row in self._tables["dataset"].to_pylist() if row[field]]
        runs, texts = [places[row["run_id"]] for row in rows], [str(row[field]) for row in rows]
        return KeyFacts(runs, [None] * len(rows), lambda: _numbered(texts))


def _numbered(texts: Iterable[str]) -> tuple[list[str], list[int]]:
    known = Numbered()
    places = [known[text] for text in texts]
    return list(known), places


_KINDS: Mapping[Entity, str] = {
    Entity.METRIC: "metric", Entity.PARAM: "param", Entity.TAG: "tag",
    Entity.ENVIRONMENT: "environment entry",
}  # fmt: skip
