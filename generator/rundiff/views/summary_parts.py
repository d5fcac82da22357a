"""The parts that a summary is made of, and how much detail each level allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rundiff.frozen import dataclass

if TYPE_CHECKING:
    from rundiff.views.recipes import RecipeColumn


class Piece(NamedTuple):
    """A piece of text and how it stands.

    ``style``: plain or bold (our own words only), struck (our own numbers, not to be relied on),
    code (a name from a record), shown (a value already made visible), sentence (prose that may
    quote a record).
    """

    text: str
    style: str = "plain"


def plain(text: str) -> Piece:
    """Return our own words as they stand."""
    return Piece(text)


Line = tuple[Piece, ...]


def named(column: RecipeColumn) -> Line:
    """Return what a recipe is called, and of how many runs it is."""
    count = (plain(f" ({column.count:,} runs)"),) if column.count > 1 else ()
    return (Piece(column.label if count else column.name, "code"), *count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How many rows of each kind are shown, how many candidates, and how long a text may be."""

    curves: bool = True
    unmoved: int = 500
    changes: int = 8
    differing: int = 500
    reasons: int = 200
    problems: int = 50
    passed: int = 200
    moved: int = 500
    failed: int = 500
    candidates: int = 8
    text: int = 120


_D = Detail()
DETAILS: tuple[Detail, ...] = (
    _D,
    _D := replace(_D, unmoved=50),
    _D := replace(_D, unmoved=0),
    _D := replace(_D, curves=False, changes=3),
    _D := replace(_D, differing=50, problems=10),
    _D := replace(_D, passed=20, reasons=20, changes=0),
    _D := replace(_D, differing=15, candidates=4, text=60),
    _D := replace(_D, moved=100, failed=100),
    _D := replace(_D, moved=30, failed=30, problems=3, passed=0),
    _D := replace(_D, differing=5, reasons=5, candidates=2, text=40),
    _D := replace(_D, moved=10, failed=10, differing=0, reasons=0),
    _D := replace(_D, moved=3, failed=3, problems=0, candidates=1),
    replace(_D, moved=0, failed=0, candidates=0, text=24),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its title. ``left_out`` counts the rows that are not in it."""

    title: str
    noun: str
    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    left_out: int
    is_folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """A folded list of sentences."""

    title: str
    noun: str
    lines: tuple[Line, ...]
    left_out: int


class LeftOut(NamedTuple):
    """How many of what are not shown."""

    number: int
    noun: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The whole summary at one level of detail."""

    headline: Line
    about: tuple[Line, ...]
    warnings: tuple[Line, ...]
    tables: tuple[Table, ...]
    listings: tuple[Shortlist, ...]
    left_out: tuple[LeftOut, ...]
