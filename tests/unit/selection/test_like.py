"""LIKE patterns against a plain recursive matcher, and against one that makes matching explode."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rundiff.selection.like import is_like


def matches(text: str, pattern: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(matches(text[at:], pattern[1:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and matches(text[1:], pattern[1:])


@given(st.text("ab_%\n", max_size=8), st.text("ab_%\n", max_size=6))
def test_a_text_matches_as_the_definition_says(text: str, pattern: str) -> None:
    assert is_like(text, pattern) == matches(text, pattern)


def test_no_pattern_takes_long() -> None:
    assert not is_like("a" * 5_000, "%a" * 2_000 + "%b%")
    assert is_like("a" * 5_000, "%_a" * 500 + "%")
