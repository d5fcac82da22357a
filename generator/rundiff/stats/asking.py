"""Asks whether one metric differs between two recipes, and answers all that is asked together.

All metrics that are tested together are corrected together (Holm): all verdicts against the
baseline are one look at the data, and what *Change by change* asks besides is another. Equivalence
is not corrected: to claim it wrongly for any of several metrics is as unlikely as for one, since
every claim needs its own test (https://en.wikipedia.org/wiki/Intersection%E2%80%93union_test reads
the same for gates that must all pass).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.frozen import dataclass
from rundiff.judgement import Verdict
from rundiff.stats.case import ENOUGH_RUNS, Case, conclude
from rundiff.stats.question import Question, Side, build_estimate, run_test, with_statistics
from rundiff.stats.tolerance import tolerance_size
from rundiff.stats.two_samples import holm, is_testable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.comparison import MetricMeaning, Row
    from rundiff.stats.judge import JudgeOptions
    from rundiff.stats.recipes import Cells, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two sides of a question: the runs before and after, and what is known of the pair.

    ``broken`` is why the two cannot be compared, "" where they can; ``same_recipe`` the seed-like
    keys where both sides are runs of one recipe.
    """

    run_id: str  # of the candidate, for the verdict
    before: Side
    after: Side
    broken: str
    same_recipe: tuple[str, ...] | None = None


def numbers_of(cells: Cells, metric: str) -> dict[str, float]:
    """Return the numbers that runs have for a metric, by run id."""
    by_run = cells.get((Section.METRICS.value, metric), {})
    return {run_id: cell.number for run_id, cell in by_run.items() if cell.number is not None}


def build_side(
    recipe: Recipe, by_run: Mapping[str, float], confidence: float, *, only: str | None = None
) -> Side:
    """Return the runs of a recipe that have a number, seed by seed, or one of them alone."""
    seeds: dict[object, dict[str, float]] = {}
    for run_id, seed in zip(recipe.run_ids, recipe.seeds, strict=True):
        if run_id in by_run and (only is None or run_id == only):
            seeds.setdefault(seed or run_id, {})[run_id] = by_run[run_id]
    found = build_estimate(tuple(seeds.values()), confidence)
    return Side(estimate=found, seeds=tuple(seeds))


def build_question(row: Row, pair: Pair, options: JudgeOptions) -> Question:
    """Return the question about one metric, its test run where both sides have runs enough."""
    before, after = pair.before.estimate, pair.after.estimate
    tolerance, origin = _tolerance(row.key, row.meaning, options)
    center = before.mean if before.mean is not None and math.isfinite(before.mean) else 0.0
    delta = None if before.mean is None or after.mean is None else after.mean - before.mean
    case = Case(
        key=row.key,
        run_id=pair.run_id,
        direction=row.meaning.direction if row.meaning else Direction.UNKNOWN,
        tolerance=tolerance,
        tolerance_origin=origin,
        margin=tolerance_size(tolerance, center),
        value_name=options.value_names.get(row.key, "last"),
        baseline=before,
        candidate=after,
        delta=delta if delta is not None and math.isfinite(delta) else None,
        broken=pair.broken,
        same_recipe=pair.same_recipe,
        statistics=None,
        more_runs=None,
        alpha=round(1 - options.confidence, 12),
    )
    is_enough = min(before.n, after.n) >= ENOUGH_RUNS and not pair.broken
    if not is_enough or not is_testable((*before.values, *after.values)):
        return Question(case=case, difference=None, test="", p_value=1.0, spread=0.0)
    return run_test(case, (pair.before, pair.after), options.test)


def answer_together(questions: Sequence[Question], options: JudgeOptions) -> Iterator[Verdict]:
    """Correct the tests for each other, then answer every question in turn."""
    # Several candidates of one recipe are one test.
    families = {_family(q.case): q.p_value for q in questions if q.difference}
    adjusted = dict(zip(families, holm(tuple(families.values())), strict=True))
    for question in questions:
        case = question.case
        if question.difference is not None:
            p = adjusted[_family(case)]
            case = with_statistics(question, p, len(adjusted), options.confidence)
        answer = conclude(case)
        yield Verdict(
            key=case.key,
            run_id=case.run_id,
            kind=answer.kind,
            reason=answer.reason,
            by_tolerance=answer.by_tolerance,
            direction=case.direction,
            tolerance=case.tolerance,
            tolerance_origin=case.tolerance_origin,
            value_name=case.value_name,
            baseline=case.baseline,
            candidate=case.candidate,
            delta=case.delta,
            statistics=case.statistics,
            more_runs=case.more_runs if answer.kind == "inconclusive" else None,
            is_replicate=case.same_recipe is not None,
        )


def _family(case: Case) -> tuple[object, ...]:
    return case.key, case.baseline.run_ids, case.candidate.run_ids


def _tolerance(key: str, meaning: MetricMeaning | None, options: JudgeOptions) -> tuple[str, str]:
    for known, origin in ((options.tolerances, "option"), (options.gate_tolerances, "gate")):
        if key in known:
            return known[key], origin
    declared = meaning.tolerance if meaning else ""
    return declared, "record" if declared else ""
