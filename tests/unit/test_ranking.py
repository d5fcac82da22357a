"""Which metrics stand first."""

from __future__ import annotations

from rundiff.ranking import key_rank


def test_what_can_be_better_stands_before_its_spread_and_what_only_differs() -> None:
    guessed = {"reward_max": "name", "reward_mean": "name", "iterations": "", "accuracy": "name"}
    ranked = sorted(guessed, key=lambda key: key_rank(key, guessed[key]))
    assert ranked == ["accuracy", "reward_mean", "reward_max", "iterations"]


def test_a_goal_that_was_declared_counts_for_more_than_a_name() -> None:
    ranked = sorted(["accuracy", "latency"], key=lambda k: key_rank(k, "record" * (k == "latency")))
    assert ranked == ["latency", "accuracy"]
