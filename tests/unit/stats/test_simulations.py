"""The promises about errors and power, held against 2,000 simulated comparisons."""

import math
import random

import pytest
from rundiff.comparison import Direction, VerdictKind
from rundiff.judgement import Estimate, Verdict
from rundiff.stats.asking import answer_together
from rundiff.stats.case import Case
from rundiff.stats.judge import JudgeOptions
from rundiff.stats.question import Question, Side, run_test
from rundiff.stats.sample_size import runs_needed, t_test_power

ALPHA = 0.05
DECIDED = (VerdictKind.BETTER, VerdictKind.WORSE)


def question(
    key: str, baseline: list[float], candidate: list[float], *, tolerance: float = 0.0
) -> Question:
    sides = [
        Estimate(mean=math.fsum(v) / len(v), n=len(v), values=tuple(v), run_ids=(name, key))
        for name, v in (("a", baseline), ("b", candidate))
    ]
    case = Case(
        key=key,
        run_id="b",
        direction=Direction.HIGHER,
        tolerance=repr(tolerance) if tolerance else "",
        tolerance_origin="gate" if tolerance else "",
        margin=tolerance,
        value_name="last",
        baseline=sides[0],
        candidate=sides[1],
        delta=None,
        broken="",
        same_recipe=None,
        statistics=None,
        more_runs=None,
        alpha=ALPHA,
    )
    unpaired = [Side(estimate=side, seeds=("",) * side.n) for side in sides]
    return run_test(case, (unpaired[0], unpaired[1]), "t")


def judged(*questions: Question) -> list[Verdict]:
    return list(answer_together(questions, JudgeOptions()))


def gauss(chance: random.Random, n: int, shift: float = 0.0) -> list[float]:
    return [chance.gauss(shift, 1.0) for _ in range(n)]


@pytest.mark.slow
@pytest.mark.parametrize("tolerance", [0.0, 0.2])
def test_equal_recipes_are_rarely_told_apart(tolerance: float) -> None:
    """2,000 comparisons of 20 metrics, no effect anywhere: at most α have any better or worse."""
    chance, wrong, times = random.Random(20), 0, 2_000
    for _ in range(times):
        questions = (
            question(f"m{k}", gauss(chance, 5), gauss(chance, 5), tolerance=tolerance)
            for k in range(20)
        )
        wrong += any(verdict.kind in DECIDED for verdict in judged(*questions))
    margin = 3 * math.sqrt(ALPHA * (1 - ALPHA) / times)
    assert wrong / times <= ALPHA + margin
    assert wrong > 0  # the test is not merely deaf


@pytest.mark.parametrize(("effect", "n"), [(1.0, 8), (1.5, 8), (1.2, 12), (0.8, 20)])
def test_planted_effects_are_found_as_often_as_theory_says(effect: float, n: int) -> None:
    chance, times = random.Random(n), 4_000
    found = sum(
        judged(question("m", gauss(chance, n), gauss(chance, n, effect)))[0].kind
        is VerdictKind.BETTER
        for _ in range(times)
    )
    assert found / times == pytest.approx(t_test_power(effect, n, alpha=ALPHA), abs=0.03)


def test_equivalence_is_rarely_claimed_wrongly() -> None:
    """A true difference of just the tolerance is called equivalent in at most α of the cases."""
    chance, times = random.Random(3), 2_000
    wrong = sum(
        judged(question("m", gauss(chance, 30), gauss(chance, 30, 0.8), tolerance=0.8))[0].kind
        is VerdictKind.EQUIVALENT
        for _ in range(times)
    )
    assert wrong / times <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / times)


def test_as_many_more_runs_as_promised_settle_it() -> None:
    """Where "n more runs" is said, a difference of the tolerance's size is found with 80 %."""
    verdict = judged(question("m", [0.0, 1.0, 2.0], [0.3, 1.1, 2.2], tolerance=1.0))[0]
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert verdict.more_runs is not None
    n = 3 + verdict.more_runs
    assert t_test_power(1.0, n, alpha=ALPHA) >= 0.8
    assert t_test_power(1.0, n - 2, alpha=ALPHA) < 0.8
    assert f"about {verdict.more_runs} more runs" in verdict.reason


def test_power_is_the_noncentral_t() -> None:
    # G*Power's textbook case: d = 0.5, alpha 0.05, power 0.8 needs 64 in each group.
    assert runs_needed(0.5, alpha=0.05) == 64
    assert runs_needed(0.5, alpha=0.05, is_paired=True) == 34
    assert runs_needed(0.0, alpha=0.05) is None
    assert runs_needed(1e-6, alpha=0.05) is None
