"""Change by change: what the lines say of values too long to stand there."""

from __future__ import annotations

from rundiff.views.changes import build_changes
from rundiff.views.marks import differing

from tests.factories import Recorded, make_comparison


def test_long_values_stand_with_what_differs_in_them() -> None:
    head, tail = "x" * 300, "y" * 300
    comparison = make_comparison(
        *(
            Recorded(name=name, params={"blob": f"{head}{name}{tail}"}, metrics={"loss": at})
            for at, name in enumerate("abc")
        )
    )
    view = build_changes(comparison)
    assert view is not None
    told = {(key.old, key.new) for line in view.lines for key in line.keys}
    assert ("…xxxxxxayyyyyy…", "…xxxxxxbyyyyyy…") in told


def test_a_change_without_runs_enough_for_a_test_says_so_beside_those_that_have_them() -> None:
    def view_of(*counts: int) -> list[str]:
        runs = [
            Recorded(name=f"{recipe}-{seed}", params={"lr": recipe, "seed": seed},
                     metrics={"loss": recipe + seed / 100}, goals={"loss": "min"})
            for recipe, count in enumerate(counts)
            for seed in range(count)
        ]  # fmt: skip
        view = build_changes(make_comparison(*runs))
        assert view is not None
        return sorted(line.evidence for line in view.lines)

    assert view_of(3, 3, 1) == ["3 and 3 runs", "3 runs and 1, by tolerance"]
    assert view_of(3, 3, 4) == ["3 and 3 runs", "3 and 4 runs"]
    assert view_of(1, 1, 1) == ["one run each", "one run each"]


def test_differing() -> None:
    assert differing("abc", "abd") == ("abc", "abd")
    assert differing("long beginning 1", "long beginning 12") == ("…ning 1", "…ning 12")
    assert differing("1 and a long end", "12 and a long end") == ("1 and a…", "12 and a…")
    one, other = differing("a" * 90 + "1" + "b" * 90 + "1", "a" * 90 + "2" + "b" * 90 + "2")
    assert one != other
    assert max(len(one), len(other)) <= 48
