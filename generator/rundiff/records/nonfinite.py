"""NaN and infinities in JSON that stays strict.

Written as text, with the list of their places beside.

rundiff's own files must be readable by any JSON tool, and a param that is NaN must not turn into
the text "NaN". So a document that holds such floats has them replaced by ``"NaN"``, ``"Infinity"``
and ``"-Infinity"`` and a member ``nonfinite`` that lists their paths.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

Path: TypeAlias = list[str | int]

_TEXTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def text_of(number: float) -> str:
    """Return the text that stands for NaN or an infinity."""
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def lift_nonfinite(value: object) -> tuple[object, list[Path]]:
    """Return the value with every NaN and infinity as text, and their paths.

    Copies only where needed.
    """
    places = list(_places(value, []))
    if not places:
        return value, places
    return _replaced(value), places


def restore_nonfinite(value: object, places: object) -> None:
    """Put the floats back in place; a path that does not lead to such a text is ignored."""
    if not isinstance(places, list):
        return
    for path in places:
        if isinstance(path, list) and path:
            _restore(value, path)


def _restore(value: object, path: list[Any]) -> None:
    for step in path[:-1]:
        value = _child(value, step)
    last = path[-1]
    text = _child(value, last)
    if not (isinstance(text, str) and text in _TEXTS):
        return
    if isinstance(value, dict) or (isinstance(value, list) and isinstance(last, int)):
        value[last] = _TEXTS[text]


def _child(value: object, step: object) -> object:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None


def _places(value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, float):
        if not math.isfinite(value):
            yield path
    elif isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child, float | dict | list):
                yield from _places(child, [*path, key])
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if isinstance(child, float | dict | list):
                yield from _places(child, [*path, index])


def _replaced(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else text_of(value)
    if isinstance(value, dict):
        return {key: _replaced(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_replaced(child) for child in value]
    return value
