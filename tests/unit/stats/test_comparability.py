"""What makes a delta meaningless: one precondition broken, exactly that reason."""

from collections.abc import Mapping

import pytest
from rundiff.comparison import VerdictKind
from rundiff.stats.comparability import Guard
from rundiff.stats.judge import JudgeOptions

from tests.factories import Recorded, make_comparison

METRICS = {"accuracy": 0.9, "train_loss": 0.1}
USUAL: Mapping[str, object] = {
    "params": {"max_steps": 100, "eval_size": 1000, "accuracy_version": "1", "lr": 0.1},
    "datasets": [
        {"name": "train", "digest": "t1", "context": "training"},
        {"name": "test", "digest": "e1", "context": "testing", "rows": 1000},
    ],
}


def reasons(change: Mapping[str, object], guard: Guard | None = None) -> dict[str, str]:
    """Return the reason for each metric of the changed run that cannot be compared."""
    comparison = make_comparison(
        Recorded(name="a", metrics=METRICS, **USUAL),  # type: ignore[arg-type]
        Recorded(name="b", metrics=METRICS, **{**USUAL, **change}),  # type: ignore[arg-type]
        judging=JudgeOptions(guard=guard or Guard()),
    )
    return {
        key: verdict.reason
        for (key, _), verdict in comparison.verdicts.items()
        if verdict.kind is VerdictKind.INCOMPARABLE
    }


def params(**changed: object) -> dict[str, object]:
    return {"params": {**USUAL["params"], **changed}}  # type: ignore[dict-item]


def datasets(index: int, **changed: object) -> dict[str, object]:
    found = [dict(one) for one in USUAL["datasets"]]  # type: ignore[attr-defined]
    found[index] |= changed
    return {"datasets": found}


def test_the_clean_pair_is_comparable() -> None:
    assert reasons({}) == {}
    assert reasons(params(lr=0.2)) == {}


@pytest.mark.parametrize(
    ("change", "keys", "words"),
    [
        (datasets(1, digest="e2"), {"accuracy"}, "dataset 'test' has another digest"),
        (datasets(1, digest="", rows=10), {"accuracy"}, "dataset 'test' has 10 rows, not 1000"),
        (datasets(1, name="other", digest="x"), {"accuracy"}, "stands in place of 'test'"),
        (datasets(0, digest="t2"), {"train_loss"}, "dataset 'train' has another digest"),
        (params(eval_size=10), {"accuracy"}, "another size: 'eval_size' is 10, not 1000"),
        (params(accuracy_version="2"), {"accuracy"}, "another definition: 'accuracy_version'"),
        (params(max_steps=50), {"accuracy", "train_loss"}, "step budget is another one"),
    ],
)
def test_each_broken_precondition_has_its_reason(
    change: Mapping[str, object], keys: set[str], words: str
) -> None:
    found = reasons(change)
    assert found.keys() == keys
    assert all(words in reason for reason in found.values())


def test_the_same_number_written_differently_is_the_same() -> None:
    assert reasons(params(eval_size="1000")) == {}
    assert reasons(params(max_steps=100.0)) == {}


def test_an_interrupted_run_is_not_held_to_a_longer_one() -> None:
    def pair(length: int, guard: Guard | None = None, **run: object) -> set[str]:
        comparison = make_comparison(
            Recorded(name="a", metrics={"loss": [3.0, 2.0, 1.0]}),
            Recorded(name="b", metrics={"loss": [3.0, 2.0, 1.0][:length]}, run=run),
            judging=JudgeOptions(guard=guard or Guard()),
        )
        kinds = (v for v in comparison.verdicts.values() if v.kind is VerdictKind.INCOMPARABLE)
        return {verdict.reason for verdict in kinds}

    assert pair(2) == set()
    assert pair(2, Guard(same_last_step=True)) == {
        "Not comparable: its history ends at step 1, the baseline's at 2."
    }
    assert pair(2, state="interrupted") == {
        "Not comparable: the run is interrupted at step 1, the baseline went on to 2."
    }
    assert pair(3, state="interrupted") == set()


def test_preconditions_can_be_left_out() -> None:
    guard = Guard(preconditions=("size",))
    assert reasons(datasets(1, digest="e2"), guard) == {}
    assert reasons(params(eval_size=1), guard).keys() == {"accuracy"}
