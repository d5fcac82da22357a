"""Values in columns of codes: equal ones share a code, and no two others do."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from rundiff.records.tables import TableBuilder
from rundiff.records.values import flatten, leaves_of


def rows_of(builder: TableBuilder, table: str = "param") -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in builder.build()[table].to_pylist()]


def test_no_two_unequal_values_become_one() -> None:
    recorded: dict[str, object] = {
        str(place): raw
        for place, raw in enumerate(
            [1, 1.0, True, "1", "1.0", 0, 0.0, -0.0, False, "0", None, "null", "", math.nan, "nan",
             math.inf, -math.inf, 2**53, 2**53 + 1, float(2**53), 10**400, "true", " 1"]
        )
    }  # fmt: skip
    builder = TableBuilder()
    run_id = builder.add_run("a")
    builder.add_recorded("param", run_id, recorded)
    builder.add_recorded("param", builder.add_run("b"), dict(reversed(recorded.items())))
    found = rows_of(builder)
    expected = [
        (run, key, *value)
        for run, keys in (("a", list(recorded)), ("b", list(reversed(recorded))))
        for key in keys
        for _, value in flatten(key, recorded[key])
    ]
    assert repr(found) == repr(expected)
    assert len({row[2:4] for row in found}) == len(recorded)


def test_nested_values_are_taken_apart_among_plain_ones() -> None:
    builder = TableBuilder()
    builder.add_recorded(
        "tag", builder.add_run("a"), {"a": 1, "b": {"c": [1, "x"]}, "d": "{'e': 2}", "f": "{no"}
    )
    assert [(row[1], row[2], row[3]) for row in rows_of(builder, "tag")] == [
        ("a", "int", "1"), ("b.c.0", "int", "1"), ("b.c.1", "text", "x"), ("d.e", "int", "2"),
        ("f", "text", "{no"),
    ]  # fmt: skip


def test_a_builder_goes_on_after_it_was_built() -> None:
    builder = TableBuilder()
    run_id = builder.add_run("a")
    builder.add_recorded("param", run_id, {"x": 1})
    first = builder.build()
    builder.add_recorded("param", run_id, {"y": "new"})
    assert len(rows_of(builder)) == 2
    assert first["param"].num_rows == 1


ANY: st.SearchStrategy[object] = st.sampled_from(
    [1, 1.0, True, "1", 0.0, -0.0, None, "", "x", 2**64, [1, "x"], {}, "{'e': 2}"]
)
# Under one key mostly values of one type, as in a sweep.
FIXED = st.sampled_from([0.1, 0.2]) | st.sampled_from([0.1, 0.2, 0.0, -0.0])
RUN = st.fixed_dictionaries(
    {"lr": FIXED, "opt": st.sampled_from(["sgd", "adam", "0.1"]), "n": st.integers(0, 3)},
    optional={"odd": ANY},
)


@settings(max_examples=60)
@given(st.lists(RUN | st.dictionaries(st.sampled_from("abc"), ANY, max_size=3), max_size=40))
def test_runs_numbered_together_give_the_rows_of_each(runs: list[dict[str, object]]) -> None:
    builder = TableBuilder()
    for place, recorded in enumerate(runs):
        builder.add_recorded("param", builder.add_run(f"r{place}"), recorded)
    expected = [
        (f"r{place}", key, *value)
        for place, recorded in enumerate(runs)
        for key, value in leaves_of(recorded)
    ]
    assert repr(rows_of(builder)) == repr(expected)


def test_a_sweep_is_numbered_as_its_runs_are() -> None:
    builder = TableBuilder()
    sweep = [{"lr": place / 7, "seed": place % 5, "opt": "sgd"} for place in range(600)]
    for place, recorded in enumerate(sweep):
        run_id = builder.add_run(f"r{place}")
        builder.add_recorded("param", run_id, recorded)
        builder.add_numbers(run_id, {"loss": place / 3, "acc": 1.0})
    assert [(row[0], row[1], row[3]) for row in rows_of(builder)] == [
        (f"r{place}", key, str(value))
        for place, recorded in enumerate(sweep)
        for key, value in recorded.items()
    ]
    found = [row[:3] for row in rows_of(builder, "metric_summary")]
    assert found[-2:] == [("r599", "loss", 599 / 3), ("r599", "acc", 1.0)]
