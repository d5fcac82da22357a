"""The headline says who beats the baseline, on what, and on which data."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from rundiff.comparison import Comparison
from rundiff.selection.choose import SelectionOptions
from rundiff.views.gates import build_gates
from rundiff.views.headline import build_headline
from rundiff.views.marks import plain
from rundiff.views.moved import build_panels

from tests.factories import Recorded, make_comparison


def sentences(*runs: Recorded, baseline: str = "") -> tuple[str, str]:
    # Plain directions: what statistics add to the words has its own tests.
    selection = SelectionOptions(baseline=baseline)
    comparison = replace(make_comparison(*runs, selection=selection), verdicts={})
    headline, remark = build_headline(comparison)
    return plain(headline), plain(remark)


def test_the_winner_and_what_it_cost() -> None:
    headline, remark = sentences(
        Recorded(name="base", params={"lr": 0.1}, metrics={"accuracy": 0.90, "fit_seconds": 2.0}),
        Recorded(name="wide", params={"lr": 0.3}, metrics={"accuracy": 0.95, "fit_seconds": 3.0}),
    )
    assert (
        headline == "wide beats the baseline on accuracy (+0.05) and loses on fit_seconds (+50 %)."
    )
    assert remark == "2 runs compared: 1 parameter differs; 2 metrics moved."


def test_a_winner_that_loses_on_several_metrics_is_told_with_the_counts() -> None:
    _, remark = sentences(
        Recorded(name="base", metrics={"accuracy": 0.9, "f1": 0.8, "loss": 1.0, "seconds": 1.0}),
        Recorded(name="wide", metrics={"accuracy": 0.95, "f1": 0.9, "loss": 2.0, "seconds": 3.0}),
    )
    assert remark.startswith("Better on 2 of 4 metrics, worse on 2. 2 runs compared")


@pytest.mark.parametrize(
    "run", [{"status": "failed"}, {"status": "running"}, {"state": "interrupted"}]
)
def test_a_winner_that_did_not_come_to_its_end_says_so(run: dict[str, str]) -> None:
    headline, _ = sentences(
        Recorded(name="base", metrics={"accuracy": 0.9}),
        Recorded(name="wide", metrics={"accuracy": 0.95}, run=run),
    )
    (word,) = run.values()
    assert headline == f"wide ({word}) beats the baseline on accuracy (+0.05)."


def test_nobody_wins() -> None:
    headline, _ = sentences(
        Recorded(name="base", metrics={"loss": 0.1}), Recorded(name="wide", metrics={"loss": 0.3})
    )
    assert headline == "No run beats the baseline on loss; wide comes closest (+0.2)."


def test_a_declared_goal_leads_before_a_guessed_one() -> None:
    headline, _ = sentences(
        Recorded(name="base", metrics={"accuracy": 0.9, "gain": 1.0}, goals={"gain": "max"}),
        Recorded(name="wide", metrics={"accuracy": 0.8, "gain": 2.0}, goals={"gain": "max"}),
    )
    assert headline.startswith("wide beats the baseline on gain (+1)")


def test_a_mean_leads_before_how_far_the_values_spread() -> None:
    headline, _ = sentences(
        Recorded(name="base", metrics={"reward_max": 9.0, "reward_mean": 2.0, "reward_min": 1.0}),
        Recorded(name="wide", metrics={"reward_max": 8.0, "reward_mean": 3.0, "reward_min": 2.0}),
    )
    assert headline.startswith("wide beats the baseline on reward_mean (+1)")


def test_test_data_lead_before_training_curves() -> None:
    headline, _ = sentences(
        Recorded(name="base", metrics={"train/accuracy": 0.9, "test/accuracy": 0.8}),
        Recorded(name="wide", metrics={"train/accuracy": 0.8, "test/accuracy": 0.9}),
    )
    assert "on test/accuracy" in headline


def test_a_winner_on_other_data_is_told_and_the_one_on_equal_data_named() -> None:
    def run(name: str, accuracy: float, digest: str) -> Recorded:
        data = {"name": "cancer", "digest": digest, "context": "test", "source": "http"}
        return Recorded(name=name, metrics={"accuracy": accuracy}, datasets=[data])

    _, remark = sentences(
        run("base", 0.90, "aa11"), run("lucky", 0.97, "bb22"), run("fair", 0.95, "aa11")
    )
    assert "digest bb22, baseline aa11" in remark
    assert "On the same data fair leads" in remark


def test_no_direction_means_no_winner() -> None:
    headline, remark = sentences(
        Recorded(name="base", metrics={"mystery": 1.0}),
        Recorded(name="x", metrics={"mystery": 2.0}),
    )
    assert "beats" not in headline
    assert "No metric with a known direction" in remark


@pytest.mark.parametrize(
    ("base", "other", "told"),
    [
        ({}, {}, "No metric was logged"),
        ({"accuracy": math.nan}, {"accuracy": 0.9}, "The baseline has no finite value"),
        ({"accuracy": 0.9}, {}, "No metric with a known direction is common"),
    ],
)
def test_without_a_winner_it_is_said_why(
    base: dict[str, float], other: dict[str, float], told: str
) -> None:
    _, remark = sentences(
        Recorded(name="base", params={"a": 1}, metrics=base),
        Recorded(name="other", params={"a": 2}, metrics=other),
        baseline="base",
    )
    assert remark.startswith(told)


def test_a_winner_by_tolerance_alone_is_told_as_such() -> None:
    _, remark = build_headline(
        make_comparison(
            Recorded(name="base", params={"lr": 0.1}, metrics={"accuracy": 0.90}),
            Recorded(name="wide", params={"lr": 0.3}, metrics={"accuracy": 0.95}),
        )
    )
    assert plain(remark).startswith("Judged without statistics, one run against one run. 2 runs")


def test_one_run_wins_by_tolerance_over_no_replicates_that_show_more() -> None:
    """The rule that it is better is weaker than the test that the others did not pass."""
    accuracies = {"base": (0.90, 0.91, 0.92), "wide": (0.90, 0.99, 0.99), "once": (0.95,)}
    head, _ = build_headline(
        make_comparison(
            *(
                Recorded(
                    name=f"{name}-s{seed}",
                    params={"width": len(name) + (name == "wide"), "seed": seed},
                    tags={"kind": name},
                    metrics={"accuracy": accuracy},
                )
                for name, values in accuracies.items()
                for seed, accuracy in enumerate(values)
            )
        )
    )
    assert plain(head).startswith("wide (3 runs) leads on accuracy, but the difference")


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (0.1, "long has the best loss (−0.1), but it cannot be set against the baseline's."),
        (2.3, "No run beats the baseline on loss; long comes closest (+2.1), but it cannot be"),
    ],
)
def test_what_cannot_be_compared_is_best_only_where_its_value_is(loss: float, told: str) -> None:
    head, remark = build_headline(
        make_comparison(
            Recorded(name="base", params={"max_steps": 100}, metrics={"loss": 0.2}),
            Recorded(name="long", params={"max_steps": 900}, metrics={"loss": loss}),
        )
    )
    assert plain(head).startswith(told)
    assert "the step budget is another one" in plain(remark)


def test_one_run_alone() -> None:
    headline, _ = sentences(Recorded(name="only", params={"a": 1}, metrics={"loss": 1.0}))
    assert headline == "only logged 1 parameter and 1 metric."


def test_seeds_of_one_recipe_stand_with_their_mean_and_not_with_the_luckiest() -> None:
    headline, remark = build_headline(replicated(seconds=(2.0, 9.0, 1.5)))
    told = plain(headline)
    assert told.startswith("wide (3 runs) beats the baseline (3 runs) on accuracy (+0.1")
    assert plain(remark).startswith("95 % CI +0.100 … +0.100. ")
    assert "loses" not in told  # one slow seed of three is no verdict
    assert "inconclusive on fit_seconds" in plain(remark)


def test_what_moved_says_the_means_and_the_words_of_the_headline() -> None:
    (panel,) = build_panels(replicated(seconds=(2.0, 9.0, 1.5)))
    words = {row.key: row.move.word for row in panel.rows if row.move}
    assert words == {"accuracy": "better", "fit_seconds": "inconclusive"}
    assert panel.means == "Means of replicates: baseline 3, candidate 3."
    assert panel.rows[0].value == "0.902"


def test_the_table_of_replicates_says_what_its_plus_minus_is() -> None:
    gates = build_gates(replicated(seconds=(2.0, 9.0, 1.5)))
    assert gates is not None
    assert gates.note == "Means ± half of their 95 % interval."
    assert "±" in gates.replicates[0].estimates[0]


def test_means_of_replicates_are_as_short_as_what_they_may_be_off_is_rough() -> None:
    runs = [
        Recorded(
            name=f"a-s{at}",
            params={"seed": at},
            metrics={"a": value, "b": 8e9 * value, "c": 8e9 + at},
        )
        for at, value in enumerate((0.93, 0.95, 0.97))
    ]
    gates = build_gates(make_comparison(*runs))
    assert gates is not None
    assert gates.replicates[0].estimates == ("0.950 ± 0.050", "7.6e9 ± 4e8", "8,000,000,001 ± 2.5")


def replicated(*, seconds: tuple[float, ...]) -> Comparison:
    recipes = {"base": (0.8, 0.802, 0.804), "wide": (0.9, 0.902, 0.904)}
    return make_comparison(
        *(
            Recorded(
                name=f"{recipe}-s{seed}",
                params={"model": recipe, "seed": seed},
                metrics={
                    "accuracy": value,
                    "fit_seconds": seconds[seed] if recipe == "wide" else 2.0 + seed / 10,
                },
            )
            for recipe, values in recipes.items()
            for seed, value in enumerate(values)
        )
    )
