"""The static charts: what is drawn, what is said, and that names are text."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from rundiff.budgets import MOST_CHARTS
from rundiff.charts.histories import BandKey
from rundiff.charts.labels import End, end_names, place_labels
from rundiff.charts.scales import build_scale
from rundiff.charts.section import Charts, build_charts
from rundiff.comparison import Comparison
from rundiff.render.html import render_html
from rundiff.selected import load_selected

from tests.factories import Recorded, make_comparison


def charts_of(comparison: Comparison) -> Charts:
    drawn = build_charts(comparison, load_selected(comparison))
    assert drawn is not None
    return drawn.section


def test_metrics_are_grouped_by_prefix_and_system_is_last_and_folded() -> None:
    history = [3.0, 2.0, 1.0]
    metrics = {"system/gpu": history, "val/loss": history, "train/loss": history, "lr": history}
    charts = charts_of(make_comparison(Recorded(name="a", metrics=metrics)))
    titles = [group.title for group in charts.groups]
    assert sorted(titles[:-1]) == ["", "train/", "val/"]
    assert titles[-1] == "system/"
    assert [group.is_folded for group in charts.groups] == [False, False, False, True]


def test_a_chart_says_how_many_points_it_left_out() -> None:
    history = [math.sin(step / 7) for step in range(5_000)]
    (group,) = charts_of(make_comparison(Recorded(name="a", metrics={"x": history}))).groups
    kept = "first, last, lowest and highest of 200 columns"
    assert group.charts[0].reduction == f"5,000 points drawn as {kept}, a pixel each"


def test_a_noisy_line_of_few_columns_is_a_band_with_its_mean() -> None:
    noisy = [math.sin(step) for step in range(5_000)]
    smooth = [step / 5_000 for step in range(5_000)]
    metrics = {f"m{index}": noisy for index in range(59)} | {"smooth": smooth}
    (group,) = charts_of(make_comparison(Recorded(name="a", metrics=metrics))).groups
    charts = {chart.metric: chart for chart in group.charts}
    said = "5,000 points drawn as lowest, highest and mean of 24 columns, 11 px each"
    assert charts["m3"].reduction == said
    assert 'class="f0"' in charts["m3"].svg
    mean = re.findall(r'<path class="c0"[^>]* d="([^"]*)"', charts["m3"].svg)
    assert mean[0].count("l") == 23
    assert "first, last, lowest and highest" in charts["smooth"].reduction
    assert 'class="f0"' not in charts["smooth"].svg


def test_runs_that_are_no_columns_stand_behind_as_a_band_with_best_and_worst() -> None:
    runs = [
        Recorded(
            name=f"r{index:02}",
            metrics={"loss": [5.0, 3.0 + index, 1.0 + index], "lr": [1.0, 0.5, 0.1 * index]},
            goals={"loss": "min"},
        )
        for index in range(20)
    ]
    section = charts_of(make_comparison(*runs, columns=8))
    assert section.bands == (
        BandKey(whose="others", means="range of 12 other runs, darker their middle half"),
    )
    (group,) = section.groups
    charts = {chart.metric: chart for chart in group.charts}
    assert charts["loss"].note == "worst r19"  # the best is a column
    assert charts["lr"].note == "highest r19"
    assert charts["loss"].svg.count('class="r"') == 2
    assert charts["loss"].svg.count('class="q"') == 1
    assert ">worst</text>" in charts["loss"].svg


def test_a_run_that_failed_is_neither_best_nor_worst() -> None:
    runs = [
        Recorded(
            name=f"r{index}",
            metrics={"loss": [5.0, 9.0] if index == 5 else [5.0, 3.0, 1.0 + index]},
            goals={"loss": "min"},
            run={"status": "failed" if index == 5 else "finished"},
        )
        for index in range(12)
    ]
    (group,) = charts_of(make_comparison(*runs, columns=3)).groups
    assert group.charts[0].note == "worst r11"


def test_the_second_scatter_chart_is_over_the_param_that_goes_best_with_the_leading_metric() -> (
    None
):
    runs = [
        Recorded(
            name=f"r{at}",
            params={"lr": 0.001 * (at + 1), "noise": at * 7 % 5},
            metrics={"loss": 1.0 + at, "f1": at * 7 % 11, "recall": at * 5 % 13, "seconds": at % 3},
            goals={"loss": "min"},
        )
        for at in range(24)
    ]
    cost, telling = charts_of(make_comparison(*runs)).scatters
    assert cost.title == "loss by seconds"
    assert (telling.title, telling.across, telling.across_section) == ("loss by lr", "lr", "params")


def test_the_bands_of_replicates_are_told_once_for_all_charts() -> None:
    runs = [
        Recorded(
            name=f"r{seed}", params={"seed": seed}, metrics={"a": [1.0, seed], "b": [2.0, -seed]}
        )
        for seed in range(4)
    ]
    section = charts_of(make_comparison(*runs))
    assert section.bands == (
        BandKey(whose="own", means="95 % interval of the mean over replicates"),
    )
    assert {chart.note for group in section.groups for chart in group.charts} == {""}


def test_a_point_between_gaps_is_a_dot() -> None:
    history = [1.0, math.nan, 2.0, math.nan, 3.0]
    (group,) = charts_of(make_comparison(Recorded(name="a", metrics={"x": history}))).groups
    (path,) = re.findall(r'<path class="c0"[^>]* d="([^"]*)"', group.charts[0].svg)
    assert path.count("l0 0") == 3


def test_values_that_are_not_finite_break_the_line_and_are_counted() -> None:
    history = [1.0, math.nan, 2.0, math.inf, 3.0]
    (group,) = charts_of(make_comparison(Recorded(name="a", metrics={"x": history}))).groups
    chart = group.charts[0]
    assert "2 not finite" in chart.note
    (path,) = re.findall(r'<path class="c0"[^>]* d="([^"]*)"', chart.svg)
    assert path.count("M") == 3


def test_names_of_runs_and_metrics_are_text_in_charts() -> None:
    hostile = '<script>"&\u202e'
    history = [1.0, 2.0]
    runs = [
        Recorded(name=f"{hostile}{index}", metrics={hostile: history, "y": index})
        for index in (0, 1)
    ]
    charts = charts_of(make_comparison(*runs))
    drawn = "".join(chart.svg for group in charts.groups for chart in group.charts)
    drawn += "".join(chart.svg for chart in charts.bars)
    assert "<script" not in drawn
    assert "\u202e" not in drawn


def test_beyond_the_limit_the_section_says_what_is_not_drawn() -> None:
    metrics = {f"m{index}": [1.0, 2.0] for index in range(MOST_CHARTS + 5)}
    charts = charts_of(make_comparison(Recorded(name="a", metrics=metrics)))
    assert sum(len(group.charts) for group in charts.groups) == MOST_CHARTS
    assert charts.note == "5 more metrics are not drawn; their values stand under Metrics."


def test_labels_of_lines_that_end_together_do_not_cover_each_other() -> None:
    for y in (4.0, 50.0, 199.0):
        ends = [End(color=index, x=100, y=y + index / 9, text="a-name") for index in range(6)]
        crossing = [(float(x), y) for x in range(100, 160, 4)]
        labels = place_labels(ends, crossing, top=0, bottom=200, right=400)
        heights = sorted(label.y for label in labels)
        assert all(after - before >= 12 for before, after in pairwise(heights))
        assert heights[0] >= 4
        assert heights[-1] <= 208
        assert [label.y for label in labels] == heights  # in the order of their lines


def test_names_stand_in_the_order_of_their_lines_beside_others_that_end_earlier() -> None:
    late = [End(color=at, x=306, y=y, text="a-name") for at, y in enumerate((14, 16, 20, 24))]
    early = [End(color=4, x=180, y=22, text="a-name")]
    labels = place_labels([*late, *early], [], top=14, bottom=222, right=388)
    heights = [label.y for label in labels if label.color < 4]
    assert heights == sorted(heights)


def test_a_label_at_the_edge_ends_there_however_wide_its_font_is() -> None:
    ends = [End(color=0, x=100, y=50, text="a-name"), End(color=1, x=390, y=90, text="a-name")]
    inside, edge = place_labels(ends, [], top=0, bottom=200, right=400)
    assert (inside.x, inside.anchor) == (108, "")
    assert (edge.x, edge.anchor) == (400, "end")


def test_a_long_name_is_told_by_whole_words() -> None:
    names = ["base", "sgd-alpha=0.01-s0", "mlp-narrow-s2", "mlp-wide-v2-s0", "resnet50_wide",
             "mlp-averylongword-seed"]  # fmt: skip
    found = end_names(make_comparison(*(Recorded(name=name) for name in names)).runs)
    assert list(found.values()) == [
        "baseline", "sgd…", "…narrow-s2", "…v2-s0", "resnet50…", "…seed",
    ]  # fmt: skip


def test_ticks_of_an_axis_have_the_same_decimals() -> None:
    scale = build_scale([0.88, 0.97], start=0, end=100)
    decimals = {len(text.partition(".")[2]) for _, text in scale.ticks}
    assert decimals == {2}


def test_an_axis_holds_up_at_the_limits_of_doubles() -> None:
    for values in ([0.0, 0.0], [5e-324, 1e-323], [-1.7e308, 1.7e308], [1e16, 1e16 + 2], [3.0]):
        scale = build_scale(values, start=0, end=100)
        assert all(math.isfinite(scale.at(value)) for value in values)


def test_parallel_coordinates_have_the_params_that_go_with_a_metric() -> None:
    runs = [
        Recorded(
            name=f"r{at}",
            params={**{f"p{key}": (at * (key + 3)) % 7 for key in range(8)}, "lr": at * 0.1},
            metrics={"loss": 9.0 - at + at % 2},
            goals={"loss": "min"},
        )
        for at in range(20)
    ]
    chart = charts_of(make_comparison(*runs)).parallel
    assert chart is not None
    titles = re.findall(r'class="t h"[^>]*>([^<]*)<', chart.svg)
    assert titles == ["p0", "p1", "p2", "p3", "p5", "lr", "loss"]


def test_a_seed_is_no_axis_and_the_script_draws_the_same_axes() -> None:
    runs = [
        Recorded(
            name=f"r{at}",
            params={"lr": 0.1 + at, "data.seed": at},
            metrics={"acc": at % 4, "latency": 9 - at, **{f"m{key}": at * key for key in range(5)}},
            goals={"acc": "max"},
        )
        for at in range(8)
    ]
    comparison = make_comparison(*runs)
    drawn = build_charts(comparison, load_selected(comparison))
    assert drawn is not None
    keys = [key for _, key in drawn.axes]
    assert keys[:2] == ["lr", "acc"]
    assert keys[-1] == "latency"  # of few metrics one is what runs cost
    assert len(keys) == 5
    assert '"axes":[["params","lr"],["metrics","acc"],' in render_html(comparison)


def test_one_run_alone_has_no_distance_to_draw() -> None:
    alone = charts_of(make_comparison(Recorded(name="a", metrics={"acc": 1, "loss": [2.0, 1.0]})))
    assert alone.bars == ()
    assert alone.drawn == 1
    assert alone.summary == "1 with history"


def test_what_is_drawn_without_script_alone_is_told_apart_from_what_is_always_true() -> None:
    runs = [
        Recorded(name=f"r{at}", params={"a": at, "b": at % 7}, metrics={"loss": at * 0.5})
        for at in range(410)
    ]
    comparison = make_comparison(*runs)
    parallel = charts_of(comparison).parallel
    assert parallel is not None
    assert parallel.hint == "410 runs, 6 in colour"
    assert parallel.reduction == "400 of them are drawn without script."
    assert 'class="chart-note unscripted"' in render_html(comparison)


def test_choices_for_histories_stand_where_there_are_histories() -> None:
    slot = 'data-slot="chart-controls"'
    points = [Recorded(name=name, metrics={"loss": 1.0}) for name in "ab"]
    histories = [Recorded(name=name, metrics={"loss": [2.0, 1.0]}) for name in "ab"]
    assert slot not in render_html(make_comparison(*points))
    assert slot in render_html(make_comparison(*histories))
