"""Typed values out of a TOML document; each mistake is named with its line and key.

The parser of TOML gives no positions; the line is found by looking for the table and then the key
in the text.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NoReturn

from rundiff.errors import GateFileError, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class CheckedDocument:
    """Checks what stands in the tables of a document; every method raises GateFileError.

    A place is the path of a table or key; ``#2`` in it is the second table of an array.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name  # as it was given
        self._lines = text.split("\n")

    def known(
        self, place: Sequence[str], table: Mapping[str, object], names: Sequence[str]
    ) -> None:
        """Refuse a key that is none of the names."""
        for key in table:
            if key not in names:
                self.fail((*place, key), f"no key {key!r} here; {suggestion(key, names)}")

    def table(
        self, place: Sequence[str], table: Mapping[str, object], key: str
    ) -> Mapping[str, object]:
        """Return a table within a table, empty where it is not there."""
        value = table.get(key, {})
        if not isinstance(value, dict):
            self.fail((*place, key), f"{key} must be a table")
        return value

    def text(self, place: Sequence[str], table: Mapping[str, object], key: str) -> str:
        """Return a text, empty where there is none."""
        value = table.get(key, "")
        if not isinstance(value, str):
            self.fail((*place, key), f"{key} must be a text")
        return value

    def texts(self, place: Sequence[str], table: Mapping[str, object], key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.fail((*place, key), f"{key} must be a list of texts")
        return tuple(value)

    def number(self, place: Sequence[str], table: Mapping[str, object], key: str) -> float | None:
        """Return a finite number."""
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail((*place, key), f"{key} is {value!r}; expected a number")
        try:
            number = float(value)
        except OverflowError:  # nor can so long a whole number be shown
            number = math.inf
        if not math.isfinite(number):
            self.fail((*place, key), f"{key} is {number!r}; expected a finite number")
        return number

    def choice(
        self, place: Sequence[str], table: Mapping[str, object], key: str, known: Sequence[str]
    ) -> str:
        """Return one of the texts that are known, empty where there is none."""
        value = self.text(place, table, key)
        if key in table and value not in known:
            self.fail((*place, key), f"{key} is {value!r}; expected one of {', '.join(known)}")
        return value

    def fail(self, place: Sequence[str], message: str) -> NoReturn:
        """Raise with the line of the key, or of its table where the key is missing."""
        where = ".".join(place)
        raise GateFileError(f"{self.name}:{self._line(place)}: {where}: {message}")

    def _line(self, place: Sequence[str]) -> int:
        """Return the line of the innermost part of the place that can be found, from 1."""
        line, number = 0, 0
        for part in place:
            match = re.fullmatch(r"#(\d+)", part)
            number = int(match[1]) if match else 0
            pattern = (
                re.compile(r"\s*\[\[\s*waivers\s*\]\]")
                if match
                else re.compile(rf"\s*(?:\[+[^\]]*)?['\"]?{re.escape(part)}['\"]?\s*[\].=]")
            )
            hits = [
                index
                for index, text in enumerate(self._lines[line:], start=line)
                if pattern.match(text)
            ]
            if hits:
                line = hits[min(max(number, 1), len(hits)) - 1]
        return line + 1
