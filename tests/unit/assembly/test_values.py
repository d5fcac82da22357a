"""Another value than the last one stands for a metric, and says so."""

import math

import pytest
from rundiff.comparison import Comparison, Direction, Section
from rundiff.errors import KeyNotFoundError, SelectionError
from rundiff.selection.choose import SelectionOptions
from rundiff.stats.value_choice import choice_name, parse_value_choice

from tests.factories import Recorded, make_comparison

LOSS = [3.0, 1.0, 2.0]


def chosen(choices: dict[str, str], **metrics: object) -> Comparison:
    return make_comparison(
        Recorded(name="a", metrics={"loss": [4.0, 2.0, 3.0], "accuracy": [0.1, 0.2, 0.3]}),
        Recorded(name="b", metrics={"loss": LOSS, "accuracy": [0.5, 0.7, 0.6], **metrics}),  # type: ignore[dict-item]
        values=choices,
    )


def number(comparison: Comparison, key: str) -> float | None:
    rows = {row.key: row for row in comparison.sections[Section.METRICS]}
    return rows[key].cells[1].number


@pytest.mark.parametrize(
    ("choice", "loss", "accuracy", "name"),
    [
        ("last", 2.0, 0.6, "last"),
        ("best", 1.0, 0.7, "best"),
        ("min", 1.0, 0.5, "min"),
        ("max", 3.0, 0.7, "max"),
        ("mean:2", 1.5, 0.65, "mean of last 2"),
        ("mean:9", 2.0, 0.6, "mean of last 9"),
        ("at:loss", 1.0, 0.7, "at best loss"),
    ],
)
def test_every_choice(choice: str, loss: float, accuracy: float, name: str) -> None:
    comparison = chosen({"": choice})
    assert number(comparison, "loss") == pytest.approx(loss)
    assert number(comparison, "accuracy") == pytest.approx(accuracy)
    assert {verdict.value_name for verdict in comparison.verdicts.values()} == {name}
    if name != "last":
        assert f"({name})" in comparison.verdicts["loss", "b"].reason


def test_one_metric_alone() -> None:
    comparison = chosen({"loss": "max"})
    assert (number(comparison, "loss"), number(comparison, "accuracy")) == (3.0, 0.6)
    assert comparison.verdicts["accuracy", "b"].value_name == "last"


def test_the_relation_has_the_chosen_value() -> None:
    rows = chosen({"loss": "min"}).relation.to_pylist()
    found = {row["run_id"]: row["value"] for row in rows if row["key"] == "loss"}
    assert found == {"a": "2.0", "b": "1.0"}


def test_nan_is_never_the_best_but_spoils_a_mean() -> None:
    comparison = make_comparison(
        Recorded(name="a", metrics={"loss": [1.0, math.nan], "acc": [1.0, math.nan]}),
        Recorded(name="b", metrics={"loss": [math.nan, math.nan], "acc": [1.0, 2.0]}),
        selection=SelectionOptions(baseline="a"),
        values={"loss": "best", "acc": "mean:2"},
    )
    rows = {row.key: row.cells for row in comparison.sections[Section.METRICS]}
    assert rows["loss"][0].number == 1.0
    assert math.isnan(rows["loss"][1].number or 0)
    assert math.isnan(rows["acc"][0].number or 0)


def test_what_cannot_be_found_is_said() -> None:
    with pytest.raises(KeyNotFoundError, match="no metric named 'los'; did you mean 'loss'"):
        chosen({"los": "min"})
    with pytest.raises(KeyNotFoundError, match="no metric named 'none'"):
        chosen({"loss": "at:none"})
    with pytest.raises(SelectionError, match="the best 'quux' cannot be found"):
        chosen({"quux": "best"}, quux=[1.0, 2.0])
    assert number(chosen({"": "best"}, quux=[2.0, 1.0]), "quux") == 1.0  # the last one


def test_a_direction_decides_what_is_best() -> None:
    comparison = make_comparison(
        Recorded(name="a", metrics={"quux": [1.0, 3.0, 2.0]}),
        Recorded(name="b", metrics={"quux": [1.0, 3.0, 2.0]}),
        values={"quux": "best"},
        directions={"quux": Direction.LOWER},
    )
    assert number(comparison, "quux") == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("best", ("", "best")),
        ("loss=best", ("loss", "best")),
        ("a=b=min", ("a=b", "min")),
        ("at:a=b", ("", "at:a=b")),
        ("loss=at:a=min", ("loss", "at:a=min")),
        ("loss", None),
        ("=best", None),
        ("mean:0", None),
        ("loss=mean", None),
        ("", None),
    ],
)
def test_how_a_choice_is_written(text: str, expected: tuple[str, str] | None) -> None:
    assert parse_value_choice(text) == expected


def test_a_choice_has_a_name() -> None:
    assert choice_name("at:val:loss") == "at best val:loss"
