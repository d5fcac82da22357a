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


def test_differing() -> None:
    assert differing("abc", "abd") == ("abc", "abd")
    assert differing("long beginning 1", "long beginning 12") == ("…ning 1", "…ning 12")
    assert differing("1 and a long end", "12 and a long end") == ("1 and a…", "12 and a…")
    one, other = differing("a" * 90 + "1" + "b" * 90 + "1", "a" * 90 + "2" + "b" * 90 + "2")
    assert one != other
    assert max(len(one), len(other)) <= 48
