"""Which runs are replicates of each other, and which are not."""

import pytest
from rundiff.comparison import Comparison
from rundiff.stats.judge import JudgeOptions

from tests.factories import Recorded, make_comparison


def groups(comparison: Comparison) -> list[tuple[str, ...]]:
    return [group.run_ids for group in comparison.judgement.replicates]


@pytest.mark.parametrize(
    "key", ["seed", "random_state", "model.seed", "train/seed", "data_seed", "SEED", "fold"]
)
def test_seed_like_keys_make_replicates(key: str) -> None:
    comparison = make_comparison(
        *(Recorded(name=f"r{i}", params={"lr": 0.1, key: i}, metrics={"m": i}) for i in range(3))
    )
    assert groups(comparison) == [("r0", "r1", "r2")]


@pytest.mark.parametrize("key", ["seedling_count", "proceeds", "learning_rate", "folder_count"])
def test_other_keys_do_not(key: str) -> None:
    comparison = make_comparison(
        *(Recorded(name=f"r{i}", params={"lr": 0.1, key: i}, metrics={"m": i}) for i in range(3))
    )
    assert groups(comparison) == []


def test_runs_without_seeds_are_no_replicates() -> None:
    """Where only metrics were logged, everything would be one recipe."""
    comparison = make_comparison(
        *(Recorded(name=f"r{i}", metrics={"m": i}) for i in range(3)),
    )
    assert groups(comparison) == []


@pytest.mark.parametrize(
    "change",
    [
        {"tags": {"branch": "other"}},
        {"datasets": [{"name": "d", "digest": "2"}]},
        {"environment": {"git": {"commit": "b"}}},
        {"environment": {"packages": {"numpy": "2"}}},
        {"run": {"experiment": "other"}},
    ],
)
def test_anything_that_makes_a_recipe_tells_runs_apart(change: dict[str, object]) -> None:
    usual: dict[str, object] = {
        "tags": {"branch": "main"},
        "datasets": [{"name": "d", "digest": "1"}],
        "environment": {"git": {"commit": "a"}, "packages": {"numpy": "1"}},
    }
    comparison = make_comparison(
        *(Recorded(name=f"a{i}", params={"seed": i}, **usual) for i in range(2)),  # type: ignore[arg-type]
        *(Recorded(name=f"b{i}", params={"seed": i}, **(usual | change)) for i in range(2)),  # type: ignore[arg-type]
    )
    assert groups(comparison) == [("a0", "a1"), ("b0", "b1")]


def test_where_a_run_was_put_does_not_matter() -> None:
    comparison = make_comparison(
        *(
            Recorded(
                name=f"r{i}",
                params={"seed": i, "output_dir": f"out/{i}", "lr": "0.1" if i else "0.10"},
                tags={"mlflow.runName": f"r{i}", "host": f"h{i}"},
                environment={"command": f"train.py --seed {i}", "hardware": {"cpu": f"c{i}"}},
            )
            for i in range(3)
        )
    )
    assert groups(comparison) == [("r0", "r1", "r2")]


def test_failed_and_unfinished_runs_do_not_count() -> None:
    comparison = make_comparison(
        Recorded(name="a", params={"seed": 1}),
        Recorded(name="b", params={"seed": 2}),
        Recorded(name="c", params={"seed": 3}, run={"status": "failed"}),
        Recorded(name="d", params={"seed": 4}, run={"state": "interrupted"}),
    )
    assert groups(comparison) == [("a", "b")]


def test_the_rule_is_said_and_can_be_replaced() -> None:
    runs = [Recorded(name=f"r{i}", params={"shard": i, "seed": 1}) for i in range(2)]
    assert groups(make_comparison(*runs)) == []
    options = JudgeOptions(seed_keys=("shard",))
    comparison = make_comparison(*runs, judging=options)
    assert groups(comparison) == [("r0", "r1")]
    assert "only keys like shard differ" in comparison.judgement.replicate_rule
    off = make_comparison(*runs, judging=JudgeOptions(seed_keys=()))
    assert groups(off) == []
    assert off.judgement.replicate_rule == ""


def test_what_came_of_a_run_makes_no_recipe() -> None:
    """MLflow 3 gives each an id, and each registered one a version; else no seeds would pool."""
    runs = [
        Recorded(
            name=f"r{i}",
            params={"lr": 0.1, "random_state": i},
            tags={
                "logged_model.clf.id": f"m-{i}",
                f"registered_model.R.{i}.status": "READY",
                "metric_dataset.acc": f"iris ({i})",
                "summary.m": str(i / 10),
                "results.note": f"ended at {i}",
                "heartbeat": f"2024-02-12T15:5{i}",
                "statistics": f"{i} rounds",
            },
            metrics={"m": i},
        )
        for i in range(3)
    ]
    assert groups(make_comparison(*runs)) == [("r0", "r1", "r2")]
