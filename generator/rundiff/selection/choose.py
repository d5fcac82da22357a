"""Chooses the runs of a comparison, their order and the baseline.

Order, unless ``--order-by`` says otherwise: as ``--run`` names them; else oldest first, so that a
table reads like the work went; ties go by name and id. Runs without a start time stand last, in the
order of where they were read, the rows of a table as they stand in it.

Baseline: ``--baseline`` (kept even where the filter would drop it; a filter instead of a name means
the latest finished run that matches it); else the first ``--run``, when several are named; else the
one run that calls itself so, by the tag ``baseline`` = true (also ``rundiff.baseline``) or by the
name "baseline" (kept even where ``--limit`` would drop it); else the oldest run that came to its
end, where none did the oldest. Of these the first that has the leading metric is taken, or any (a
workspace or a build that measured nothing leaves nothing to compare with), of two sources one of
the first, as in ``diff OLD NEW``; that is known only once all is read (``Chosen.elders``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rundiff.errors import RunNotFoundError, SelectionError, suggestion
from rundiff.frozen import dataclass
from rundiff.records.arrays import may_hold
from rundiff.selection.grammar import keys_of, parse_order, parse_where
from rundiff.selection.runs import RunRow, Runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.records.tables import Tables

BASELINE_TAGS, _TRUE = ("baseline", "rundiff.baseline"), ("true", "1", "yes")
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
    """The selection in its order. ``left_out`` holds sentences.

    ``elders``: where age alone made the baseline, all that could be it, the oldest first.
    """

    runs: tuple[RunRow, ...]
    baseline_id: str
    left_out: tuple[str, ...]
    elders: tuple[str, ...] = ()


def is_filter(baseline: str) -> bool:
    """Tell whether a baseline that is no run's id or name may be an expression."""
    return bool(_OPERATOR.search(baseline))


def choose_runs(tables: Tables, options: SelectionOptions) -> Chosen:
    """Return the runs that were asked for, in order, and the baseline among them.

    Raises SelectionError: for an unknown run, experiment or key, a wrong expression, or when
    nothing is left.
    """
    runs = Runs(tables)
    everything = range(runs.count)
    left_out: list[str] = []
    candidates: Sequence[int] = everything
    if not options.include_deleted and may_hold(tables["run"].column("lifecycle_stage"), "deleted"):
        stages = runs.column("lifecycle_stage")
        candidates = [at for at in everything if stages[at] != "deleted"]
        left_out += _counted(len(everything) - len(candidates), "deleted", "--deleted shows")
    if not candidates:
        raise SelectionError(f"all {len(everything)} runs are deleted; --deleted includes them")
    places = _of_experiments(runs, candidates, options.experiments)
    places = _of_names(runs, places, options.names)
    if options.where:
        places = _matching(runs, places, options.where)
        if not places:
            raise SelectionError(
                f"no run matches {options.where!r}; {len(candidates)} runs were read"
            )
    asked, places = places, _ordered(runs, places, options)
    if options.baseline:
        baseline: int | None = _named_baseline(runs, candidates, options.baseline)
    else:
        baseline = _meant_baseline(runs, places, options)
    if options.limit is not None:
        places = places[: options.limit]
    if baseline is not None and baseline not in places:
        places = [baseline, *places]
    if options.kept:  # a baseline file's runs come first, the baseline itself before its replicates
        ids = runs.ids
        kept = [at for at in candidates if ids[at] in options.kept]
        kept.sort(key=lambda at: at != baseline)
        places = [*kept, *(at for at in places if ids[at] not in options.kept)]
    if options.limit is not None:
        count = len(frozenset(asked).difference(places))
        left_out += _counted(count, "beyond --limit", "a larger one shows")
    elders = runs.oldest_first(runs.whole(places) or places) if baseline is None else []
    (baseline_id,) = runs.cells("run_id", [elders[0] if baseline is None else baseline])
    return Chosen(
        tuple(runs.rows(places)),
        str(baseline_id),
        tuple(left_out),
        tuple(map(str, runs.cells("run_id", elders))),
    )


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
            names = known - {""}  # what runs of no experiment have
            raise SelectionError(f"no experiment named {name!r}; {suggestion(name, names)}")
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


def _matching(runs: Runs, places: Sequence[int], where: str) -> list[int]:
    from rundiff.selection.evaluate import matching, places_where  # slow to import: Runs.facts

    condition = parse_where(where)
    found = places_where(matching(condition, runs.count, runs.facts.of(keys_of(condition))))
    if len(places) == runs.count:
        return found
    met = set(found)
    return [at for at in places if at in met]


def _ordered(runs: Runs, places: Sequence[int], options: SelectionOptions) -> Sequence[int]:
    orders = [parse_order(text) for text in options.order_by]
    if not orders:
        return places if options.names else runs.oldest_first(places)
    from rundiff.selection.order import among_first, sorted_by

    known = runs.facts.of((order.key, False) for order in orders)
    ranked = [(order, known[order.key.entity, order.key.name]) for order in orders]
    if options.limit:
        places = among_first(places, *ranked[0], options.limit)
    places = runs.oldest_first(places)
    for order, found in reversed(ranked):
        places = sorted_by(places, order, found)
    return places


def _named_baseline(runs: Runs, places: Sequence[int], wanted: str) -> int:
    """Return the run of that id or name, else the latest finished one that matches the filter."""
    try:
        return _find(runs, places, wanted)[0]
    except RunNotFoundError as error:
        if not is_filter(wanted):
            if wanted.endswith(".json"):  # a baseline file that is there was read before this
                raise SelectionError(f"{error}; there is no such file either") from error
            raise
    found = _matching(runs, runs.finished(places), wanted)
    if not found:
        raise SelectionError(f"no finished run matches the baseline {wanted!r}")
    ages = runs.ages(found)
    return max(ages, key=lambda age: (not age[0], *age[1:]))[-1]


def _meant_baseline(runs: Runs, places: Sequence[int], options: SelectionOptions) -> int | None:
    """Return the run that was named first, or the only one that calls itself so."""
    if len(options.names) > 1:
        return _find(runs, places, options.names[0])[0]
    marked = runs.tagged(places, BASELINE_TAGS, _TRUE)
    if not marked:
        names = runs.cells("name", places)
        marked = [at for at, name in zip(places, names, strict=True)
                  if str(name or "").lower() == "baseline"]  # fmt: skip
    return marked[0] if len(marked) == 1 else None
