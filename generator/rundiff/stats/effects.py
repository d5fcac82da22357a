"""What the leading metrics did in each change of ``stats.changes``.

The questions are those of ``stats.asking``, asked of recipes of which neither need be the baseline.
Where one is, the verdict that stands on the page already is taken, from whichever side the change
looks at it, so that a page cannot say two things of one pair. The other tests are corrected for
each other.

A grid over four keys can hold a hundred thousand pairs, of 0.2 ms each. So at most
``JudgeOptions.most_pairs`` are judged, shared out evenly over the changes: a change with few pairs
has them all, one with many a sample spread evenly over them. What is not judged is counted.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rundiff.comparison import Section
from rundiff.judgement import Change, Effect, KeyChange, Unjudged, VerdictKind
from rundiff.ranking import metric_rank
from rundiff.recipe_keys import seed_pattern
from rundiff.stats.asking import Pair, answer_together, build_question, build_side, numbers_of
from rundiff.stats.changes import find_changes, merge_raises, share_out, spread_out
from rundiff.stats.comparability import broken_by
from rundiff.stats.two_samples import mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rundiff.comparison import Comparison, Row
    from rundiff.judgement import Verdict
    from rundiff.stats.changes import Found
    from rundiff.stats.judge import JudgeOptions
    from rundiff.stats.recipes import Cells, Recipe

MOST_METRICS = 4
_DECIDED = (VerdictKind.BETTER, VerdictKind.WORSE)
_OPPOSITE = dict(zip(_DECIDED, reversed(_DECIDED), strict=True))


class Judged(NamedTuple):
    """The changes with their effects, the clearest first, and what there is beside them."""

    changes: tuple[Change, ...] = ()
    unjudged: Unjudged = Unjudged()


class _Asked(NamedTuple):
    """One question: which change, which metric, which of its pairs."""

    change: int
    row: Row
    pair: Pair


def leading_metrics(comparison: Comparison) -> list[Row]:
    """Return the metrics that are spoken of, the first to lead."""
    rows = [row for row in comparison.sections.get(Section.METRICS, ()) if row.differs]
    return sorted(rows, key=metric_rank)[:MOST_METRICS]


def build_changes(
    comparison: Comparison,
    known: tuple[Cells, Sequence[Recipe]],
    verdicts: Mapping[tuple[str, str], Verdict],
    options: JudgeOptions,
) -> Judged:
    """Return the changes with their effects.

    Nothing with fewer than three recipes: what changed and what moved between two is their whole
    comparison. Of more changes than pairs may be judged, those that most pairs show are.
    """
    cells, recipes = known
    metrics = leading_metrics(comparison)
    if not metrics or sum(bool(recipe.facts) for recipe in recipes) < 3:
        return Judged()
    baseline = next(
        place
        for place, recipe in enumerate(recipes)
        if comparison.baseline.run_id in recipe.run_ids
    )
    every = _find(cells, recipes, baseline, options)
    found = [
        replace(one, pairs=spread_out(one.pairs, share))
        for one, share in zip(every, share_out(every, options.most_pairs), strict=False)
    ]
    keys = [_key_changes(cells, recipes, one) for one in found]
    asked = list(_asked(cells, recipes, (found, keys), (metrics, options)))
    answers = _answers(asked, verdicts, options)
    changes = [
        Change(
            keys=keys[index],
            pairs=tuple(
                (recipes[before].run_ids, recipes[after].run_ids) for before, after in one.pairs
            ),
            effects=tuple(_effect(row, answers.get((index, row.key), ())) for row in metrics),
            more_pairs=len(every[index].pairs) - len(one.pairs),
        )
        for index, one in enumerate(found)
    ]
    spreads = [_spread(numbers_of(cells, row.key).values()) for row in metrics]
    changes = [change for change in changes if any(effect.kinds for effect in change.effects)]
    left = every[len(found) :]
    return Judged(
        tuple(sorted(changes, key=lambda change: _clearness(change, spreads))),
        Unjudged(
            changes=len(left),
            pairs=sum(change.more_pairs for change in changes)
            + sum(len(one.pairs) for one in left),
        ),
    )


def _find(
    cells: Cells, recipes: Sequence[Recipe], baseline: int, options: JudgeOptions
) -> list[Found]:
    """Return the changes, most pairs first; a seed of runs that are no replicates is no change."""
    is_seed = seed_pattern(options.seed_keys)
    found = [
        one
        for one in find_changes(recipes, baseline)
        if is_seed is None or not all(is_seed.search(key) for _, key in one.keys)
    ]
    numbers = {
        key: [_number(cells, key, recipe) for recipe in recipes]
        for key in {one.keys[0] for one in found}
    }
    return sorted(merge_raises(found, numbers), key=lambda one: -len(one.pairs))


def _number(cells: Cells, key: tuple[str, str], recipe: Recipe) -> float | None:
    cell = cells.get(key, {}).get(recipe.run_ids[0])
    return cell.number if cell and cell.number is not None and math.isfinite(cell.number) else None


def _key_changes(cells: Cells, recipes: Sequence[Recipe], found: Found) -> tuple[KeyChange, ...]:
    before, after = (recipes[place] for place in found.pairs[0])

    def side(key: tuple[str, str], recipe: Recipe) -> tuple[str, str] | None:
        cell = cells.get(key, {}).get(recipe.run_ids[0])
        if cell is not None:
            return cell.type, cell.value
        facts = ((kind, value) for *place, kind, value in recipe.facts if tuple(place) == key)
        return next(facts, None)  # the experiment is a fact of the recipe, but no cell

    return tuple(
        KeyChange(
            section=key[0],
            key=key[1],
            before=side(key, before),
            after=side(key, after),
            is_raised=found.is_raised,
        )
        for key in found.keys
    )


def _asked(
    cells: Cells,
    recipes: Sequence[Recipe],
    changes: tuple[Sequence[Found], Sequence[tuple[KeyChange, ...]]],
    known: tuple[Sequence[Row], JudgeOptions],
) -> Iterator[_Asked]:
    metrics, options = known
    for row in metrics:
        by_run = numbers_of(cells, row.key)
        sides = {
            place: build_side(recipes[place], by_run, options.confidence)
            for place in {place for one in changes[0] for pair in one.pairs for place in pair}
            if any(run_id in by_run for run_id in recipes[place].run_ids)
        }
        for index, (one, keys) in enumerate(zip(*changes, strict=True)):
            broken = broken_by(keys, row.key, options.guard)
            for before, after in one.pairs:
                if before in sides and after in sides:
                    pair = Pair(
                        run_id=recipes[after].run_ids[0],
                        before=sides[before],
                        after=sides[after],
                        broken=broken,
                    )
                    yield _Asked(index, row, pair)


def _answers(
    asked: Sequence[_Asked],
    verdicts: Mapping[tuple[str, str], Verdict],
    options: JudgeOptions,
) -> dict[tuple[int, str], list[Verdict]]:
    """Return the verdicts of each change and metric, in the order of its pairs."""
    known = {
        (key, verdict.baseline.run_ids, verdict.candidate.run_ids): verdict
        for (key, _), verdict in verdicts.items()
    }

    def stands(one: _Asked) -> Verdict | None:
        before, after = one.pair.before.estimate.run_ids, one.pair.after.estimate.run_ids
        reverse = known.get((one.row.key, after, before))
        return known.get((one.row.key, before, after)) or (_mirrored(reverse) if reverse else None)

    open_ones = [one for one in asked if stands(one) is None]
    questions = [build_question(one.row, one.pair, options) for one in open_ones]
    new = iter(answer_together(questions, options))
    found: dict[tuple[int, str], list[Verdict]] = {}
    for one in asked:
        found.setdefault((one.change, one.row.key), []).append(stands(one) or next(new))
    return found


def _mirrored(verdict: Verdict) -> Verdict:
    """Return what a verdict says of the way back; its reason speaks of the way there."""
    return replace(
        verdict,
        kind=_OPPOSITE.get(verdict.kind, verdict.kind),
        delta=None if verdict.delta is None else -verdict.delta,
        reason="",
    )


def _effect(row: Row, verdicts: Sequence[Verdict]) -> Effect:
    deltas = [verdict.delta for verdict in verdicts if verdict.delta is not None]
    return Effect(
        key=row.key,
        delta=mean(deltas) if deltas else None,
        kinds=tuple(verdict.kind for verdict in verdicts),
        reason=verdicts[0].reason if len(verdicts) == 1 else "",
    )


def _spread(numbers: Iterable[float]) -> float:
    finite = [number for number in numbers if math.isfinite(number)]
    return max(finite) - min(finite) if finite else 0.0


def _clearness(change: Change, spreads: Sequence[float]) -> tuple[object, ...]:
    """Return the sort key: the largest decided share of a metric's spread first."""
    shares = [
        abs(effect.delta or 0.0) / spread
        for effect, spread in zip(change.effects, spreads, strict=True)
        if spread and len(set(effect.kinds)) == 1 and effect.kinds[0] in _DECIDED
    ]
    return (-max(shares, default=0.0), len(change.keys), change.keys[0].key)
