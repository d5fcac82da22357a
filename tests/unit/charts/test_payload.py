"""What the script gets of histories is exact where they are short and within a bound where not."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
import struct
from typing import Any

from rundiff.budgets import EXACT_POINTS
from rundiff.charts.curves import Curve, Curves
from rundiff.charts.payload import LEVELS, MISSING_LEVEL, Payload, build_payload
from rundiff.charts.sampling import m4
from rundiff.comparison import Series


def series(
    values: list[float], *, steps: list[float] | None = None, times: list[int] | None = None
) -> Series:
    count = len(values)
    return Series(
        run_id="a",
        key="loss",
        steps=steps or [float(index) for index in range(count)],
        times=times or [-1] * count,
        values=values,
    )


def curves(*every: Series) -> Curves:
    """Return the curves of a page: every point of short ones, few of long ones."""
    is_exact = sum(len(one.values) for one in every) <= EXACT_POINTS
    columns = 400
    own = [
        Curve(
            one,
            range(len(one.values)) if is_exact else m4(one.steps, one.values, columns),
            is_exact,
        )
        for one in every
    ]
    return Curves(own=tuple(own), others=(), columns=0 if is_exact else columns, other_columns=0)


def decoded(payload: Payload) -> list[dict[str, Any]]:
    """Read a payload as assets/src/data/series.js does."""
    raw = gzip.decompress(base64.b64decode(payload["data"]))
    items: list[dict[str, Any]] = json.loads(gzip.decompress(base64.b64decode(payload["items"])))
    low, high = payload["planes"], payload["planes"] + payload["shorts"]

    def numbers(encoded: dict[str, Any] | None, count: int) -> list[float] | None:
        if encoded is None:
            return None
        if encoded["f"] == "seq":
            return [encoded["a"] + index * encoded["b"] for index in range(count)]
        if encoded["f"] == "f64":
            return list(struct.unpack_from(f"<{count}d", raw, encoded["o"]))
        total, found = 0, []
        for index in range(encoded["o"], encoded["o"] + count):
            total = (total + (raw[low + index] | raw[high + index] << 8)) & 0xFFFF
            span = encoded["b"] - encoded["a"]
            is_missing = total == MISSING_LEVEL
            found.append(math.nan if is_missing else encoded["a"] + total / LEVELS * span)
        return found

    return [item | {name: numbers(item[name], item["n"]) for name in "xyt"} for item in items]


def test_short_histories_are_exact() -> None:
    values = [0.1, math.nan, 1e300, math.inf, -0.0]
    times = [5, 7, 100, -1, 8]
    payload = build_payload(
        curves(series(values, steps=[0.0, 0.5, 7.0, 8.0, 9.0], times=times)), {"a": 3}
    )
    (item,) = decoded(payload)
    assert payload["bound"] is None
    assert (item["run"], item["n"], item["of"]) == (3, 5, 5)
    assert item["x"] == [0.0, 0.5, 7.0, 8.0, 9.0]
    assert list(map(repr, item["y"])) == list(map(repr, values))
    assert list(map(repr, item["t"])) == ["5.0", "7.0", "100.0", "nan", "8.0"]


def test_long_histories_keep_steps_exact_and_values_within_the_bound() -> None:
    count = EXACT_POINTS + 5_000
    values = [math.sin(index / 900) * 3 + (index % 13) / 100 for index in range(count)]
    values[777] = math.nan
    payload = build_payload(curves(series(values)), {"a": 0})
    (item,) = decoded(payload)
    assert payload["bound"]
    bound = float(re.findall(r"[\d.]+", payload["bound"])[0]) / 100 * (3.2 + 3.2)
    assert item["n"] == len(item["x"]) < item["of"] == count
    for step, value in zip(item["x"], item["y"], strict=True):
        exact = values[int(step)]
        assert step == int(step)
        assert (math.isnan(exact) and math.isnan(value)) or abs(exact - value) <= bound


def test_infinities_are_never_squeezed_into_shares() -> None:
    values = [float(index % 10) for index in range(EXACT_POINTS + 10)]
    values[5] = math.inf
    (item,) = decoded(build_payload(curves(series(values)), {"a": 0}))
    assert math.inf in item["y"]


def test_equal_series_give_equal_bytes() -> None:
    one = build_payload(curves(series([1.0, 2.0, 4.0])), {"a": 0})
    assert one == build_payload(curves(series([1.0, 2.0, 4.0])), {"a": 0})
