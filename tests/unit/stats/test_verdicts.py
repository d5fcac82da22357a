"""What is concluded about a metric, through the same comparison that every output draws."""

import math
import subprocess
import sys
from collections.abc import Sequence

import pytest
from rundiff.comparison import Comparison, Direction, VerdictKind
from rundiff.judgement import Verdict
from rundiff.stats.judge import JudgeOptions
from rundiff.stats.tolerance import exceeds_tolerance, parse_tolerance

from tests.factories import Recorded, make_comparison

BETTER, WORSE = VerdictKind.BETTER, VerdictKind.WORSE
EQUIVALENT, INCONCLUSIVE = VerdictKind.EQUIVALENT, VerdictKind.INCONCLUSIVE
HIGHER = {"m": Direction.HIGHER}


def single(
    before: float, after: float, *, tolerance: str = "", direction: Direction = Direction.HIGHER
) -> Verdict:
    comparison = make_comparison(
        Recorded(name="baseline", params={"a": 1}, metrics={"m": before}),
        Recorded(name="candidate", params={"a": 2}, metrics={"m": after}),
        directions={"m": direction} if direction else {},
        judging=JudgeOptions(tolerances={"m": tolerance} if tolerance else {}),
    )
    return comparison.verdicts["m", "candidate"]


def replicated(
    before: Sequence[float],
    after: Sequence[float],
    *,
    tolerance: str = "",
    paired: bool = False,
    test: str = "t",
) -> Comparison:
    def runs(recipe: str, values: Sequence[float], first_seed: int) -> list[Recorded]:
        return [
            Recorded(name=f"{recipe}-{seed}", params={"recipe": recipe, "seed": seed + first_seed},
                     metrics={"m": value})
            for seed, value in enumerate(values)
        ]  # fmt: skip

    return make_comparison(
        *runs("old", before, 0),
        *runs("new", after, 0 if paired else 100),
        directions=HIGHER,
        judging=JudgeOptions(tolerances={"m": tolerance} if tolerance else {}, test=test),
    )


@pytest.mark.parametrize(
    ("before", "after", "tolerance", "direction", "kind"),
    [
        (0.90, 0.91, "", Direction.HIGHER, BETTER),
        (0.90, 0.91, "", Direction.LOWER, WORSE),
        (0.90, 0.90, "", Direction.HIGHER, EQUIVALENT),
        (0.90, 0.90, "", Direction.UNKNOWN, EQUIVALENT),
        (0.90, 0.91, "", Direction.UNKNOWN, INCONCLUSIVE),
        (0.91, 0.915, "0.005", Direction.HIGHER, EQUIVALENT),  # in doubles a little more than 0.005
        (0.91, 0.9151, "0.005", Direction.HIGHER, BETTER),
        (200.0, 198.0, "1%", Direction.HIGHER, EQUIVALENT),
        (200.0, 197.9, "1%", Direction.HIGHER, WORSE),
        (0.0, 0.1, "1%", Direction.HIGHER, BETTER),
        (0.9, math.nan, "", Direction.HIGHER, INCONCLUSIVE),
        (math.nan, 0.9, "", Direction.HIGHER, INCONCLUSIVE),
        (math.nan, math.nan, "", Direction.HIGHER, INCONCLUSIVE),
        (1.0, math.inf, "5%", Direction.LOWER, WORSE),
        (math.inf, math.inf, "", Direction.LOWER, EQUIVALENT),
    ],
)
def test_single_runs_are_judged_by_tolerance(
    before: float, after: float, tolerance: str, direction: Direction, kind: VerdictKind
) -> None:
    verdict = single(before, after, tolerance=tolerance, direction=direction)
    assert verdict.kind is kind
    assert verdict.by_tolerance
    assert verdict.statistics is None


def test_single_runs_say_that_they_are_one_number_each() -> None:
    reason = single(0.90, 0.91).reason
    assert reason.startswith("One number against one number: 0.91 against 0.90")
    assert "no tolerance is declared" in reason


def test_replicates_are_found_and_tested() -> None:
    comparison = replicated([0.90, 0.91, 0.92, 0.91], [0.95, 0.96, 0.955, 0.96])
    verdict = comparison.verdicts["m", "new-0"]
    assert verdict.kind is BETTER
    assert not verdict.by_tolerance
    assert verdict.statistics is not None
    assert verdict.statistics.test == "Welch's t-test"
    assert (verdict.baseline.n, verdict.candidate.n) == (4, 4)
    assert verdict.statistics.low < 0.046 < verdict.statistics.high
    assert [group.varying for group in comparison.judgement.replicates] == [("params.seed",)] * 2


