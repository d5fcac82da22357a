"""Gives every metric of every candidate its verdict, and the comparison its replicates.

All metrics that are tested together are corrected together (Holm), over all candidates of the
comparison: what stands on one page is one look at the data. Equivalence is not corrected: to claim
it wrongly for any of several metrics is as unlikely as for one, since every claim needs its own
test (https://en.wikipedia.org/wiki/Intersection%E2%80%93union_test reads the same for gates that
must all pass).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, Section
from rundiff.judgement import Replicates, Verdict
from rundiff.recipe_keys import DEFAULT_SEED_KEYS
from rundiff.selected import load_selected
from rundiff.stats.case import ENOUGH_RUNS, Case, conclude
from rundiff.stats.comparability import Guard, find_broken
from rundiff.stats.question import Question, Side, build_estimate, run_test, with_statistics
from rundiff.stats.recipes import find_recipes, replicate_rule
from rundiff.stats.tolerance import tolerance_size
from rundiff.stats.two_samples import holm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.comparison import Comparison, MetricMeaning, Row, Run
    from rundiff.stats.recipes import Cells, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOptions:
    """How to judge. ``tolerances`` from a gate file or an option go before the records'."""

    confidence: float = 0.95
    test: str = "t"  # or "permutation"
    seed_keys: tuple[str, ...] = DEFAULT_SEED_KEYS
    guard: Guard = field(default_factory=Guard)
    tolerances: Mapping[str, str] = field(default_factory=dict)
    tolerance_origin: str = "gate"
    value_names: Mapping[str, str] = field(default_factory=dict)
    blessed: frozenset[str] = frozenset()  # runs of a baseline file: never of a candidate's recipe


def judge(comparison: Comparison, options: JudgeOptions | None = None) -> Comparison:
    """Return the comparison with verdicts and replicates; everything else stays as it is."""
    options = options or JudgeOptions()
    cells = load_selected(comparison)
    recipes = find_recipes(comparison, cells, seed_keys=options.seed_keys, blessed=options.blessed)
    warnings = comparison.judgement.warnings
    if any(recipe.varying for recipe in recipes) and find_spec("scipy") is None:
        recipes = find_recipes(comparison, cells, seed_keys=(), blessed=options.blessed)
        warnings += ("Replicates are not used: that needs scipy (pip install 'rundiff[stats]').",)
    by_run = {run_id: recipe for recipe in recipes for run_id in recipe.run_ids}
    questions = [
        question
        for run in comparison.compared[1:]
        for question in _questions(comparison, (cells, by_run), run, options)
    ]
    verdicts = {
        (verdict.key, verdict.run_id): verdict for verdict in answer_together(questions, options)
    }
    judgement = replace(
        comparison.judgement,
        replicate_rule=replicate_rule(options.seed_keys),
        replicates=tuple(_replicates(comparison, cells, recipes, options.confidence)),
        confidence=options.confidence,
        warnings=warnings,
    )
    return replace(comparison, verdicts=verdicts, judgement=judgement)


def _questions(
    comparison: Comparison,
    known: tuple[Cells, Mapping[str, Recipe]],
    run: Run,
    options: JudgeOptions,
) -> Iterator[Question]:
    cells, recipes = known
    broken = find_broken(comparison, cells, run, guard=options.guard)
    ours, theirs = recipes[run.run_id], recipes[comparison.baseline.run_id]
    for row in comparison.sections.get(Section.METRICS, ()):
        by_run = {
            run_id: cell.number
            for run_id, cell in cells.get((Section.METRICS.value, row.key), {}).items()
            if cell.number is not None
        }
        if run.run_id not in by_run or comparison.baseline.run_id not in by_run:
            continue
        if ours is theirs:
            sides = (
                _side(theirs, by_run, options.confidence, only=comparison.baseline.run_id),
                _side(ours, by_run, options.confidence, only=run.run_id),
            )
        else:
            sides = (
                _side(theirs, by_run, options.confidence),
                _side(ours, by_run, options.confidence),
            )
        varying = ours.varying if ours is theirs else None
        yield _question(row, run, sides, (options, broken.get(row.key, ""), varying))


