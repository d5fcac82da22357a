"""A value of thousands of characters is in the page once, and shortened elsewhere."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from rundiff.budgets import Budgets
from rundiff.comparison import Comparison
from rundiff.errors import OutputError
from rundiff.render.html import render_html

from tests.factories import Recorded, make_comparison
from tests.unit.render.test_fit import island_of, listed

LENGTH = 200_000


def value_of(place: int, length: int = LENGTH) -> str:
    return f"{'x' * (length - 4)}#{place:03}"


def comparison_of(length: int = LENGTH, **budgets: int) -> Comparison:
    runs = [
        Recorded(
            name=f"r{place}",
            params={"config": value_of(place, length), "lr": place},
            metrics={"accuracy": [place + step / 10 for step in range(10)]},
        )
        for place in range(3)
    ]
    return make_comparison(
        *runs,
        budgets=Budgets(**budgets),  # type: ignore[arg-type]
        command="rundiff report runs",
    )


def shown(value: str) -> str:
    digest = hashlib.sha256(value.encode()).hexdigest()[:32]
    return f"{value[:1_000]}… ({len(value):,} characters, sha256 {digest})"


def config_of(html: str) -> dict[str, Any]:
    column: dict[str, Any]
    (column,) = [one for one in island_of(html)["columns"] if one["key"] == "config"]
    return column


def test_a_long_value_is_whole_once_and_told_apart_elsewhere() -> None:
    html = render_html(comparison_of())
    column = config_of(html)
    assert column["v"] == [value_of(place) for place in range(3)]
    assert column["long"] == [[place, shown(value_of(place))] for place in range(3)]
    for place in range(3):
        assert html.count(value_of(place)) == 1
        assert f'data-type="text" data-value="{shown(value_of(place))}"' in html
    assert listed(html) == {}


def test_the_overview_tells_values_apart_that_differ_in_the_middle() -> None:
    values = [f"{'x' * 30_000}{place}{'x' * 30_000}" for place in range(3)]
    runs = [
        Recorded(name=f"r{place}", params={"config": value}, metrics={"accuracy": float(place)})
        for place, value in enumerate(values)
    ]
    html = render_html(make_comparison(*runs))
    overview = html[html.index('<section id="overview"') : html.index('<section id="runs"')]
    assert max(map(len, re.findall("x+", overview))) <= 1_000
    (row,) = re.findall(r"<tr><th[^>]*>config</th>.*?</tr>", overview, flags=re.DOTALL)
    shown_values = re.findall(r"<bdi>(x.*?)</bdi>", row)
    assert len(shown_values) == len(set(shown_values)) == 3
    changes = re.findall(r'<bdi class="(?:old|new)">(.*?)</bdi>', overview)
    assert len(set(changes)) == 3


def test_a_value_of_5000_characters_is_whole_everywhere() -> None:
    html = render_html(comparison_of(5_000))
    assert f'data-value="{value_of(1, 5_000)}"' in html
    assert "long" not in config_of(html)
    assert "long" in config_of(render_html(comparison_of(5_001)))


def test_beyond_the_bytes_the_values_are_cut_first_and_listed() -> None:
    whole = len(render_html(comparison_of(bytes=10_000_000)))
    html = render_html(comparison_of(bytes=whole - 2 * LENGTH + 10_000))
    assert whole - 2 * LENGTH - 10_000 < len(html) <= whole - 2 * LENGTH + 10_000
    said = listed(html)
    assert set(said) == {"long values"}
    kept, left, command = said["long values"]
    assert (kept, left) == (1, 2)
    assert "400,000 characters" in html
    assert "(params.config)" in html
    cut = [short is None for _, short in config_of(html)["long"]]
    assert sum(cut) == 2
    values = config_of(html)["v"]
    assert len(set(values)) == 3
    assert [value in map(shown, map(value_of, range(3))) for value in values] == cut
    most = int(command.rpartition("--max-bytes ")[2])
    assert listed(render_html(comparison_of(bytes=most))) == {}


def test_one_value_too_many_does_not_cost_the_page_everything_else() -> None:
    """By default the file has 18 MB: two values of 9 MB once took keys and charts with them."""
    html = render_html(comparison_of(9_000_000))
    assert len(html) <= 18_000_000
    assert set(listed(html)) == {"long values"}
    assert len(island_of(html)["columns"]) == 3
    assert 'data-kind="line"' in html


def test_names_cannot_be_cut_and_that_is_said() -> None:
    runs = [Recorded(name=f"{place}{'n' * 400_000}", run_id=f"r{place}") for place in range(2)]
    with pytest.raises(OutputError, match="list of runs and the Overview alone"):
        render_html(make_comparison(*runs, budgets=Budgets(bytes=1_000_000)))
