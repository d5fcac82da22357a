"""Numbers at the ends of the doubles: every output is drawn, and no coordinate is NaN."""

from __future__ import annotations

import re
from itertools import cycle, islice

import pytest
from rundiff.render.html import render_html
from rundiff.render.markdown import render_markdown
from rundiff.render.terminal import render_diff

from tests.factories import Recorded, make_comparison

_NO_PLACE = re.compile(r'<[^>]* (?:d|x|y|cx|cy)="[^"]*(?:nan|inf)[^"]*"')


@pytest.mark.parametrize(
    "numbers",
    [
        (5e-324, 1e10, 1e308, 1.0),  # quotients beyond a double
        (0.0, 5e-324),  # half of the one is the other
        (1.7e308, -1.7e308, 1.6e308),  # differences and sums beyond a double
        (1e200, 2e200, 3.5e200),  # squares beyond a double
        (1e-200, 2e-200, 3.5e-200),
    ],
)
@pytest.mark.parametrize("columns", [None, 3])
def test_a_report_of_such_numbers_is_drawn(numbers: tuple[float, ...], columns: int | None) -> None:
    endless = cycle(numbers)
    runs = [
        Recorded(
            name=f"r{place}",
            params={"lr": next(endless), "wide": place % 2, "seed": place // 2},
            metrics={"loss": list(islice(endless, 3)), "acc": next(endless), "s": next(endless)},
        )
        for place in range(9)
    ]
    for values in ({}, {"": "mean:2"}):
        comparison = make_comparison(*runs, columns=columns, values=values)
        assert _NO_PLACE.findall(render_html(comparison)) == []
        assert render_markdown(comparison)
        assert render_diff(comparison)