def _question(
    row: Row,
    run: Run,
    sides: tuple[Side, Side],
    known: tuple[JudgeOptions, str, tuple[str, ...] | None],
) -> Question:
    options, broken, varying = known
    before, after = sides[0].estimate, sides[1].estimate
    tolerance, origin = _tolerance(row.key, row.meaning, options)
    center = before.mean if before.mean is not None and math.isfinite(before.mean) else 0.0
    delta = None if before.mean is None or after.mean is None else after.mean - before.mean
    case = Case(
        key=row.key,
        run_id=run.run_id,
        direction=row.meaning.direction if row.meaning else Direction.UNKNOWN,
        tolerance=tolerance,
        tolerance_origin=origin,
        margin=tolerance_size(tolerance, center),
        value_name=options.value_names.get(row.key, "last"),
        baseline=before,
        candidate=after,
        delta=delta if delta is not None and math.isfinite(delta) else None,
        broken=broken,
        same_recipe=varying,
        statistics=None,
        more_runs=None,
        alpha=round(1 - options.confidence, 12),
    )
    is_enough = min(before.n, after.n) >= ENOUGH_RUNS and not broken
    if not is_enough or not all(map(math.isfinite, (*before.values, *after.values))):
        return Question(case=case, difference=None, test="", p_value=1.0, spread=0.0)
    return run_test(case, sides, options.test)


def answer_together(questions: Sequence[Question], options: JudgeOptions) -> Iterator[Verdict]:
    """Correct the tests for each other, then answer every question."""
    # Several candidates of one recipe are one test.
    families = {
        (q.case.key, q.case.candidate.run_ids): q.p_value for q in questions if q.difference
    }
    adjusted = dict(zip(families, holm(tuple(families.values())), strict=True))
    for question in questions:
        case = question.case
        if question.difference is not None:
            p = adjusted[case.key, case.candidate.run_ids]
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


def _side(
    recipe: Recipe, by_run: Mapping[str, float], confidence: float, *, only: str | None = None
) -> Side:
    members = [
        (run_id, seed)
        for run_id, seed in zip(recipe.run_ids, recipe.seeds, strict=True)
        if run_id in by_run and (only is None or run_id == only)
    ]
    values = {run_id: by_run[run_id] for run_id, _ in members}
    return Side(
        estimate=build_estimate(values, confidence), seeds=tuple(seed for _, seed in members)
    )


def _tolerance(key: str, meaning: MetricMeaning | None, options: JudgeOptions) -> tuple[str, str]:
    if key in options.tolerances:
        return options.tolerances[key], options.tolerance_origin
    declared = meaning.tolerance if meaning else ""
    return declared, "record" if declared else ""


def _replicates(
    comparison: Comparison, cells: Cells, recipes: Sequence[Recipe], confidence: float
) -> Iterator[Replicates]:
    names = {run.run_id: run.name for run in comparison.runs}
    baseline = comparison.compared[0].run_id if comparison.compared else ""
    for recipe in recipes:
        if len(recipe.run_ids) < 2:
            continue
        estimates = []
        for (section, key), by_run in cells.items():
            numbers = {
                run_id: by_run[run_id].number for run_id in recipe.run_ids if run_id in by_run
            }
            present = {run_id: n for run_id, n in numbers.items() if n is not None}
            if section == Section.METRICS and present:
                estimates.append((key, build_estimate(present, confidence)))
        yield Replicates(
            name=names[baseline if baseline in recipe.run_ids else recipe.run_ids[0]],
            run_ids=recipe.run_ids,
            varying=recipe.varying,
            is_baseline=baseline in recipe.run_ids,
            estimates=tuple(sorted(estimates, key=lambda pair: pair[0])),
        )