def test_a_seed_that_was_run_again_counts_once() -> None:
    """Three seeds run twice are three findings: six would call noise a difference."""
    values = {"old": (0.90, 0.93, 0.91), "new": (0.92, 0.94, 0.95)}
    once, twice = (
        one
        for times in (1, 2)
        for one in make_comparison(
            *(
                Recorded(name=f"{recipe}-{seed}-{time}", params={"recipe": recipe, "seed": seed},
                         metrics={"m": value})
                for recipe, numbers in values.items()
                for seed, value in enumerate(numbers)
                for time in range(times)
            ),
            directions=HIGHER,
            columns=2,
        ).verdicts.values()
    )  # fmt: skip
    assert twice.statistics == once.statistics
    assert (twice.candidate.n, len(twice.candidate.run_ids)) == (3, 6)
    assert twice.candidate.mean == once.candidate.mean
    assert twice.reason.startswith("The mean of 3 seeds against the mean of 3 seeds: ")


def test_the_same_seeds_are_paired() -> None:
    """A small gain in every seed is lost between seeds, and found within them."""
    before, after = [0.1, 0.5, 0.9, 0.3], [0.11, 0.512, 0.91, 0.312]
    apart = replicated(before, after).verdicts["m", "new-0"]
    paired = replicated(before, after, paired=True).verdicts["m", "new-0"]
    assert (apart.kind, paired.kind) == (INCONCLUSIVE, BETTER)
    assert paired.statistics is not None
    assert paired.statistics.test == "paired t-test"


def test_equivalent_needs_a_tolerance_and_proof() -> None:
    before, after = [0.900, 0.901, 0.902, 0.901], [0.901, 0.902, 0.900, 0.901]
    assert replicated(before, after).verdicts["m", "new-0"].kind is INCONCLUSIVE
    proven = replicated(before, after, tolerance="0.005").verdicts["m", "new-0"]
    assert proven.kind is EQUIVALENT
    noisy = replicated([0.8, 0.9, 1.0], [0.81, 0.9, 0.99], tolerance="0.005")
    verdict = noisy.verdicts["m", "new-0"]
    assert verdict.kind is INCONCLUSIVE
    assert verdict.more_runs is not None
    assert 5_000 < verdict.more_runs < 6_000
    assert "more runs on each side would settle a difference of 0.005" in verdict.reason


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ([0.90, 0.92], [0.91, 0.93], INCONCLUSIVE),  # they overlap
        ([0.90, 0.91], [0.95, 0.96], BETTER),
        ([0.90, 0.91, 0.92], [0.80], WORSE),
        ([0.90, 0.91, 0.92], [0.915], INCONCLUSIVE),
    ],
)
def test_two_runs_are_no_statistics(
    before: Sequence[float], after: Sequence[float], kind: VerdictKind
) -> None:
    verdict = replicated(before, after).verdicts["m", "new-0"]
    assert verdict.kind is kind
    assert verdict.by_tolerance
    assert verdict.statistics is None


def test_seeds_of_one_recipe_are_noise_not_progress() -> None:
    comparison = replicated([0.90, 0.93, 0.91], [0.95])
    verdict = comparison.verdicts["m", "old-1"]
    assert verdict.kind is INCONCLUSIVE
    assert "only 'params.seed' differs" in verdict.reason


def test_a_diverged_replicate_is_never_averaged_away() -> None:
    comparison = replicated([0.9, 0.91, 0.92], [0.95, math.nan, 0.96])
    verdict = comparison.verdicts["m", "new-0"]
    assert verdict.kind is INCONCLUSIVE
    assert "NaN" in verdict.reason


def with_five_metrics(recipe: str, shift: float) -> list[Recorded]:
    noise = (0.0, 0.011, -0.012, 0.004)
    return [
        Recorded(name=f"{recipe}-{seed}", params={"recipe": recipe, "seed": f"{recipe}{seed}"},
                 metrics={f"m{k}": 0.9 + shift + x for k in range(5)})
        for seed, x in enumerate(noise)
    ]  # fmt: skip


def test_what_counts_alone_but_not_among_others_says_so() -> None:
    """Its interval leaves 0 out, and yet the verdict is inconclusive."""
    comparison = make_comparison(*with_five_metrics("old", 0), *with_five_metrics("new", 0.02))
    verdict = comparison.verdicts["m0", "new-0"]
    assert verdict.kind is INCONCLUSIVE
    assert verdict.statistics is not None
    assert verdict.statistics.low > 0
    assert verdict.reason.endswith("; p = 0.0261 alone, which is not enough among 5 tests.")


