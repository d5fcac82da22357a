"""Frozen dataclasses of our own making behave as the standard library's do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from typing import Any

import pytest
from rundiff import frozen

Maker = Callable[..., Callable[[type], Any]]


def classes(make: Maker) -> tuple[Any, Any, Any]:
    """Return a class, one that inherits from it, and one with positional fields."""

    @make(frozen=True, slots=True, kw_only=True)
    class Point:
        """A point."""

        x: int
        tags: Mapping[str, int] = field(default_factory=dict)
        y: float = 2.0
        hidden: str = field(default="h", repr=False)

        @property
        def double(self) -> int:
            return self.x * 2

    @make(frozen=True, slots=True, kw_only=True, repr=False)
    class Named(Point):
        """A point with a name."""

        name: str = ""

        def __repr__(self) -> str:
            return f"<{self.name}>"

    @make(frozen=True, slots=True)
    class Pair:
        """Two numbers."""

        left: int
        right: int = 0

    return Point, Named, Pair


BOTH = pytest.mark.parametrize("make", [dataclasses.dataclass, frozen.dataclass])


@BOTH
def test_fields_defaults_and_positions(make: Maker) -> None:
    point, named, pair = classes(make)
    assert [one.name for one in fields(named)] == ["x", "tags", "y", "hidden", "name"]
    one = point(x=1)
    assert (one.x, one.tags, one.y, one.double) == (1, {}, 2.0, 2)
    assert one.tags is not point(x=1).tags
    assert (pair(1).right, pair(1, 2).right, pair(left=3).left) == (0, 2, 3)
    assert is_dataclass(one)
    assert not hasattr(one, "__dict__")
    for wrong in ({}, {"x": 1, "z": 2}):
        with pytest.raises(TypeError):
            point(**wrong)
    with pytest.raises(TypeError):
        point(1)


@BOTH
def test_equality_hash_and_repr(make: Maker) -> None:
    point, named, pair = classes(make)
    nan = float("nan")
    assert point(x=1, y=nan) == point(x=1, y=nan)
    assert point(x=1) != point(x=2)
    assert point(x=1) != named(x=1)
    assert point(x=1) != (1, {}, 2.0, "h")
    assert hash(pair(1, 2)) == hash(pair(1, 2))
    assert len({pair(1), pair(1), pair(2)}) == 2
    with pytest.raises(TypeError):
        hash(point(x=1))  # holds a dict
    assert repr(point(x=1)).endswith("Point(x=1, tags={}, y=2.0)")
    assert repr(named(x=1, name="n")) == "<n>"


@BOTH
def test_frozen_means_frozen(make: Maker) -> None:
    point, _, _ = classes(make)
    one = point(x=1)
    with pytest.raises(FrozenInstanceError):
        one.x = 2
    with pytest.raises(FrozenInstanceError):
        del one.x
    assert one.x == 1


@BOTH
def test_the_library_works_on_them(make: Maker) -> None:
    point, named, _ = classes(make)
    assert replace(point(x=1), y=3.0) == point(x=1, y=3.0)
    assert asdict(named(x=1, name="n")) == {
        "x": 1, "tags": {}, "y": 2.0, "hidden": "h", "name": "n",
    }  # fmt: skip
    assert copy.deepcopy(point(x=1, tags={"a": 1})) == point(x=1, tags={"a": 1})


@frozen.dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One that pickle can find."""

    x: int


def test_they_survive_a_pickle() -> None:
    assert pickle.loads(pickle.dumps(Kept(x=1))) == Kept(x=1)
    with pytest.raises(FrozenInstanceError):
        Kept(x=1).x = 2  # type: ignore[misc]


def test_what_is_not_frozen_is_the_librarys() -> None:
    @frozen.dataclass(slots=True)
    class Open:
        """May change."""

        x: int

    one = Open(1)
    one.x = 2
    assert one == Open(2)
