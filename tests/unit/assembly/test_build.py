"""The Comparison that is built from runs: who is a column, who the baseline, what is said."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from rundiff.assembly.labels import build_labels, tell_apart
from rundiff.comparison import RELATION_COLUMNS, Section
from rundiff.errors import SelectionError
from rundiff.natural import natural_order
from rundiff.selection.choose import SelectionOptions

from tests.factories import Recorded, make_comparison


def many(count: int) -> list[Recorded]:
    accuracy = list(range(count))
    random.Random(3).shuffle(accuracy)
    return [
        Recorded(name=f"run{place}", metrics={"val_acc": value / count, "train_acc": 1.0})
        for place, value in enumerate(accuracy)
    ]


def test_ten_runs_all_stand_as_columns() -> None:
    comparison = make_comparison(*many(10))
    assert [run.position for run in comparison.compared] == [*range(10)]
    assert comparison.selection.left_out == ()


def test_of_more_runs_the_best_do_and_a_sentence_says_so() -> None:
    runs = many(30)
    comparison = make_comparison(*runs)
    best = sorted(runs[1:], key=lambda run: -float(run.metrics["val_acc"]))[:5]  # type: ignore[arg-type]
    assert comparison.baseline.name == "run0"
    assert {run.name for run in comparison.compared[1:]} == {run.name for run in best}
    assert [run.color for run in comparison.compared] == [*range(6)]
    (sentence,) = comparison.selection.left_out
    assert sentence == (
        "6 of 30 runs stand as columns: the baseline and the best by val_acc (higher is better); "
        "the other 24 are in the runs table (--columns N shows more)"
    )
    assert len(comparison.runs) == 30
    assert len(make_comparison(*runs, columns=12).compared) == 12


def seeds_of(recipes: int, seeds: int) -> list[Recorded]:
    """Runs whose later recipes are better, and whose later seeds are."""
    return [
        Recorded(
            name=f"r{recipe}s{seed}",
            params={"lr": f"{recipe}e-3", "seed": seed, "output_dir": f"out/{recipe}/{seed}"},
            metrics={"acc": (recipe * seeds + seed) / 100},
        )
        for recipe in range(recipes)
        for seed in range(seeds)
    ]


def test_of_more_runs_the_best_of_each_recipe_stands_as_a_column() -> None:
    comparison = make_comparison(*seeds_of(9, 5))
    names = [run.name for run in comparison.compared]
    assert names == ["r0s0", "r4s4", "r5s4", "r6s4", "r7s4", "r8s4"]
    (sentence,) = comparison.selection.left_out
    assert "the baseline and the best of 5 leading recipes by acc (higher is better); " in sentence


def test_few_recipes_stand_without_further_seeds() -> None:
    comparison = make_comparison(*seeds_of(5, 4))
    assert [run.name for run in comparison.compared] == ["r0s0", "r1s3", "r2s3", "r3s3", "r4s3"]
    (sentence,) = comparison.selection.left_out
    assert "the baseline and the best of each other recipe by acc (higher is better); " in sentence


def test_a_recipe_on_other_data_is_a_recipe_of_its_own() -> None:
    runs = seeds_of(3, 5)
    cleaned = Recorded(
        name="cleaned",
        params=runs[-1].params,
        metrics={"acc": 0.001},
        datasets=[{"name": "digits", "digest": "c1ea", "context": "train"}],
    )
    same = {"name": "digits", "digest": "ab", "context": "train"}
    runs = [replace(run, datasets=[{**same, "source": f"/{at}"}]) for at, run in enumerate(runs)]
    names = [run.name for run in make_comparison(*runs, cleaned).compared]
    assert names == ["r0s0", "r1s4", "r2s4", "cleaned"]


def test_columns_that_are_left_go_to_the_next_best_runs() -> None:
    comparison = make_comparison(*seeds_of(3, 5))
    names = [run.name for run in comparison.compared]
    assert names == ["r0s0", "r1s4", "r2s3", "r2s4"]
    (sentence,) = comparison.selection.left_out
    assert "the best of each other recipe by acc (higher is better), then the next" in sentence
    asked = make_comparison(*seeds_of(3, 5), columns=6)
    assert [run.name for run in asked.compared[3:]] == ["r2s2", "r2s3", "r2s4"]


def test_seeds_beyond_the_first_look_do_not_hide_a_recipe() -> None:
    runs = [Recorded(name="base"), *seeds_of(1, 90)]
    runs += [Recorded(name="other", params={"lr": 9}, metrics={"acc": -1})]
    assert "other" in {run.name for run in make_comparison(*runs).compared}


def test_without_a_metric_the_first_of_each_recipe_stands() -> None:
    runs = [Recorded(name=f"r{n}", params={"a": n // 6, "seed": n}) for n in range(48)]
    comparison = make_comparison(*runs)
    assert [run.name for run in comparison.compared] == [f"r{n}" for n in range(0, 36, 6)]
    assert "and the first of 5 leading recipes in order; " in comparison.selection.left_out[0]


def test_a_declared_goal_leads_over_a_guess() -> None:
    runs = [
        Recorded(name=f"r{n}", metrics={"acc": n, "size": n}, goals={"size": "min"})
        for n in range(12)
    ]
    names = {run.name for run in make_comparison(*runs).compared}
    assert names == {f"r{n}" for n in range(6)}


def baseline(*runs: Recorded, **asked: object) -> str:
    options = SelectionOptions(**asked)  # type: ignore[arg-type]
    return make_comparison(*runs, selection=options).baseline.name


def test_the_baseline() -> None:
    failed = Recorded(name="failed", run={"status": "failed"})
    a, b = Recorded(name="a", params={"x": 1}), Recorded(name="b", params={"x": 2})
    assert baseline(failed, a, b) == "a", "the oldest finished run"
    assert baseline(failed, failed) == "failed"
    diverged = Recorded(name="diverged", metrics={"loss": math.nan, "took": 1.0})
    c, d = (Recorded(name=name, metrics={"loss": 0.5}) for name in "cd")
    assert baseline(a, diverged, c, d) == "c", "what measured nothing is nothing to be better than"
    assert baseline(a, diverged, c, d, baseline="a") == "a"
    assert baseline(c, a, names=("a", "c")) == "a"
    measured = Recorded(name="c", metrics={"acc": 1})
    logged = Recorded(name="d", metrics={"acc": [1, 2]})
    assert baseline(a, b, measured) == "c", "one without a metric leaves nothing to compare with"
    assert baseline(a, logged, measured) == "d"
    tagged = Recorded(name="c", tags={"baseline": True})
    assert baseline(a, b, tagged) == "c"
    assert baseline(a, b, tagged, order_by=("attributes.run_name",), limit=2) == "c"
    assert baseline(a, b, Recorded(name="c", tags={"rundiff.baseline": "YES"})) == "c"
    assert baseline(a, b, Recorded(name="c", tags={"baseline": "no"})) == "a"
    assert baseline(a, b, Recorded(name="Baseline")) == "Baseline"
    assert baseline(a, tagged, Recorded(name="d", tags={"baseline": "true"})) == "a", "two say so"
    assert baseline(a, b, tagged, baseline="b") == "b"
    assert baseline(a, b, tagged, names=("b", "a")) == "b", "the first that was named"
    assert baseline(a, b, where="params.x = 2", baseline="a") == "a", "kept against the filter"


def test_order_and_limit() -> None:
    runs = [
        Recorded(name="late", metrics={"m": 1.0}, run={"start_time": 9}),
        Recorded(name="early", metrics={"m": math.nan}, run={"start_time": 1}),
        Recorded(name="unknown", run={"start_time": None}),
        Recorded(name="middle", metrics={"m": 2.0}, run={"start_time": 5}),
    ]

    def order(**asked: object) -> list[str]:
        options = SelectionOptions(**asked)  # type: ignore[arg-type]
        return [run.name for run in make_comparison(*runs, selection=options).runs]

    assert order() == ["early", "middle", "late", "unknown"]
    assert order(order_by=("metrics.m desc",)) == ["middle", "late", "early", "unknown"]
    assert order(order_by=("metrics.m",)) == ["late", "middle", "early", "unknown"]
    assert order(order_by=("start_time desc",)) == ["late", "middle", "early", "unknown"]
    assert order(order_by=("name",), limit=2) == ["early", "late"]
    assert order(names=("late", "early")) == ["late", "early"]
    comparison = make_comparison(*runs, selection=SelectionOptions(limit=3))
    assert comparison.selection.left_out == (
        "1 run is left out: beyond --limit (a larger one shows it)",
    )
    assert comparison.selection.found == 4
    kept = make_comparison(*runs, selection=SelectionOptions(limit=2, baseline="late"))
    assert kept.selection.left_out == (
        "1 run is left out: beyond --limit (a larger one shows it)",
    ), "the baseline stays beside the first two"


def test_runs_of_no_experiment_are_not_called_one_without_a_name() -> None:
    runs = [Recorded(name="a", run={"experiment": ""})]
    with pytest.raises(SelectionError, match="no experiment named 'x'; there are none"):
        make_comparison(*runs, selection=SelectionOptions(experiments=("x",)))


def test_a_run_without_a_name_is_filtered_by_its_id() -> None:
    """As it is called in the page, and so in the filter there."""
    runs = [Recorded(name="a", run_id="r1"), Recorded(run_id="r2")]

    def found(where: str, order: str = "name") -> list[str]:
        options = SelectionOptions(where=where, order_by=(order,))
        return [run.name for run in make_comparison(*runs, selection=options).runs]

    assert found("run_name = 'r2'") == ["r2"]
    assert found("run_name != 'a'") == ["r2"]
    assert found("run_name is not null", "name desc") == ["r2", "a"]


def test_labels() -> None:
    assert build_labels([("a", "1"), ("b", "2")]) == ["a", "b"]
    assert build_labels([("", "id1")]) == ["id1"]
    names = ["fla-hub/rwkv7-2.9B-world", "fla-hub/rwkv7-1.5B-world (results/a-b-c.json)"]
    assert build_labels([(name, name) for name in names])[0] == names[0]  # nothing to shorten it by
    assert build_labels([("a", "abcdefgh1"), ("a", "zbcdefgh1")]) == ["a (abcdef)", "a (zbcdef)"]
    assert build_labels([("a", "abcdef1"), ("a", "abcdef2")]) == ["a (abcdef1)", "a (abcdef2)"]
    long = ["resnet50_" + "x" * 60 + end for end in ("_lr1", "_lr2")]
    labels = build_labels([(name, name) for name in long])
    assert len(set(labels)) == 2
    assert all("…" in label and len(label) <= 60 for label in labels)


def test_equal_names_are_told_apart_by_their_sources_where_these_differ() -> None:
    names = [("train", "06h1vj44c1al"), ("train", "06h1vj47kspd")]
    assert tell_apart(names, ["main/runs/a", "pull/runs/b"]) == ["train (main)", "train (pull)"]
    assert tell_apart(names, ["runs/a", "runs/b"]) == tell_apart(names)
    assert tell_apart(names, ["", "b"]) == tell_apart(names)


def test_equal_names_are_told_apart_by_what_differs_in_their_ids() -> None:
    paths = [f"studies/gmm {study}/0" for study in ("a", "b")]
    assert tell_apart([("trial", path) for path in paths]) == ["trial (gmm a/0)", "trial (gmm b/0)"]
    nested = ["runs/x", "runs/x/1"]
    assert tell_apart([("a", run_id) for run_id in nested]) == ["a (x)", "a (x/1)"]
    assert tell_apart([("b", "1"), ("a", "2"), ("a", "a")]) == ["b", "a (2)", "a"]


def test_keys_stand_in_the_order_of_their_numbers() -> None:
    keys = ["layers.10", "layers.2", "Layers.1", "a", "", "layers.02", "layers." + "9" * 5000]
    comparison = make_comparison(Recorded(params=dict.fromkeys(keys, "x")))
    shown = [row.key for row in comparison.sections[Section.PARAMS]]
    assert shown == sorted(keys, key=natural_order)
    assert shown[:3] == ["", "a", "Layers.1"]
    assert shown.index("layers.2") < shown.index("layers.10") < len(shown) - 1


def test_histories_are_loaded_for_the_columns_in_order() -> None:
    comparison = make_comparison(
        Recorded(name="a", metrics={"loss": [3.0, math.nan, 1.0], "acc": 0.5}),
        Recorded(name="b", metrics={"loss": [2.0]}),
        selection=SelectionOptions(baseline="b"),
    )
    assert [*comparison.series] == ["loss"]
    first, second = comparison.series["loss"]
    assert (first.run_id, second.run_id) == ("b", "a")
    assert [*second.steps] == [0.0, 1.0, 2.0]
    assert second.values[0] == 3.0
    assert math.isnan(second.values[1])
    assert len(second.times) == 3


def test_previews_hold_pictures_and_text_but_no_svg() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 10
    contents = {
        "a.png": png, "fake.png": b"<svg onload=x>", "b.svg": b"<svg/>", "c.txt": b"hello",
        "d.txt": b"\xff\xfe", "e.json": b"{}", "big.txt": b"x" * 200_001, "f.html": b"<b>",
    }  # fmt: skip
    comparison = make_comparison(
        Recorded(name="a", artifacts=[{"path": path} for path in contents], contents=contents)
    )
    shown = {one.path for one in comparison.artifacts["a"] if one.content is not None}
    assert shown == {"a.png", "c.txt", "e.json"}


def test_datasets_are_rows_by_context() -> None:
    def data(context: str, name: str, digest: str) -> dict[str, object]:
        return {"name": name, "digest": digest, "context": context, "extra": '{"rows_kept": 5}'}

    comparison = make_comparison(
        Recorded(name="a", datasets=[data("train", "v1", "d1"), data("eval", "e", "x")]),
        Recorded(
            name="b",
            datasets=[data("train", "v2", "d2"), data("eval", "e", "x"), data("eval", "f", "y")],
        ),
    )
    rows = {row.key: row.differs for row in comparison.sections[Section.DATASETS]}
    assert rows["train · name"]
    assert rows["train · digest"]
    assert not rows["train · rows_kept"]
    assert not rows["eval · e · digest"]
    assert rows["eval · f · digest"]
    assert len(comparison.datasets["b"]) == 3


def test_the_relation_has_its_columns_and_one_row_for_each_key_and_run() -> None:
    comparison = make_comparison(
        Recorded(name="a", params={"x": "1", "only": "a"}), Recorded(name="b", params={"x": "1"})
    )
    assert tuple(comparison.relation.column_names) == RELATION_COLUMNS
    rows = comparison.relation.select(["section", "key", "run_id"]).to_pylist()
    assert len(rows) == 4 == len({tuple(row.values()) for row in rows})


def test_the_same_runs_give_the_same_comparison() -> None:
    runs = many(25)
    assert make_comparison(*runs) == make_comparison(*runs)


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(SelectionError, match="all 1 runs are deleted"):
        make_comparison(Recorded(name="a", run={"lifecycle_stage": "deleted"}))


def test_two_runs_with_one_id_are_in_conflict() -> None:
    comparison = make_comparison(
        Recorded(run_id="same", params={"x": 1}), Recorded(run_id="same", params={"x": 2})
    )
    assert [run.run_id for run in comparison.runs] == ["same", "same~2"]
    assert {run.state for run in comparison.runs} == {"conflict"}
    (problem,) = comparison.problems
    assert problem.severity == "error"
    assert "run id 'same' is also that of a different run in runs/0" in problem.message


def test_a_copy_of_a_run_is_taken_once() -> None:
    one = Recorded(run_id="same", params={"x": 1}, metrics={"loss": 2.0})
    comparison = make_comparison(
        one, Recorded(run_id="same", params={"x": 1}, metrics={"loss": 2.0},
                      run={"start_time": 1_763_000_000_000_000, "end_time": 1_763_000_030_000_000})
    )  # fmt: skip
    assert [run.run_id for run in comparison.runs] == ["same"]
    (problem,) = comparison.problems
    assert problem.severity == "notice"
