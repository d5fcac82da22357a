"""Gives every metric of every candidate its verdict, and the comparison its replicates.

The questions of all candidates are asked together and corrected together (``stats.asking``).
"""

from __future__ import annotations

from dataclasses import field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.frozen import dataclass
from rundiff.judgement import Replicates
from rundiff.recipe_keys import DEFAULT_SEED_KEYS
from rundiff.selected import load_selected
from rundiff.stats.asking import Pair, answer_together, build_question, build_side, numbers_of
from rundiff.stats.comparability import Guard, find_broken
from rundiff.stats.effects import build_changes, leading_metrics
from rundiff.stats.recipes import find_recipes, replicate_rule
from rundiff.stats.trends import find_trends

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rundiff.comparison import Comparison, Run
    from rundiff.stats.question import Question
    from rundiff.stats.recipes import Cells, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOptions:
    """How to judge.

    A gate file fills in what was not ``asked`` for by name (``gates.conclude``). Of tolerances an
    option's goes before the gate file's, and that before the records'.
    """

    confidence: float = 0.95
    test: str = "t"  # or "permutation"
    seed_keys: tuple[str, ...] = DEFAULT_SEED_KEYS
    most_pairs: int = 4_000  # of recipes, under *Change by change*: about a second of CPU
    guard: Guard = field(default_factory=Guard)
    tolerances: Mapping[str, str] = field(default_factory=dict)
    gate_tolerances: Mapping[str, str] = field(default_factory=dict)
    value_names: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()  # fields that an option set
    blessed: frozenset[str] = frozenset()  # runs of a baseline file: never of a candidate's recipe


def build_judging(tolerances: Mapping[str, str], **asked: object) -> JudgeOptions:
    """Return how to judge by options, of which None are not asked for."""
    given = {name: value for name, value in asked.items() if value is not None}
    return JudgeOptions(tolerances=tolerances, asked=frozenset(given), **given)  # type: ignore[arg-type]


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
    judged = build_changes(comparison, (cells, recipes), verdicts, options)
    judgement = replace(
        comparison.judgement,
        changes=judged.changes,
        unjudged=judged.unjudged,
        trends=find_trends(cells, recipes, leading_metrics(comparison), options),
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
    baseline = comparison.baseline.run_id
    ours, theirs = recipes[run.run_id], recipes[baseline]
    is_one = ours is theirs
    for row in comparison.sections.get(Section.METRICS, ()):
        by_run = numbers_of(cells, row.key)
        if run.run_id not in by_run or baseline not in by_run:
            continue
        only = (baseline, run.run_id) if is_one else (None, None)
        pair = Pair(
            run_id=run.run_id,
            before=build_side(theirs, by_run, options.confidence, only=only[0]),
            after=build_side(ours, by_run, options.confidence, only=only[1]),
            broken=broken.get(row.key, ""),
            same_recipe=ours.varying if is_one else None,
        )
        yield build_question(row, pair, options)


def _replicates(
    comparison: Comparison, cells: Cells, recipes: Sequence[Recipe], confidence: float
) -> Iterator[Replicates]:
    names = {run.run_id: run.full_name for run in comparison.runs}
    baseline = comparison.compared[0].run_id if comparison.compared else ""
    metrics = (key for section, key in cells if section == Section.METRICS)
    numbers = {key: numbers_of(cells, key) for key in metrics}
    for recipe in recipes:
        if len(recipe.run_ids) < 2:
            continue
        estimates = [
            (key, build_side(recipe, by_run, confidence).estimate)
            for key, by_run in numbers.items()
            if not by_run.keys().isdisjoint(recipe.run_ids)
        ]
        yield Replicates(
            name=names[baseline if baseline in recipe.run_ids else recipe.run_ids[0]],
            run_ids=recipe.run_ids,
            varying=recipe.varying,
            is_baseline=baseline in recipe.run_ids,
            estimates=tuple(sorted(estimates, key=lambda pair: pair[0])),
        )