def test_metrics_judged_together_are_corrected_together() -> None:
    comparison = make_comparison(*with_five_metrics("old", 0), *with_five_metrics("new", 0.02))
    statistics = [v.statistics for v in comparison.verdicts.values() if v.run_id == "new-0"]
    assert len(statistics) == 5
    for found in statistics:
        assert found is not None
        assert found.judged_together == 5
        assert found.p_adjusted == pytest.approx(min(1, 5 * found.p_value))


def test_the_permutation_test_is_used_on_request() -> None:
    comparison = make_comparison(
        *(Recorded(name=f"o{s}", params={"r": 1, "seed": s}, metrics={"m": 0.9 + s / 1000})
          for s in range(5)),
        *(Recorded(name=f"n{s}", params={"r": 2, "seed": s + 9}, metrics={"m": 0.95 + s / 1000})
          for s in range(5)),
        directions=HIGHER,
        judging=JudgeOptions(test="permutation"),
    )  # fmt: skip
    found = comparison.verdicts["m", "n0"].statistics
    assert found is not None
    assert found.test == "permutation test"
    assert found.p_value == pytest.approx(2 / 252)


def test_too_few_runs_for_a_permutation_test_are_told_so() -> None:
    before, after = [0.90, 0.91, 0.92], [0.95, 0.96, 0.97]
    verdict = replicated(before, after, test="permutation").verdicts["m", "new-0"]
    assert verdict.kind is INCONCLUSIVE
    assert verdict.reason.endswith("; so few runs cannot give less than p = 0.1 by permutation.")


def test_runs_that_do_not_vary_are_within_the_tolerance_as_one_run_is() -> None:
    """In doubles 0.915 − 0.91 is a little more than 0.005."""
    verdict = replicated([0.91] * 3, [0.915] * 3, tolerance="0.005").verdicts["m", "new-0"]
    assert verdict.kind is EQUIVALENT
    beyond = replicated([0.91] * 3, [0.9151] * 3, tolerance="0.005").verdicts["m", "new-0"]
    assert beyond.kind is BETTER


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ([1e200, 2e200, 3.5e200], [1e201, 2e201, 3.2e201], INCONCLUSIVE),
        ([1e-200, 2e-200, 3e-200], [2e-200, 3.1e-200, 4e-200], INCONCLUSIVE),
        ([-1.7e308, -1.7e308, -1.6e308], [1.7e308, 1.7e308, 1.6e308], BETTER),  # delta: no double
    ],
)
def test_numbers_whose_squares_are_no_doubles_are_judged(
    before: Sequence[float], after: Sequence[float], kind: VerdictKind
) -> None:
    assert replicated(before, after).verdicts["m", "new-0"].kind is kind


def test_a_diverged_seed_among_enough_is_said_to_be_untested() -> None:
    verdict = replicated([0.3, 0.4, math.inf], [0.2, 0.35, 0.5]).verdicts["m", "new-0"]
    assert verdict.kind is INCONCLUSIVE
    assert verdict.reason.endswith("; the runs overlap, and a test needs finite numbers.")


def test_single_runs_import_no_scipy() -> None:
    program = (
        "import sys; from tests.factories import Recorded, make_comparison as m;"
        "m(Recorded(name='a', metrics={'m': 1.0}), Recorded(name='b', metrics={'m': 2.0}));"
        "sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("text", ["", "x", "-1", "nan", "inf", "1 %%", "1e999", "0x1"])
def test_what_is_no_tolerance(text: str) -> None:
    with pytest.raises(ValueError, match="not a tolerance"):
        parse_tolerance(text)


@pytest.mark.parametrize(
    ("before", "after", "text", "expected"),
    [
        (0.91, 0.915, "0.005", False),
        (0.1, 0.3, "0.2", False),
        (1e308, -1e308, "1e308", True),
        (5e-324, 0.0, "100%", False),
        (-2.0, -2.02, "1%", False),
        (math.inf, 1.0, "1", True),
        (math.inf, math.inf, "1", False),
        (1.0, 2.0, "1e400", True),  # no tolerance, as parse_tolerance says
        (1.0, 2.0, "1e-999999999", True),
    ],
)
def test_tolerances_are_decimal(before: float, after: float, text: str, expected: bool) -> None:
    assert exceeds_tolerance(before, after, text) is expected
