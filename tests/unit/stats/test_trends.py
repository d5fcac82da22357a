"""Which params go with which metric over many recipes."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from rundiff.render.html import render_html
from rundiff.render.markdown import render_markdown
from rundiff.render.terminal import render_diff
from rundiff.stats.ranks import (
    chi_square_above,
    group_share,
    p_of_correlation,
    p_of_groups,
    rank,
    rank_correlation,
)
from rundiff.views.trends import build_trends

from tests.factories import Recorded, make_comparison

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.comparison import Comparison


def search(count: int, *, noise: float = 0.0, seed: int = 1) -> Comparison:
    """Return a random search in which only lr and optimizer matter, for the loss."""
    chance = random.Random(seed)
    runs = []
    for place in range(count):
        lr, optimizer = 10 ** chance.uniform(-4, -1), chance.choice(["adam", "sgd", "lion"])
        loss = {"adam": 0.0, "sgd": 1.0, "lion": 2.0}[optimizer] * 0.5 - 0.5 * math.log10(lr)
        runs.append(
            Recorded(
                name=f"r{place}",
                params={
                    "lr": lr,
                    "optimizer": optimizer,
                    "width": chance.randrange(1000),
                    "output_dir": f"out/{place}",
                    "note": f"try {place}",
                },
                metrics={
                    "loss": loss + noise * chance.gauss(0, 1),
                    "accuracy": chance.random(),
                },
            )
        )
    return make_comparison(*runs)


def told(comparison: Comparison) -> dict[tuple[str, str], tuple[int, str]]:
    return {
        (trend.key, trend.metric): (
            1 if trend.strength > 0 else -1,
            trend.best[1] if trend.best else "",
        )
        for trend in comparison.judgement.trends
    }


def test_planted_trends_are_found_and_nothing_else() -> None:
    assert told(search(60, noise=0.1)) == {
        ("lr", "loss"): (-1, ""),
        ("optimizer", "loss"): (1, "adam"),
    }


def test_the_page_says_which_way_is_better() -> None:
    view = build_trends(search(60, noise=0.1))
    assert view is not None
    assert view.metrics == ("loss",)
    words = {line.key: line.cells[0].word for line in view.lines if line.cells[0]}
    assert words == {"optimizer": "best with adam", "lr": "the higher, the better"}


def hump(count: int, *, width: int = 10**9, noise: float = 0.05) -> Comparison:
    """Return a search whose accuracy is best about the middle of x, at ``width`` different ones."""
    chance = random.Random(5)
    runs = []
    for place in range(count):
        x = round(chance.uniform(-2, 2) * width) / width
        accuracy = -abs(x) + noise * chance.gauss(0, 1)
        runs.append(
            Recorded(name=f"r{place}", params={"x": x}, metrics={"accuracy": accuracy, "odd": x})
        )
    return make_comparison(*runs)


def test_a_best_range_inside_is_told_where_neither_end_is_better() -> None:
    comparison = hump(60)
    (trend,) = [each for each in comparison.judgement.trends if each.metric == "accuracy"]
    low, high = trend.between or (math.nan, math.nan)
    assert -0.7 < low < 0 < high < 0.7
    assert trend.strength > 0.7
    view = build_trends(comparison)
    assert view is not None
    cell = view.lines[0].cells[0]
    assert cell is not None
    assert (cell.strength, cell.word) == ("86 %", "best between −0.26 and 0.52")


def test_a_number_of_few_values_is_told_by_its_best_value() -> None:
    (trend,) = [each for each in hump(60, width=1).judgement.trends if each.metric == "accuracy"]
    assert (trend.best, trend.between) == (("float", "0.0"), None)


def test_a_metric_that_goes_up_all_the_way_is_told_by_its_correlation() -> None:
    trends = [each for each in hump(60).judgement.trends if each.metric == "odd"]
    assert [(each.between, round(each.strength, 6)) for each in trends] == [(None, 1.0)]


def test_the_terminal_and_a_summary_tell_trends_too() -> None:
    comparison = hump(60)
    found = "86 % best between −0.26 and 0.52"
    (line,) = [line for line in render_diff(comparison).splitlines() if "60 recipes" in line]
    assert found in line
    assert f"| `x` | 60 recipes | {found} |" in render_markdown(comparison)


def test_few_recipes_have_no_ranges() -> None:
    assert all(trend.between is None for trend in hump(14).judgement.trends)
    assert any(trend.between for trend in hump(16, noise=0.0).judgement.trends)


def test_few_recipes_show_no_trend() -> None:
    runs = [Recorded(name=f"r{i}", params={"x": i}, metrics={"loss": i}) for i in range(9)]
    assert told(make_comparison(*runs)) == {}
    runs.append(Recorded(name="r9", params={"x": 9}, metrics={"loss": 9}))
    assert told(make_comparison(*runs)) == {("x", "loss"): (1, "")}


def test_seeds_of_one_recipe_are_one_finding() -> None:
    pytest.importorskip("scipy")
    runs = [
        Recorded(name=f"{x}-{seed}", params={"x": x, "seed": seed}, metrics={"loss": x + seed / 99})
        for x in range(3)
        for seed in range(20)
    ]
    assert told(make_comparison(*runs)) == {}


def test_noise_alone_seldom_shows_a_trend() -> None:
    """Holm keeps the chance of any false trend on a page at 5 %: of 60 pages, 3 are expected."""

    def noise(seed: int) -> Comparison:
        chance = random.Random(seed)
        return make_comparison(
            *(
                Recorded(
                    name=f"r{i}",
                    params={"a": chance.random(), "b": chance.choice("xyz"), "c": chance.random()},
                    metrics={"loss": chance.random(), "accuracy": chance.random()},
                )
                for i in range(20)
            )
        )

    assert sum(bool(told(noise(seed))) for seed in range(60)) <= 8


@pytest.mark.parametrize(
    "numbers", [[3.0, 1.0, 2.0, 2.0, 5.0], [1.0, 1.0, 1.0], [-1e300, 0.0, 7.0]]
)
def test_ranks_are_scipys(numbers: Sequence[float]) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert rank(numbers) == stats.rankdata(numbers).tolist()


def test_statistics_are_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    chance = random.Random(3)
    for _ in range(30):
        count = chance.randrange(10, 60)
        x = [float(chance.randrange(20)) for _ in range(count)]
        y = [chance.gauss(0, 1) + number / 10 for number in x]
        strength = rank_correlation(rank(x), rank(y))
        assert strength == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
        groups = [[i for i in range(count) if x[i] % 3 == k] for k in range(3)]
        groups = [group for group in groups if group]
        share = group_share(groups, rank(y))
        expected = stats.kruskal(*([y[i] for i in group] for group in groups))
        assert share * (count - 1) == pytest.approx(expected.statistic, rel=1e-9)
        assert p_of_groups(share, count, len(groups)) == pytest.approx(expected.pvalue, rel=1e-9)
        assert 0 <= p_of_correlation(strength, count) <= 1


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 25])
@pytest.mark.parametrize("value", [0.0, 0.01, 1.0, 5.0, 40.0, 300.0])
def test_chi_square_is_scipys(value: float, freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert chi_square_above(value, freedom) == pytest.approx(
        stats.chi2.sf(value, freedom), rel=1e-9
    )


def test_every_trend_is_told_or_listed() -> None:
    runs = [
        Recorded(
            name=f"r{i}",
            params={f"p{key}": i * (key + 1) for key in range(205)},
            metrics={f"loss{metric}": float(i) for metric in range(6)},
        )
        for i in range(20)
    ]
    comparison = make_comparison(*runs, command="rundiff report runs")
    assert len(comparison.judgement.trends) == 205 * 4
    view = build_trends(comparison)
    assert view is not None
    assert len(view.lines) == 200
    assert view.note == (
        "200 of 205 params with a trend are here; looked at in 4 of 6 metrics that differ, "
        "those with a declared goal first."
    )
    html = render_html(comparison)
    assert 'data-left-out="trends" data-shown="200" data-left="5"' in html
    assert 'data-left-out="leading metrics" data-shown="4" data-left="2"' in html
    assert "rundiff report runs -o comparison.json" in html
