"""Texts in the order that people expect of them: ``layers.2`` before ``layers.10``."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"([0-9]+)")


def natural_parts(text: str) -> list[tuple[int, str]]:
    """Return what sorts a text with its numbers as numbers; every second part is one."""
    parts = []
    for place, part in enumerate(_DIGITS.split(text)):
        digits = part.lstrip("0")
        parts.append((len(digits), digits) if place % 2 else (-1, part))
    return parts


def natural_order(key: str) -> tuple[list[tuple[int, str]], str]:
    """Return what sorts keys so, whatever their case; the key itself decides between equals."""
    return natural_parts(key.casefold()), key
