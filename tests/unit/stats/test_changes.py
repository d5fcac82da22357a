"""Which change went with which move: recipes that differ in nothing else."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rundiff
from rundiff.comparison import Comparison, VerdictKind
from rundiff.render.html import render_html
from rundiff.selection.choose import SelectionOptions
from rundiff.stats.judge import JudgeOptions
from rundiff.views.changes import build_changes

from tests.factories import Recorded, make_comparison

if TYPE_CHECKING:
    from collections.abc import Mapping

Told = dict[str, tuple[float | None, tuple[str, ...]]]


def told(comparison: Comparison) -> dict[str, Told]:
    """Return change as text → metric → (mean delta, verdicts)."""
    return {
        ", ".join(
            f"{key.key} {key.before[1] if key.before else '–'} → "
            f"{key.after[1] if key.after else '–'}"
            for key in change.keys
        ): {effect.key: (effect.delta, effect.kinds) for effect in change.effects}
        for change in comparison.judgement.changes
    }


def run(name: str, accuracy: float, **params: object) -> Recorded:
    return Recorded(name=name, params=params, metrics={"accuracy": accuracy})


def test_a_grid_shows_each_key_with_the_other_held_fixed() -> None:
    """Planted: lr 0.01 → 0.1 adds 0.1 at either depth, depth 2 → 4 takes 0.25 at either lr."""
    effects = {(0.01, 2): 0.5, (0.1, 2): 0.625, (0.01, 4): 0.25, (0.1, 4): 0.375}
    runs = [
        run(f"{lr}-{depth}", value, lr=lr, depth=depth) for (lr, depth), value in effects.items()
    ]
    assert told(make_comparison(*runs)) == {
        "depth 2 → 4": {"accuracy": (-0.25, ("worse", "worse"))},
        "lr 0.01 → 0.1": {"accuracy": (0.125, ("better", "better"))},
    }


def test_keys_that_always_vary_together_are_one_change() -> None:
    comparison = make_comparison(
        run("a", 0.5, model="sgd", epochs=20, lr=1),
        run("b", 0.7, model="mlp", epochs=40, lr=1),
        run("c", 0.6, model="sgd", epochs=20, lr=2),
    )
    assert set(told(comparison)) == {"epochs 20 → 40, model sgd → mlp", "lr 1 → 2"}


def test_changes_lead_away_from_the_baselines_value() -> None:
    runs = [run(f"r{lr}", lr / 10, lr=lr) for lr in (1, 2, 3)]
    assert set(told(make_comparison(*runs))) == {"lr 1 → 2", "lr 1 → 3"}
    chosen = SelectionOptions(baseline="r3")
    assert set(told(make_comparison(*runs, selection=chosen))) == {"lr 3 → 1", "lr 3 → 2"}


def test_recipes_that_no_single_change_reaches_are_joined_by_the_nearest() -> None:
    comparison = make_comparison(
        run("a", 0.5, x=1, y=1, z=1, w=1),
        run("b", 0.6, x=1, y=1, z=1, w=2),
        run("c", 0.9, x=2, y=2, z=1, w=2),
        run("d", 0.8, x=2, y=3, z=2, w=2),
    )
    assert set(told(comparison)) == {"w 1 → 2", "x 1 → 2, y 1 → 2", "y 2 → 3, z 1 → 2"}


def test_a_random_search_has_no_changes() -> None:
    runs = [run(f"r{i}", i / 50, lr=i, depth=(i * 37) % 50, width=(i * 11) % 50) for i in range(50)]
    assert told(make_comparison(*runs)) == {}


def test_many_single_pairs_of_a_number_are_one_change() -> None:
    runs = [
        run(f"{place}-{side}", lr / 10, width=place, lr=lr + place / 100)
        for place in range(4)
        for side, lr in enumerate((2, 1) if place % 2 else (1, 2))
    ]
    comparison = make_comparison(*runs)
    (change,) = [one for one in comparison.judgement.changes if len(one.keys) == 1]
    assert len(change.pairs) == 4
    assert change.effects[0].kinds == (VerdictKind.BETTER,) * 4
    view = build_changes(comparison)
    assert view is not None
    words = {line.text: line.effects[0].word for line in view.lines}
    assert words["lr raised"] == "better in all"


def test_replicates_stand_on_each_side_with_their_test() -> None:
    pytest.importorskip("scipy")
    runs = [
        Recorded(name=f"{lr}-{s}", params={"lr": lr, "seed": s}, metrics={"loss": value + s / 1000})
        for (lr, value), s in product(((1, 0.9), (2, 0.5), (3, 0.9)), range(3))
    ]
    comparison = make_comparison(*runs)
    found = told(comparison)
    assert found["lr 1 → 2"]["loss"][1] == ("better",)
    assert found["lr 1 → 3"]["loss"][1] == ("equivalent",)
    change = comparison.judgement.changes[0]
    assert change.pairs == ((("1-0", "1-1", "1-2"), ("2-0", "2-1", "2-2")),)


def test_what_stands_on_the_page_of_a_pair_is_not_said_differently() -> None:
    pytest.importorskip("scipy")
    values = {1: (0.50, 0.52, 0.49), 2: (0.51, 0.55, 0.5), 3: (0.7, 0.71, 0.69)}
    comparison = make_comparison(
        *(
            Recorded(name=f"{lr}-{s}", params={"lr": lr, "seed": s}, metrics={"accuracy": value})
            for lr, numbers in values.items()
            for s, value in enumerate(numbers)
        )
    )
    changes = comparison.judgement.changes
    assert len(changes) == 2
    for change in changes:
        ((_, after),) = change.pairs
        (effect,) = change.effects
        verdict = comparison.verdicts["accuracy", after[0]]
        assert (effect.kinds, effect.delta) == ((verdict.kind,), verdict.delta)


def test_nor_is_it_where_a_change_leads_to_the_baseline() -> None:
    """Within 10 % of 100, 90.5 is equivalent; from 90.5 on, 100 would be beyond it."""
    runs = [
        run(f"{place}-{lr}", 100.0 if lr > 1.5 else 90.5, width=place, lr=lr)
        for place in range(4)
        for lr in (2 + place / 100, 1 + place / 100)
    ]
    judging = JudgeOptions(tolerances={"accuracy": "10%"})
    comparison = make_comparison(*runs, judging=judging)
    assert comparison.verdicts["accuracy", "0-1.0"].kind is VerdictKind.EQUIVALENT
    (change,) = [one for one in comparison.judgement.changes if one.keys[0].is_raised]
    pairs = dict(zip(change.pairs, change.effects[0].kinds, strict=True))
    assert pairs[("0-1.0",), ("0-2.0",)] is VerdictKind.EQUIVALENT


def test_other_evaluation_data_makes_a_change_incomparable() -> None:
    def on(name: str, digest: str, lr: int) -> Recorded:
        data: list[Mapping[str, object]] = [{"name": "d", "digest": digest, "context": "test"}]
        return Recorded(name=name, params={"lr": lr}, metrics={"accuracy": lr / 10}, datasets=data)

    comparison = make_comparison(on("a", "1", 1), on("b", "1", 2), on("c", "2", 2))
    found = told(comparison)
    assert found["test · digest 1 → 2"]["accuracy"] == (0.0, (VerdictKind.INCOMPARABLE,))


def test_two_recipes_are_compared_by_the_page_already() -> None:
    assert told(make_comparison(run("a", 0.5, lr=1), run("b", 0.6, lr=2))) == {}


def test_runs_that_failed_take_no_part() -> None:
    failed = Recorded(
        name="c", params={"lr": 3}, metrics={"accuracy": 0.1}, run={"status": "failed"}
    )
    comparison = make_comparison(
        run("a", 0.5, lr=1), run("b", 0.6, lr=2), failed, run("d", 0.7, lr=4)
    )
    assert set(told(comparison)) == {"lr 1 → 2", "lr 1 → 4"}


def test_a_seed_is_no_change_where_grouping_is_off() -> None:
    runs = [
        run(f"{lr}-{seed}", lr / 10 + seed / 100, lr=lr, seed=seed)
        for lr, seed in product((1, 2), range(2))
    ]
    with_seeds = make_comparison(*runs, judging=JudgeOptions(seed_keys=()))
    assert set(told(with_seeds)) == {"lr 1 → 2", "seed 0 → 1"}
    assert told(make_comparison(*runs)) == {}  # two recipes


def test_the_view_says_several_pairs_in_one_cell() -> None:
    effects = {(1, 1): 0.5, (2, 1): 0.6, (1, 2): 0.5, (2, 2): 0.4}
    comparison = make_comparison(
        *(run(f"{x}-{y}", value, x=x, y=y) for (x, y), value in effects.items())
    )
    view = build_changes(comparison)
    assert view is not None
    cells = {line.text: (line.evidence, line.effects[0].text) for line in view.lines}
    assert cells["x 1 → 2"] == ("2 pairs", "±0 better in 1 of 2")
    assert view.metrics == ("accuracy",)


def grid(*sizes: int) -> list[Recorded]:
    return [
        run(str(levels), sum(levels), **{f"k{place}": level for place, level in enumerate(levels)})
        for levels in product(*map(range, sizes))
    ]


def test_what_is_not_judged_is_counted() -> None:
    """k0 has 3 changes of 10 pairs, k1 has 4 of 8, k2 one of 20: 82 in all."""
    runs = grid(4, 5, 2)
    whole = make_comparison(*runs)
    assert sum(len(change.pairs) for change in whole.judgement.changes) == 82
    assert whole.judgement.unjudged.pairs == 0

    some = make_comparison(*runs, judging=JudgeOptions(most_pairs=60)).judgement
    counts = [(len(change.pairs), change.more_pairs) for change in some.changes]
    assert sum(judged for judged, _ in counts) == 60
    assert sorted(map(sum, counts)) == [8, 8, 8, 8, 10, 10, 10, 20]
    assert max(judged for judged, _ in counts) - min(judged for judged, _ in counts) <= 1
    assert (some.unjudged.changes, some.unjudged.pairs) == (0, 22)

    few = make_comparison(*runs, judging=JudgeOptions(most_pairs=5)).judgement
    assert [len(change.pairs) for change in few.changes] == [1] * 5
    assert (few.unjudged.changes, few.unjudged.pairs) == (3, 77)


def test_the_page_says_what_is_not_judged_and_how_to_judge_it() -> None:
    runs = grid(4, 5, 2)
    html = render_html(
        make_comparison(*runs, judging=JudgeOptions(most_pairs=60), command="rundiff report runs")
    )
    assert "60 of 82 pairs are judged" in html
    assert "7 of 8 pairs" in html
    found = re.search(r'data-left-out="pairs" data-shown="60" data-left="22">.*?<code>(.*?)<', html)
    assert found
    assert found[1] == "rundiff report runs --max-pairs 82"
    whole = render_html(make_comparison(*runs, judging=JudgeOptions(most_pairs=82)))
    assert 'data-left-out="pairs"' not in whole


def test_changes_beyond_the_page_are_listed() -> None:
    runs = [run(str(level), level, kind=f"v{level}", mode="a") for level in range(250)]
    runs.append(run("b", 3.0, kind="v0", mode="b"))
    html = render_html(make_comparison(*runs, command="rundiff report runs"))
    found = re.search(r'data-left-out="changes" data-shown="(\d+)" data-left="(\d+)"', html)
    assert found
    assert [int(number) for number in found.groups()] == [200, 50]
    assert html.count('<tr><th scope="row">\n<span class="key">') == 200
    assert "200 of 250 changes are here" in html


def test_the_experiment_is_named_where_it_changes() -> None:
    runs = (("a", "first", 1), ("b", "first", 2), ("c", "second", 1))
    comparison = make_comparison(
        *(
            Recorded(
                name=name,
                params={"lr": lr},
                metrics={"accuracy": 0.5 + lr / 10 + len(place) / 100},
                run={"experiment": place},
            )
            for name, place, lr in runs
        )
    )
    assert set(told(comparison)) == {"lr 1 → 2", "experiment first → second"}


def test_what_hydra_was_told_is_no_change_beside_the_params() -> None:
    runs = [
        Recorded(
            name=f"r{lr}",
            params={"lr": lr},
            tags={"overrides.lr": str(lr), "choices.model": f"m{lr}", "hydra.job.num": str(lr)},
            metrics={"accuracy": lr / 10},
        )
        for lr in (1, 2, 3)
    ]
    assert set(told(make_comparison(*runs))) == {"lr 1 → 2", "lr 1 → 3"}
    bare = [Recorded(name=run.name, tags=run.tags, metrics=run.metrics) for run in runs]
    assert all("overrides.lr" in change for change in told(make_comparison(*bare)))
    assert told(make_comparison(*bare))


def test_what_a_trial_found_out_is_no_change_beside_its_params(tmp_path: Path) -> None:
    """Every trial of Optuna's grid search has a ``grid_id`` of its own."""
    operations: list[dict[str, object]] = [
        {"op_code": 0, "study_name": "s", "directions": [1]},
    ]
    distribution = json.dumps({"name": "FloatDistribution", "attributes": {"low": 0, "high": 9}})
    operations += [
        {"op_code": 4, "study_id": 0, "state": 1, "values": [x * y], "params": {"x": x, "y": y},
         "distributions": {"x": distribution, "y": distribution},
         "user_attrs": {"seconds": x + y}, "system_attrs": {"grid_id": place}}
        for place, (x, y) in enumerate(product((1.0, 2.0), (3.0, 4.0)))
    ]  # fmt: skip
    lines = (json.dumps({"worker_id": "w", **each}) + "\n" for each in operations)
    (tmp_path / "optuna.log").write_text("".join(lines), "utf-8")
    comparison = rundiff.compare(str(tmp_path))
    assert {change: len(found["value"][1]) for change, found in told(comparison).items()} == {
        "x 1.0 → 2.0": 2, "y 3.0 → 4.0": 2,
    }  # fmt: skip
